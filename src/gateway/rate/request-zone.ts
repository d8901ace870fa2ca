/**
 * How many requests a second each key may make: nginx's leaky buckets (ngx_http_limit_req_module).
 *
 *   excess   ◀── each request pours in 1000, the rate drains it
 *   > burst  ──▶ refused, and not counted
 *
 * Knows no requests. What it remembers is bounded: the key that was not seen for the longest time is forgotten.
 */
import { slotBytes } from './zone-slots.ts';

/** A request, in the thousandths in which rates are counted, so that 1 a minute is a rate too. */
export const oneRequest = 1000;

/** Of nginx's node of a tree and of its bucket on a 64-bit machine; the key comes on top. */
const bucketBytes = 80;

/** Empty for so long, in milliseconds, a bucket makes room for new ones before the zone is full: nginx's figure. */
const staleMs = 60_000;

/** Old buckets that are looked at for each new one. */
const mostSwept = 2;

type Bucket = {
  /** Thousandths of a request above the rate. */
  excess: number;
  /** Whole milliseconds. */
  last: number;
};

export class RequestZone {
  /** Thousandths of a request in a second. */
  readonly rate: number;
  readonly #bytes: number;
  /** The one seen last is the last. */
  readonly #buckets = new Map<string, Bucket>();
  #usedBytes = 0;

  /** @param bytes what the buckets may take, as nginx counts them */
  constructor({ perSecond, bytes }: { readonly perSecond: number; readonly bytes: number }) {
    this.rate = Math.round(perSecond * oneRequest);
    this.#bytes = bytes;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /**
   * How far above the rate this key would be with one more request, in thousandths of a request. Nothing is counted yet.
   * Infinity when not even an empty zone has room for the key.
   *
   * @param ms whole milliseconds on a clock that never jumps
   */
  excessAt(key: string, ms: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#add(key, ms) ? 0 : Number.POSITIVE_INFINITY;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    return Math.max(0, this.#excessOf(bucket, ms) + oneRequest);
  }

  /** Counts a request for which `excessAt` has returned this excess. */
  count(key: string, excess: number, ms: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return;
    bucket.excess = excess;
    bucket.last = ms;
  }

  /** What is left above the rate; less than nothing when more could have drained. */
  #excessOf({ excess, last }: Bucket, ms: number): number {
    return excess - Math.trunc((this.rate * Math.max(0, ms - last)) / 1000);
  }

  #add(key: string, ms: number): boolean {
    const cost = costOf(key);
    if (cost > this.#bytes) return false;
    let swept = 0;
    for (const [oldest, bucket] of this.#buckets) {
      const isFull = this.#usedBytes + cost > this.#bytes;
      const isStale = ms - bucket.last >= staleMs && this.#excessOf(bucket, ms) <= 0;
      if (!isFull && (swept >= mostSwept || !isStale)) break;
      this.#buckets.delete(oldest);
      this.#usedBytes -= costOf(oldest);
      swept++;
    }
    this.#buckets.set(key, { excess: 0, last: ms });
    this.#usedBytes += cost;
    return true;
  }
}

function costOf(key: string): number {
  return slotBytes(bucketBytes + key.length);
}
