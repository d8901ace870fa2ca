/** How many requests a second one address may make, as a zone whose requests never wait (nginx's `nodelay`). Knows no requests. */
import type { Limits } from '../../config/model.ts';
import { addressKey } from './address-key.ts';
import { oneRequest, RequestZone } from './request-zone.ts';

/** Addresses that are remembered, about 200 bytes each. */
const mostAddresses = 65_536;

/** What a zone counts for an address. */
const bytesAnAddress = 128;

export class RequestRate {
  readonly #zone: RequestZone;
  readonly #burst: number;

  /** @param most addresses that are remembered; default 65,536 */
  constructor(model: NonNullable<Limits['ratePerAddress']>, most: number = mostAddresses) {
    this.#zone = new RequestZone({ perSecond: model.perSecond, bytes: most * bytesAnAddress });
    this.#burst = (model.burst ?? 0) * oneRequest;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#zone.size;
  }

  /**
   * Whether one more request of this address is let through; a Unix socket's always.
   * @param now milliseconds on a clock that never jumps
   */
  admits(address: string, now: number = performance.now()): boolean {
    const key = addressKey(address);
    if (key === undefined) return true;
    const ms = Math.floor(now);
    const excess = this.#zone.excessAt(key, ms);
    if (excess > this.#burst) return false;
    this.#zone.count(key, excess, ms);
    return true;
  }
}
