/** A process that does what a test says, for tests of what stands in front of it. */
import type { Terminal, TerminalExit, TerminalHandlers } from '../targets/target.ts';

export class FakeTerminal implements Terminal {
  readonly command: readonly string[] = ['sh'];
  /** Everything that was written, in order. */
  readonly written: Buffer[] = [];
  readonly sizes: [number, number][] = [];
  paused = false;
  ended = 0;
  /** Writes wait for this, when it is set. */
  gate: Promise<void> | undefined;
  #handlers: TerminalHandlers | undefined;

  get writtenBytes(): number {
    return this.written.reduce((sum, { length }) => sum + length, 0);
  }

  start(handlers: TerminalHandlers): void {
    this.#handlers = handlers;
  }

  print(bytes: string | Uint8Array): void {
    this.#handlers?.onOutput(Buffer.from(bytes));
  }

  exit(exit: TerminalExit): void {
    this.#handlers?.onExit(exit);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.gate;
    this.written.push(Buffer.from(bytes));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  resize(cols: number, rows: number): void {
    this.sizes.push([cols, rows]);
  }

  async end(): Promise<boolean> {
    this.ended++;
    return true;
  }
}
