/**
 * Timeouts of many connections for the price of one timer: each writes its deadline into a field of its own, and all
 * are looked at a few times per timeout. Setting, moving and clearing a deadline is one assignment, which is what a
 * request can afford; that a timeout is up to a quarter late matters to nobody.
 */

/** Something that must not take for ever. */
export interface Deadlined {
  /** On the clock of `Deadlines.now`, in milliseconds; `never` while nothing is due. */
  deadline: number;
  /** Called once when the deadline has passed; by then it is `never` again. Must not throw. */
  onDeadline(): void;
}

export const never = Number.POSITIVE_INFINITY;

/** The longest time between two looks: timeouts are counted in seconds, and log lines have them so. */
const slowestPeriodMs = 1000;
/** The shortest: short timeouts are for tests, and a process that wakes up more often is no better at them. */
const fastestPeriodMs = 10;

export class Deadlines {
  readonly #watched = new Set<Deadlined>();
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param shortestMs the shortest of the timeouts in use: how often to look depends on it */
  constructor(shortestMs: number) {
    this.#periodMs = Math.max(fastestPeriodMs, Math.min(slowestPeriodMs, shortestMs / 4));
  }

  /** Milliseconds on a clock that never jumps. */
  now(): number {
    return performance.now();
  }

  /** Watches until `remove`. The timer runs only while something is watched, and keeps no process alive. */
  add(watched: Deadlined): void {
    this.#watched.add(watched);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), this.#periodMs);
      this.#timer.unref();
    }
  }

  remove(watched: Deadlined): void {
    this.#watched.delete(watched);
    if (this.#watched.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #look(): void {
    const now = this.now();
    for (const watched of this.#watched) {
      if (watched.deadline > now) continue;
      watched.deadline = never;
      watched.onDeadline();
    }
  }
}
