/**
 * What a session has printed: the last bytes by offset, and the screen that all of it adds up to.
 *
 * The bytes serve a viewer who was away for a moment; the screen serves everybody else. Knows no viewers.
 */
import serialize from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import { ByteRing } from '../base/byte-ring.ts';
import { maxFrameBytes } from '../wire/frames.ts';

export type ScreenSnapshot = {
  /** Offset of the first byte that is not part of the screen. */
  offset: number;
  cols: number;
  rows: number;
  /** What to write into an empty terminal of that size to get this screen, its scrollback and its modes. */
  bytes: Uint8Array;
};

/** Lines above the screen that a returning viewer gets back. */
const scrollbackLines = 2_000;

/** A screen travels in one frame. */
const maxScreenBytes = maxFrameBytes - 64;

export class Replay {
  readonly #ring: ByteRing;
  readonly #terminal: InstanceType<typeof headless.Terminal>;
  readonly #serializer = new serialize.SerializeAddon();
  #unparsedBytes = 0;

  /** @param capacity bytes of output kept */
  constructor(capacity: number, cols: number, rows: number) {
    this.#ring = new ByteRing(capacity);
    this.#terminal = new headless.Terminal({
      cols,
      rows,
      scrollback: scrollbackLines,
      allowProposedApi: true,
    });
    this.#terminal.loadAddon(this.#serializer);
  }

  /** Offset of the oldest byte kept. */
  get start(): number {
    return this.#ring.start;
  }

  /** Offset of the next byte to come. */
  get end(): number {
    return this.#ring.end;
  }

  /** Bytes that the screen has not taken in yet; its parser works in slices and drops beyond 50 MB. */
  get unparsedBytes(): number {
    return this.#unparsedBytes;
  }

  /** Takes ownership of `bytes`. `onParsed` is called once the screen has taken them in. */
  append(bytes: Uint8Array, onParsed: () => void): void {
    this.#ring.append(bytes);
    this.#unparsedBytes += bytes.length;
    this.#terminal.write(bytes, () => {
      this.#unparsedBytes -= bytes.length;
      onParsed();
    });
  }

  /** See `ByteRing.read`. */
  read(offset: number, limit: number): Uint8Array[] {
    return this.#ring.read(offset, limit);
  }

  resize(cols: number, rows: number): void {
    // In line with the output, so that what was printed for the old size is laid out in it.
    this.#terminal.write('', () => this.#terminal.resize(cols, rows));
  }

  /** The screen at this moment: everything appended so far is in it, nothing that is appended later. */
  snapshot(): Promise<ScreenSnapshot> {
    const offset = this.#ring.end;
    return new Promise((resolve) => {
      this.#terminal.write('', () => {
        resolve({
          offset,
          cols: this.#terminal.cols,
          rows: this.#terminal.rows,
          bytes: this.#serialized(),
        });
      });
    });
  }

  /** The visible lines as text, without trailing blanks. */
  text(): Promise<string> {
    return new Promise((resolve) => {
      this.#terminal.write('', () => {
        const buffer = this.#terminal.buffer.active;
        const lines: string[] = [];
        for (let row = 0; row < this.#terminal.rows; row++) {
          lines.push(buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '');
        }
        resolve(`${lines.join('\n').replace(/\s+$/, '')}\n`);
      });
    });
  }

  /** The screen with as much of its scrollback as fits one frame. */
  #serialized(): Uint8Array {
    for (
      let scrollback = scrollbackLines;
      scrollback >= 1;
      scrollback = Math.floor(scrollback / 4)
    ) {
      const bytes = Buffer.from(this.#serializer.serialize({ scrollback }), 'utf8');
      if (bytes.length <= maxScreenBytes) return bytes;
    }
    return Buffer.from(this.#serializer.serialize({ scrollback: 0 }), 'utf8');
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}
