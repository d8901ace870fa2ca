/**
 * What a session has printed: the last bytes by offset, and the screen that all of it adds up to.
 *
 * The bytes serve a viewer who was away for a moment; the screen serves everybody else. Knows no viewers.
 */
import { ByteRing } from '../base/byte-ring.ts';
import { Screen, type ScreenImage } from './screen.ts';
import { SequenceBoundary } from './sequence-boundary.ts';

export type ScreenSnapshot = ScreenImage & {
  /** Where the output goes on behind this screen: the first byte that is not, or not wholly, part of it. */
  readonly offset: number;
};

export class Replay {
  readonly #ring: ByteRing;
  readonly #screen: Screen;
  readonly #boundary = new SequenceBoundary();

  /** @param capacity bytes of output kept */
  constructor(capacity: number, cols: number, rows: number) {
    this.#ring = new ByteRing(capacity);
    this.#screen = new Screen(cols, rows);
  }

  /** Offset of the oldest byte kept. */
  get start(): number {
    return this.#ring.start;
  }

  /** Offset of the next byte to come. */
  get end(): number {
    return this.#ring.end;
  }

  /** Bytes that the screen has not taken in yet. */
  get unparsedBytes(): number {
    return this.#screen.unparsedBytes;
  }

  /** Called whenever `unparsedBytes` has become less. */
  set onParsed(listener: () => void) {
    this.#screen.onParsed = listener;
  }

  /** Takes ownership of `bytes`. */
  append(bytes: Uint8Array): void {
    this.#ring.append(bytes);
    this.#boundary.push(bytes);
    this.#screen.write(bytes);
  }

  /** See `ByteRing.read`. */
  read(offset: number, limit: number): Uint8Array[] {
    return this.#ring.read(offset, limit);
  }

  /** The newest size, for what is printed from now on. */
  resize(cols: number, rows: number): void {
    this.#screen.resize(cols, rows);
  }

  /**
   * The screen at this moment. A sequence that is not finished has had no effect yet; it is left to the output, so that
   * it reaches whoever takes over whole.
   */
  async snapshot(): Promise<ScreenSnapshot> {
    const offset = this.#ring.end - this.#boundary.pendingBytes;
    return { offset, ...(await this.#screen.image()) };
  }

  /** What a person would see now, as lines of text. */
  text(): Promise<string> {
    return this.#screen.text();
  }

  dispose(): void {
    this.#screen.dispose();
  }
}
