/** How many connections each address has, and whether it may have another one. Knows no sockets. */
import { addressKey } from './address-key.ts';

export class AddressCounts {
  readonly #limit: number;
  /** Only addresses that have a connection, so there are never more than connections. */
  readonly #counts = new Map<string, number>();

  /** @param limit connections of one address */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Addresses that have a connection. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts one more, and returns true, unless the address has all it may have. Every true needs one `release`. */
  acquire(address: string): boolean {
    const key = addressKey(address);
    if (key === undefined) return true;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  release(address: string): void {
    const key = addressKey(address);
    if (key === undefined) return;
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
