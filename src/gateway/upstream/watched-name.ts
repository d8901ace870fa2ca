/**
 * The addresses of one name, looked up again whenever the last answer has run out. A lookup that fails changes nothing:
 * the last addresses stay, and it is tried again. Knows nothing of servers.
 */
import { isIP, type LookupFunction } from 'node:net';
import { codeOf } from '../../base/errors.ts';
import type { NameLookup } from './name-lookup.ts';

/** Until a lookup that failed is tried again. A request that has no address to go to does not wait for it. */
const retryMs = 5000;

/** Beyond it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export type WatchedNameOptions = {
  readonly name: string;
  readonly lookup: NameLookup;
  /** Whether one answer is enough. */
  readonly once: boolean;
  /** There is a first answer, or another one than before. In order, each address once. */
  onAddresses(addresses: readonly string[]): void;
  /** A lookup has failed, and the one before had not. */
  onFailure(error: Error): void;
};

export class WatchedName {
  readonly #options: WatchedNameOptions;
  /** Undefined before the first answer. */
  #addresses: readonly string[] | undefined;
  #looking: Promise<readonly string[]> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #closed = false;

  constructor(options: WatchedNameOptions) {
    this.#options = options;
  }

  /** What is known, or the answer of the lookup under way, or of a new one. */
  addresses(): Promise<readonly string[]> {
    return this.#addresses === undefined ? this.look() : Promise.resolve(this.#addresses);
  }

  /** Looks the name up, unless that is being done. Rejects when it cannot be; all else goes on by itself. */
  look(): Promise<readonly string[]> {
    if (this.#looking !== undefined) return this.#looking;
    clearTimeout(this.#timer);
    const looking = this.#look().finally(() => {
      this.#looking = undefined;
    });
    this.#looking = looking;
    return looking;
  }

  async #look(): Promise<readonly string[]> {
    const { name, lookup, once } = this.#options;
    try {
      const { addresses, validMs } = await lookup(name);
      // Servers rotate their answers; clients that belong to the second address must not.
      const sorted = [...new Set(addresses)].sort();
      this.#hasFailed = false;
      const isNew = sorted.join() !== this.#addresses?.join();
      this.#addresses = sorted;
      if (!once) this.#lookAgainIn(validMs);
      if (isNew && !this.#closed) this.#options.onAddresses(sorted);
      return sorted;
    } catch (error) {
      this.#lookAgainIn(retryMs);
      if (!this.#hasFailed && !this.#closed) this.#options.onFailure(error as Error);
      this.#hasFailed = true;
      throw error;
    }
  }

  #lookAgainIn(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.look().catch(heard), Math.min(ms, longestTimerMs));
    this.#timer.unref();
  }

  /** For `net.connect`, where there are no addresses yet: a connection that waits for them. */
  readonly lookupFunction: LookupFunction = (_, { all }, done) => {
    this.addresses().then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (all === true) done(null, found);
        else done(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => {
        done(codeOf(error) === undefined ? Object.assign(error, { code: 'EAI_AGAIN' }) : error, '');
      },
    );
  };

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/** Of a lookup in the background, `onFailure` has told. */
function heard(): void {}
