/**
 * The screen that a session's output adds up to: a terminal without a window. What was printed is parsed a little later,
 * in slices, so everything that must happen at an exact place in the output waits in line with it.
 *
 * Knows no offsets and no viewers; `replay.ts` puts it beside the bytes.
 */
import serialize from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import { maxFrameBytes } from '../wire/frames.ts';
import { ScreenModes, toAlternate } from './screen-modes.ts';

export type ScreenImage = {
  readonly cols: number;
  readonly rows: number;
  /** What to write into an empty terminal of that size to get this screen, its scrollback and its modes. */
  readonly bytes: Uint8Array;
};

/** Lines above the screen that a returning viewer gets back: about what fits into a frame. */
const scrollbackLines = 2_000;

/** A screen travels in one frame, whose other fields are 13 bytes. */
const maxImageBytes = maxFrameBytes - 13;

export class Screen {
  readonly #terminal: InstanceType<typeof headless.Terminal>;
  readonly #serializer = new serialize.SerializeAddon();
  readonly #modes: ScreenModes;
  /** Lengths of the chunks that are not parsed yet, oldest first, from `#parsedChunks` on. */
  #chunkLengths: number[] = [];
  #parsedChunks = 0;
  #unparsedBytes = 0;

  /** Called whenever `unparsedBytes` has become less. */
  onParsed: () => void = () => {};

  constructor(cols: number, rows: number) {
    this.#terminal = new headless.Terminal({
      cols,
      rows,
      scrollback: scrollbackLines,
      allowProposedApi: true,
      // Programs print sequences that it does not know; the log is not the place to say so.
      logLevel: 'off',
    });
    this.#terminal.loadAddon(this.#serializer);
    this.#modes = new ScreenModes(this.#terminal);
  }

  /** Bytes that wait to be parsed. xterm throws when they are more than 50 MB; the session keeps them far below. */
  get unparsedBytes(): number {
    return this.#unparsedBytes;
  }

  /** Takes ownership of `bytes`. */
  write(bytes: Uint8Array): void {
    this.#unparsedBytes += bytes.length;
    this.#chunkLengths.push(bytes.length);
    this.#terminal.write(bytes, this.#chunkParsed);
  }

  /** Takes effect behind what was written so far, which was printed for the old size. */
  resize(cols: number, rows: number): void {
    this.#terminal.write('', () => this.#terminal.resize(cols, rows));
  }

  /** The screen made of exactly what was written so far. */
  image(): Promise<ScreenImage> {
    const { promise, resolve } = Promise.withResolvers<ScreenImage>();
    this.#terminal.write('', () => {
      const { cols, rows } = this.#terminal;
      resolve({ cols, rows, bytes: this.#serialized() });
    });
    return promise;
  }

  /** The visible lines, without blanks at their ends and without empty lines at the bottom. */
  text(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#terminal.write('', () => {
      const text = this.#visibleLines().join('\n').trimEnd();
      resolve(text === '' ? '' : `${text}\n`);
    });
    return promise;
  }

  dispose(): void {
    this.#modes.dispose();
    this.#terminal.dispose();
  }

  /** One function for all chunks: output comes in thousands of them. */
  readonly #chunkParsed = (): void => {
    this.#unparsedBytes -= this.#chunkLengths[this.#parsedChunks++] as number;
    if (this.#parsedChunks === this.#chunkLengths.length || this.#parsedChunks > 1_000) {
      this.#chunkLengths = this.#chunkLengths.slice(this.#parsedChunks);
      this.#parsedChunks = 0;
    }
    this.onParsed();
  };

  /** With as much of the scrollback as fits; without colours when not even the screen does. */
  #serialized(): Uint8Array {
    const modes = this.#modes.serialize();
    for (const scrollback of [scrollbackLines, scrollbackLines / 4, scrollbackLines / 20, 0]) {
      const cells = this.#serializer.serialize({ scrollback, excludeModes: true });
      // Cells hold no escape character, so the first switch is the one between the two buffers.
      const both = cells.replace(toAlternate, () => this.#modes.serializeSwitch());
      const bytes = Buffer.from(both + modes);
      if (bytes.length <= maxImageBytes) return bytes;
    }
    return this.#plain(modes);
  }

  /**
   * Only the characters, and of a screen that is larger than a frame only the upper part. That takes a picture made of
   * coloured cells; the program behind it draws everything anew sooner or later.
   */
  #plain(modes: string): Uint8Array {
    const { active } = this.#terminal.buffer;
    const tail = `\x1b[${active.cursorY + 1};${active.cursorX + 1}H${modes}`;
    const parts = active.type === 'alternate' ? [toAlternate] : [];
    let room = maxImageBytes - tail.length - 8;
    for (const [row, line] of this.#visibleLines().entries()) {
      const part = `\x1b[${row + 1}H${line}`;
      room -= Buffer.byteLength(part);
      if (room < 0) break;
      parts.push(part);
    }
    return Buffer.from(parts.join('') + tail);
  }

  #visibleLines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
  }
}
