/**
 * Lines of the log that clients can cause as fast as they can ask: what a limit refuses or delays. Of each kind some are written
 * in a second, and then how many more there were, so that a flood is seen and does not fill the disk. Knows no requests.
 */
import type { Log } from '../base/log.ts';

/** Written of each kind in a second: enough to see who it is, and to read on. */
const linesPerSecond = 5;

const secondMs = 1000;

type Second = {
  lines: number;
  /** Not written, by level. */
  readonly more: Map<keyof Log, number>;
  readonly timer: NodeJS.Timeout;
};

export class SparseLog {
  readonly #log: Log;
  /** By kind, while the second since its first line lasts. */
  readonly #seconds = new Map<string, Second>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param kind what lines are counted together: few of them, and none of the client's choice */
  write(kind: string, level: keyof Log, facts: object, message: string): void {
    let second = this.#seconds.get(kind);
    if (second === undefined) {
      const timer = setTimeout(() => this.#end(kind), secondMs);
      timer.unref();
      second = { lines: 0, more: new Map(), timer };
      this.#seconds.set(kind, second);
    }
    if (second.lines < linesPerSecond) {
      second.lines++;
      this.#log[level](facts, message);
    } else {
      second.more.set(level, (second.more.get(level) ?? 0) + 1);
    }
  }

  /** Writes what is not told yet; for the end. */
  close(): void {
    for (const kind of [...this.#seconds.keys()]) this.#end(kind);
  }

  #end(kind: string): void {
    const second = this.#seconds.get(kind);
    if (second === undefined) return;
    clearTimeout(second.timer);
    this.#seconds.delete(kind);
    for (const [level, more] of second.more) {
      this.#log[level](
        { kind, more },
        `left out within a second: ${more} more like these (${kind})`,
      );
    }
  }
}
