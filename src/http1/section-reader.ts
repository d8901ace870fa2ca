/**
 * Reads what heads and trailers have in common: lines of `Name: value` up to an empty line, from bytes that arrive in
 * chunks of any size.
 *
 * Every byte is looked at once and in order, and the first one that cannot be is the one complained about. So the
 * result, an error included, depends on the bytes alone and not on how they were cut into chunks.
 *
 * A section that lies in one chunk is read in place. The bytes of an unfinished one are copied, so that a chunk's
 * memory may be used again as soon as `push` has returned; `rest` alone refers to it.
 */
import type { HatchwayError } from '../base/errors.ts';
import { Fields, noFields } from './fields.ts';
import { bitSetIds, idOfNameBytes } from './known-names.ts';
import { byteName, colon, cr, lf, space, tab, tokenByte, valueByte } from './octets.ts';

/** What one head, or the trailers of one body, may take. */
export type HeadLimits = {
  /** Bytes, the start line and the empty line at the end included. */
  readonly headBytes: number;
  /** Fields. */
  readonly headFields: number;
};

/** Where in a section the next byte belongs. Numbers, because the inner loop compares them. */
export const startLinePhase = 0;
export const fieldStartPhase = 1;
const namePhase = 2;
const beforeValuePhase = 3;
const valuePhase = 4;
const fieldLfPhase = 5;
const lastLfPhase = 6;
const donePhase = 7;

/** Bytes first set aside for a section that did not come in one chunk; doubled as needed. */
const firstHoldBytes = 2048;

const noBytes = Buffer.alloc(0);

export abstract class SectionReader<Section> {
  /** What followed the section in the last chunk. Valid once `push` has returned a section, until the next `push`. */
  rest: Buffer = noBytes;

  protected readonly limits: HeadLimits;
  /** Offset of the next byte to look at, from the start of the section. */
  protected at = 0;
  /** Offset at which the name or value, or the part of a start line, began that `at` is in. */
  protected mark = 0;
  protected phase: number;

  readonly #firstPhase: number;
  /** Name start, name end, value start, value end of every field so far, as offsets. Overwritten by the next section. */
  readonly #bounds: number[] = [];
  #boundCount = 0;
  /** A copy of the section's bytes so far, when they came in an earlier chunk. */
  #held: Buffer | undefined;
  #heldLength = 0;

  constructor(limits: HeadLimits, firstPhase: number) {
    this.limits = limits;
    this.phase = firstPhase;
    this.#firstPhase = firstPhase;
  }

  /** Whether no byte of a section has been seen since the last one ended. */
  get idle(): boolean {
    return this.at === 0;
  }

  /**
   * Takes the next bytes; returns the section once its last byte is there, and is then ready for another one.
   * The chunk's memory may be used again afterwards, but for `rest`. Throws what the reader's kind says; the sender
   * cannot be understood from then on, and the reader is not to be used again.
   */
  push(chunk: Buffer): Section | undefined {
    const before = this.#heldLength;
    const maxBytes = this.limits.headBytes;
    let bytes = chunk;
    let available = chunk.length;
    if (before > 0) {
      bytes = this.#hold(chunk);
      available = this.#heldLength;
    }
    const end = Math.min(available, maxBytes);
    if (this.phase === startLinePhase) this.readStartLine(bytes, end);
    if (this.phase !== startLinePhase) this.#readFields(bytes, end);
    if (this.phase !== donePhase) {
      if (this.at >= maxBytes) throw this.tooLarge();
      if (before === 0 && chunk.length > 0) this.#hold(chunk);
      return undefined;
    }
    const consumed = this.at - before;
    this.rest = consumed === chunk.length ? noBytes : chunk.subarray(consumed);
    const section = this.finish(bytes, this.at);
    this.phase = this.#firstPhase;
    this.at = 0;
    this.#boundCount = 0;
    this.#held = undefined;
    this.#heldLength = 0;
    return section;
  }

  /** Reads on from `at` while there are bytes before `end`; leaves `startLinePhase` behind the line's LF. */
  protected abstract readStartLine(bytes: Buffer, end: number): void;
  /** Makes the section of its bytes, `end` of them. */
  protected abstract finish(bytes: Buffer, end: number): Section;
  /** The error for a malformed field. */
  protected abstract malformed(reason: string): HatchwayError;
  /** The error for a section above the limits. */
  protected abstract tooLarge(): HatchwayError;

