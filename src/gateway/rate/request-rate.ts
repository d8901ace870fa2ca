/**
 * How many requests a second one address may make: nginx's leaky bucket (ngx_http_limit_req_module) with `nodelay`.
 *
 *   excess   ◀── each request pours in 1000, the rate drains it
 *   > burst  ──▶ refused, and not counted
 *
 * Knows no requests. What it remembers is bounded: the addresses that were not seen for the longest time are forgotten.
 */
import type { Limits } from '../../config/model.ts';
import { addressKey } from './address-key.ts';

/** A request, in the thousandths in which rates are counted, so that 1 a minute is a rate too. */
const request = 1000;

/** Addresses that are remembered, about 200 bytes each. */
const mostAddresses = 65_536;

type Bucket = {
  /** Thousandths of a request above the rate. */
  excess: number;
  /** Whole milliseconds. */
  last: number;
};

export class RequestRate {
  /** Thousandths of a request in a second. */
  readonly #rate: number;
  readonly #burst: number;
  readonly #mostAddresses: number;
  /** The one seen last is the last. */
  readonly #buckets = new Map<string, Bucket>();

  /** @param most addresses that are remembered; default 65,536 */
  constructor(model: NonNullable<Limits['ratePerAddress']>, most: number = mostAddresses) {
    this.#rate = Math.round(model.perSecond * request);
    this.#burst = (model.burst ?? 0) * request;
    this.#mostAddresses = most;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Whether one more request of this address is let through; a Unix socket's always.
   * @param now milliseconds on a clock that never jumps
   */
  admits(address: string, now: number = performance.now()): boolean {
    const key = addressKey(address);
    if (key === undefined) return true;
    const ms = Math.floor(now);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#forgetOne();
      this.#buckets.set(key, { excess: 0, last: ms });
      return true;
    }
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const drained = Math.trunc((this.#rate * (ms - bucket.last)) / 1000);
    const excess = Math.max(0, bucket.excess - drained + request);
    if (excess > this.#burst) return false;
    bucket.excess = excess;
    bucket.last = ms;
    return true;
  }

  #forgetOne(): void {
    if (this.#buckets.size < this.#mostAddresses) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
