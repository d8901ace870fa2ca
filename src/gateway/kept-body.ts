/**
 * Copies of a body's bytes, so that it can be sent more than once: bounded for one body and for all of a gateway. Knows nothing
 * of framing: what is kept is what came.
 */
import type { SocketCounts } from './socket-counts.ts';

/** Kept by all requests of a gateway together; what does not fit is not kept. */
const allKeptBytes = 64 * 1024 * 1024;

export class KeptBody {
  readonly pieces: Buffer[] = [];
  readonly #counts: SocketCounts;
  readonly #most: number;
  #bytes = 0;

  /** @param most in bytes */
  constructor(counts: SocketCounts, most: number) {
    this.#counts = counts;
    this.#most = most;
  }

  /** Keeps a copy. Returns false, and changes nothing, when there is no room for it. */
  add(chunk: Buffer): boolean {
    const { length } = chunk;
    const counts = this.#counts;
    if (length === 0) return true;
    if (this.#bytes + length > this.#most || counts.keptBytes + length > allKeptBytes) return false;
    this.pieces.push(Buffer.from(chunk));
    this.#bytes += length;
    counts.keptBytes += length;
    return true;
  }

  /** Takes the last bytes out, which turned out to be behind the body. At most as many as were added last. */
  trim(count: number): void {
    const last = this.pieces.pop();
    if (last === undefined) return;
    if (count < last.length) this.pieces.push(last.subarray(0, -count));
    this.#bytes -= count;
    this.#counts.keptBytes -= count;
  }

  /** Gives up what is kept. */
  forget(): void {
    this.#counts.keptBytes -= this.#bytes;
    this.#bytes = 0;
    this.pieces.length = 0;
  }
}
