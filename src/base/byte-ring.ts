/**
 * The last bytes of a stream, addressed by their offset in the whole stream.
 *
 *      forgotten            kept                 to come
 *   0 ───────────┬──────────────────────────┬───────────────▶ offset
 *              start                        end
 *
 * Keeps chunks as they came instead of one circular array: appending copies nothing, and a reader gets views.
 * Knows nothing of terminals or viewers.
 */
export class ByteRing {
  readonly capacity: number;
  /** Oldest first. Invariant: their lengths add up to `end - start`, and no chunk is empty. */
  #chunks: Uint8Array[] = [];
  /** Index in `#chunks` of the oldest live chunk; the dead ones before it are swept in bulk. */
  #first = 0;
  #start = 0;
  #end = 0;

  /** @param capacity bytes kept at the most */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Offset of the oldest byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset of the next byte to come: how many there were in all. */
  get end(): number {
    return this.#end;
  }

  /** Takes ownership of `chunk`: the caller must not write into it afterwards. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#end += chunk.length;
    this.#forget(this.#end - this.capacity);
  }

  /**
   * Views of the bytes from `offset` on, at most `limit` of them, in order, without copying.
   * Empty when `offset` is `end`. Throws a RangeError when `offset` is not in `start..end`.
   */
  read(offset: number, limit = Number.POSITIVE_INFINITY): Uint8Array[] {
    if (offset < this.#start || offset > this.#end) {
      throw new RangeError(`offset ${offset} is outside ${this.#start}..${this.#end}`);
    }
    // Readers are nearly always close to the end, so walk back from there.
    let index = this.#chunks.length;
    let position = this.#end;
    while (index > this.#first && position > offset) {
      index--;
      position -= (this.#chunks[index] as Uint8Array).length;
    }
    const views: Uint8Array[] = [];
    let wanted = Math.min(limit, this.#end - offset);
    let skip = offset - position;
    for (; wanted > 0 && index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as Uint8Array;
      const view = chunk.subarray(skip, Math.min(chunk.length, skip + wanted));
      skip = 0;
      wanted -= view.length;
      views.push(view);
    }
    return views;
  }

  #forget(upTo: number): void {
    while (this.#start < upTo) {
      const oldest = this.#chunks[this.#first] as Uint8Array;
      const excess = upTo - this.#start;
      if (oldest.length > excess) {
        this.#chunks[this.#first] = oldest.subarray(excess);
        this.#start = upTo;
        break;
      }
      this.#first++;
      this.#start += oldest.length;
    }
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }
}
