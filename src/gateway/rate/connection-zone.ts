/**
 * How many requests of each key are under way: nginx's ngx_http_limit_conn_module. Knows no requests. Only keys that have one
 * are remembered, and no more of them than the zone has room for.
 */
import { slotBytes } from './zone-slots.ts';

/** Of nginx's node of a tree and of its count on a 64-bit machine; the key comes on top. */
const countBytes = 36;

export class ConnectionZone {
  readonly #bytes: number;
  readonly #counts = new Map<string, number>();
  #usedBytes = 0;

  /** @param bytes what the counts may take, as nginx counts them */
  constructor({ bytes }: { readonly bytes: number }) {
    this.#bytes = bytes;
  }

  /** Keys that have a request under way. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts one more, and returns true, unless the key has all it may have or there is no room for it. Every true needs one `release`. */
  acquire(key: string, most: number): boolean {
    const count = this.#counts.get(key);
    if (count === undefined) {
      const cost = costOf(key);
      if (this.#usedBytes + cost > this.#bytes) return false;
      this.#usedBytes += cost;
      this.#counts.set(key, 1);
      return true;
    }
    if (count >= most) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  release(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(key, count);
    } else if (this.#counts.delete(key)) {
      this.#usedBytes -= costOf(key);
    }
  }
}

function costOf(key: string): number {
  return slotBytes(countBytes + key.length);
}
