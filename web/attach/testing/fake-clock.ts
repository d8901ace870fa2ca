/** Time that passes only when it is told to. */
import type { Undo } from '../environment.ts';

type Timer = { readonly atMs: number; readonly action: () => void };

export class FakeClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  readonly now = (): number => this.#nowMs;

  readonly after = (delayMs: number, action: () => void): Undo => {
    const timer = { atMs: this.#nowMs + delayMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass; what is due runs in its order, and what follows from it (promises) before the next timer. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.action();
      await settled();
    }
    this.#nowMs = endMs;
  }
}

/** After everything that is already waiting as a promise. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
