/**
 * How often something may happen that costs the gateway more than the client: so many times at once, and then at a
 * steady rate. Knows nothing of what it is.
 */
export class Allowance {
  readonly #most: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  /**
   * @param burst how many at once
   * @param now in milliseconds, on the clock of `take`
   */
  constructor(burst: number, perSecond: number, now: number) {
    this.#most = burst;
    this.#perMs = perSecond / 1000;
    this.#left = burst;
    this.#at = now;
  }

  /** It happens once more; false when that is once too often. */
  take(now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