  /** Leaves the start line; the next byte is the first one of a field. */
  protected endStartLine(at: number): void {
    this.at = at;
    this.phase = fieldStartPhase;
  }

  /** The fields, cut out of `text`, which is the whole section with one character a byte. */
  protected fieldsOf(bytes: Buffer, text: string): Fields {
    const bounds = this.#bounds;
    const boundCount = this.#boundCount;
    if (boundCount === 0) return noFields;
    const flat: string[] = [];
    const ids: number[] = [];
    let present = 0;
    let repeated = 0;
    for (let i = 0; i < boundCount; i += 4) {
      const nameStart = bounds[i] as number;
      const nameEnd = bounds[i + 1] as number;
      const id = idOfNameBytes(bytes, nameStart, nameEnd);
      ids.push(id);
      if (id !== 0 && id < bitSetIds) {
        repeated |= present & (1 << id);
        present |= 1 << id;
      }
      flat.push(
        text.substring(nameStart, nameEnd),
        text.substring(bounds[i + 2] as number, bounds[i + 3] as number),
      );
    }
    return new Fields(flat, ids, present, repeated);
  }

  #readFields(bytes: Buffer, end: number): void {
    const bounds = this.#bounds;
    let phase = this.phase;
    let at = this.at;
    for (;;) {
      if (phase === fieldStartPhase) {
        if (at >= end) break;
        const byte = bytes[at] as number;
        if (byte === cr) {
          phase = lastLfPhase;
          at++;
        } else {
          if (byte === space || byte === tab)
            throw this.malformed('a folded line or a space before a name');
          if (this.#boundCount >= this.limits.headFields * 4) throw this.tooLarge();
          this.mark = at;
          phase = namePhase;
        }
      }
      if (phase === namePhase) {
        while (at < end && tokenByte[bytes[at] as number] === 1) at++;
        if (at >= end) break;
        if (bytes[at] !== colon) throw this.malformed(`${byteName(bytes[at] as number)} in a name`);
        if (at === this.mark) throw this.malformed('an empty name');
        bounds[this.#boundCount] = this.mark;
        bounds[this.#boundCount + 1] = at;
        this.#boundCount += 2;
        at++;
        phase = beforeValuePhase;
      }
      if (phase === beforeValuePhase) {
        while (at < end && (bytes[at] === space || bytes[at] === tab)) at++;
        if (at >= end) break;
        this.mark = at;
        phase = valuePhase;
      }
      if (phase === valuePhase) {
        while (at < end && valueByte[bytes[at] as number] === 1) at++;
        if (at >= end) break;
        if (bytes[at] !== cr) throw this.malformed(`${byteName(bytes[at] as number)} in a value`);
        let last = at;
        while (last > this.mark && (bytes[last - 1] === space || bytes[last - 1] === tab)) last--;
        bounds[this.#boundCount] = this.mark;
        bounds[this.#boundCount + 1] = last;
        this.#boundCount += 2;
        at++;
        phase = fieldLfPhase;
      }
      if (phase === fieldLfPhase) {
        if (at >= end) break;
        if (bytes[at] !== lf) throw this.malformed('a CR without LF');
        at++;
        phase = fieldStartPhase;
      } else if (phase === lastLfPhase) {
        if (at >= end) break;
        if (bytes[at] !== lf) throw this.malformed('a CR without LF');
        at++;
        phase = donePhase;
        break;
      }
    }
    this.at = at;
    this.phase = phase;
  }

  /** Adds a chunk's bytes, as many as a section may have, to those held; returns the memory they are in. */
  #hold(chunk: Buffer): Buffer {
    const before = this.#heldLength;
    const length = Math.min(before + chunk.length, this.limits.headBytes);
    let held = this.#held;
    if (held === undefined || held.length < length) {
      const capacity = Math.max(firstHoldBytes, length, (held?.length ?? 0) * 2);
      const grown = Buffer.allocUnsafe(capacity);
      if (held !== undefined) held.copy(grown, 0, 0, before);
      held = grown;
      this.#held = held;
    }
    chunk.copy(held, before, 0, length - before);
    this.#heldLength = length;
    return held;
  }
}
