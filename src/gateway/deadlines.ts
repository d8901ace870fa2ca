/**
 * Timeouts of many connections for the price of one timer: each has its deadline in a field of its own, and all are
 * looked at a few times per timeout. Setting, moving and clearing a deadline is one assignment, without so much as a
 * look at the clock, which is what a request can afford. A timeout is up to half as long again as it says, never
 * shorter, which matters to nobody.
 */

import type { FaultBearer } from './fault.ts';
import { Roster } from './roster.ts';

/** Something that must not take for ever. */
export interface Deadlined extends FaultBearer {
  /** From `Deadlines.after`; `never` while nothing is due. */
  deadline: number;
  /** Called once when the deadline has passed; by then it is `never` again. */
  onDeadline(): void;
}

export const never = Number.POSITIVE_INFINITY;

/** The longest time between two looks, in milliseconds: timeouts are counted in seconds. */
const slowestPeriodMs = 1000;
/** The shortest: a process that wakes up more often is no better at it. */
const fastestPeriodMs = 10;

export class Deadlines {
  readonly #watched = new Roster<Deadlined>();
  #periodMs: number;
  /** At the last look, in milliseconds on a clock that never jumps. */
  #now = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param shortestMs the shortest of the timeouts in use: how often to look depends on it */
  constructor(shortestMs: number) {
    this.#periodMs = Math.max(fastestPeriodMs, Math.min(slowestPeriodMs, shortestMs / 4));
  }

  /** A timeout in use from now on: if it is the shortest, what is watched is looked at more often. */
  allowFor(ms: number): void {
    const periodMs = Math.max(fastestPeriodMs, Math.min(slowestPeriodMs, ms / 4));
    if (periodMs >= this.#periodMs) return;
    this.#periodMs = periodMs;
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#start();
  }

  /** The deadline that is so many milliseconds away for something that is being watched. */
  after(timeoutMs: number): number {
    // The clock was last looked at up to one period ago.
    return this.#now + this.#periodMs + timeoutMs;
  }

  /** Watches until `remove`. The timer runs only while something is watched, and keeps no process alive. */
  add(watched: Deadlined): void {
    this.#watched.add(watched);
    if (this.#timer === undefined) this.#start();
  }

  remove(watched: Deadlined): void {
    this.#watched.delete(watched);
    if (this.#watched.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #start(): void {
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#look(), this.#periodMs);
    this.#timer.unref();
  }

  #look(): void {
    const now = performance.now();
    this.#now = now;
    for (const watched of this.#watched) {
      if (watched.deadline > now) continue;
      watched.deadline = never;
      try {
        watched.onDeadline();
      } catch (error) {
        watched.onFault(error);
      }
    }
  }
}
