/**
 * Input that the session has not acknowledged yet, addressed by its offset in all that this viewer ever typed.
 *
 *      accepted        sent, maybe lost        to be sent
 *   0 ──────────┬──────────────────────────────────────────┐
 *             start                                       end
 */
export class InputQueue {
  /** Oldest first. Invariant: their lengths add up to `end - start`. */
  readonly #chunks: Uint8Array[] = [];
  #start = 0;
  #end = 0;

  /** Offset of the oldest byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset of the next byte to be typed. */
  get end(): number {
    return this.#end;
  }

  /** Takes ownership of `bytes`. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#end += bytes.length;
  }

  /** A copy of the bytes from `offset` (in `start..end`) on, `limit` of them at the most. */
  read(offset: number, limit: number): Uint8Array {
    const length = Math.min(limit, this.#end - offset);
    const bytes = new Uint8Array(length);
    let filled = 0;
    let skip = offset - this.#start;
    for (const chunk of this.#chunks) {
      if (filled === length) break;
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      const piece = chunk.subarray(skip, skip + length - filled);
      skip = 0;
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** Forgets everything before `offset`, which is at most `end`. */
  release(offset: number): void {
    let excess = offset - this.#start;
    if (excess <= 0) return;
    this.#start = offset;
    let dropped = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > excess) break;
      excess -= chunk.length;
      dropped++;
    }
    this.#chunks.splice(0, dropped);
    const [first] = this.#chunks;
    if (first !== undefined && excess > 0) this.#chunks[0] = first.subarray(excess);
  }
}
