/**
 * Reads what heads and trailers have in common: lines of `Name: value` up to an empty line, from bytes that arrive in
 * chunks of any size.
 *
 * Every byte is looked at once and in order, and the first one that cannot be is the one complained about. So the
 * result, an error included, depends on the bytes alone and not on how they were cut into chunks.
 *
 * A chunk's memory may be used again as soon as `push` has returned; `rest` alone refers to it. The bytes of a section
 * that lies in one chunk are never gathered, only looked at in `area`; those of an unfinished one are kept here.
 */
import type { HatchwayError } from '../base/errors.ts';
import { Fields, noFields, placeSize } from './fields.ts';
import {
  bitSetIds,
  idOfKnownName,
  isKnownNameAt,
  type KnownName,
  knownNameIn,
  lengthOfKnownName,
  nameIds,
} from './known-names.ts';
import { byteName, colon, cr, lf, space, tab, tokenByte } from './octets.ts';
import { area, areaText, maxSectionBytes, valueEndIn } from './section-area.ts';

/** What one head, or the trailers of one body, may take. */
export type HeadLimits = {
  /** Bytes, the start line and the empty line at the end included. */
  readonly headBytes: number;
  /** Fields. */
  readonly headFields: number;
};

/** Where in a section the next byte belongs. */
export const startLinePhase = 0;
export const fieldStartPhase = 1;
const namePhase = 2;
/** Behind the colon, where there is usually one space. */
const gapPhase = 3;
const valuePhase = 4;
const fieldLfPhase = 5;
const lastLfPhase = 6;
const donePhase = 7;

/** Bytes looked at together: more than nearly every head has, less than costs anything when a body follows. */
const windowBytes = 4096;

/** Bytes set aside for a section of more than two chunks; doubled as needed. */
const minHeldBytes = 2048;

const noBytes = Buffer.alloc(0);

export abstract class SectionReader<Section> {
  /** What followed the section in the last chunk. Valid once `push` has returned a section, until the next `push`. */
  rest: Buffer = noBytes;

  /** Offset in `area` of the next byte to look at, and so the number of the section's bytes that have been read. */
  protected at = 0;
  protected phase: number;
  protected readonly limits: HeadLimits;

  readonly #firstPhase: number;
  readonly #maxBytes: number;
  readonly #maxPlaces: number;
  /** Where the name or value began that `at` is in. */
  #mark = 0;
  /** The fields so far, as `Fields` has them. Not emptied for the next section, only overwritten. */
  protected readonly places: number[] = [];
  /** How many numbers of `places` belong to this section. */
  #placeCount = 0;
  #present = 0;
  #repeated = 0;
  #regular = true;
  /** The section's bytes so far, when they came in earlier chunks, and how many they are. */
  #held: Buffer | undefined;
  #length = 0;

  constructor(limits: HeadLimits, firstPhase: number) {
    this.limits = limits;
    this.phase = firstPhase;
    this.#firstPhase = firstPhase;
    this.#maxBytes = Math.min(limits.headBytes, maxSectionBytes);
    this.#maxPlaces = limits.headFields * placeSize;
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
    if (chunk.length === 0) return undefined;
    const before = this.#length;
    const held = this.#held;
    if (held !== undefined) area.set(held.length === before ? held : held.subarray(0, before));
    let used = 0;
    // In windows, because behind a head there is often a body, which is none of this reader's business.
    while (used < chunk.length && this.phase !== donePhase) {
      const start = before + used;
      const length = Math.min(chunk.length - used, windowBytes, this.#maxBytes - start);
      if (length === chunk.length) area.set(chunk, start);
      else area.set(chunk.subarray(used, used + length), start);
      used += length;
      const end = start + length;
      if (this.phase === startLinePhase) this.readStartLine(end);
      if (this.phase !== startLinePhase) this.#readFields(end);
      if (this.at === this.#maxBytes && this.phase !== donePhase) throw this.tooLarge();
    }
    if (this.phase !== donePhase) {
      this.#hold(chunk);
      return undefined;
    }
    const end = this.at;
    this.rest = end - before === chunk.length ? noBytes : chunk.subarray(end - before);
    const section = this.finish(areaText(end));
    this.phase = this.#firstPhase;
    this.at = 0;
    this.#placeCount = 0;
    this.#present = 0;
    this.#repeated = 0;
    this.#regular = true;
    this.#held = undefined;
    this.#length = 0;
    return section;
  }

  /** Reads on in `area` from `at` while there are bytes before `end`; leaves `startLinePhase` behind the line's LF. */
  protected abstract readStartLine(end: number): void;
  /** Makes the section of its text, which has one character a byte. */
  protected abstract finish(text: string): Section;
  /** The error for a malformed field. */
  protected abstract malformed(reason: string): HatchwayError;
  /** The error for a section above the limits. */
  protected abstract tooLarge(): HatchwayError;

  /** Leaves the start line; the next byte is the first one of a field. */
  protected endStartLine(at: number): void {
    this.at = at;
    this.phase = fieldStartPhase;
  }

  /** The fields in `text`, which is the whole section with one character a byte. */
  protected fieldsOf(text: string): Fields {
    if (this.#placeCount === 0) return noFields;
    const places = this.places.slice(0, this.#placeCount);
    return new Fields(text, places, this.#present, this.#repeated, this.#regular);
  }

  /** Reads on in `area` from `at` while there are bytes before `end`. */
  #readFields(end: number): void {
    do {
      if (this.phase === fieldStartPhase) this.#readUsualLines(end);
    } while (this.#readLine(end));
  }

  /**
   * Reads lines as nearly everybody sends them: whole, valid, with one space in front of the value and none behind it.
   * The first line that is anything else is left to `#readLine`, and so is every complaint.
   */
  #readUsualLines(end: number): void {
    const places = this.places;
    const maxPlaces = this.#maxPlaces;
    let place = this.#placeCount;
    let at = this.at;
    while (place < maxPlaces) {
      // The same sender mostly sends the same names in the same order: this is the last section's name, still there.
      let name: KnownName = place < places.length ? (places[place] as KnownName) : 0;
      let nameEnd = at + lengthOfKnownName(name);
      if (nameEnd >= end || !isKnownNameAt(at, name)) {
        nameEnd = at;
        while (nameEnd < end && tokenByte[area[nameEnd] as number] === 1) nameEnd++;
        if (nameEnd === at || nameEnd === end || area[nameEnd] !== colon) break;
        name = knownNameIn(at, nameEnd);
      }
      const start = nameEnd + 2;
      const valueEnd = valueEndIn(start, end);
      if (valueEnd + 1 >= end || area[valueEnd] !== cr || area[valueEnd + 1] !== lf) break;
      if (area[nameEnd + 1] !== space || isSpaceOrLess(start) || isSpaceOrLess(valueEnd - 1)) break;
      places[place] = name;
      places[place + 1] = at;
      places[place + 2] = nameEnd;
      places[place + 3] = start;
      places[place + 4] = valueEnd;
      place += placeSize;
      this.#noteId(idOfKnownName(name));
      at = valueEnd + 2;
    }
    this.#placeCount = place;
    this.at = at;
  }

  /**
   * Reads on to the end of one line. A field whose bytes are all there falls through its phases, an unfinished one is
   * taken up again at its phase. Returns false at the end of the bytes or of the section.
   */
  #readLine(end: number): boolean {
    const places = this.places;
    const place = this.#placeCount;
    let at = this.at;
    if (at >= end) return false;
    if (this.phase === fieldStartPhase) {
      if (area[at] === cr) {
        at++;
        this.phase = lastLfPhase;
      } else {
        if (area[at] === space || area[at] === tab) {
          throw this.malformed('a line that begins with a space');
        }
        if (place >= this.#maxPlaces) throw this.tooLarge();
        this.#mark = at;
        this.phase = namePhase;
      }
    }
    if (this.phase === namePhase) {
      while (at < end && tokenByte[area[at] as number] === 1) at++;
      if (at < end) {
        if (area[at] !== colon || at === this.#mark) throw this.#badName(area[at] as number);
        places[place] = knownNameIn(this.#mark, at);
        places[place + 1] = this.#mark;
        places[place + 2] = at;
        at++;
        this.phase = gapPhase;
      }
    }
    if (this.phase === gapPhase) {
      while (at < end && (area[at] === space || area[at] === tab)) at++;
      this.#mark = at;
      if (at < end) this.phase = valuePhase;
    }
    if (this.phase === valuePhase) {
      at = valueEndIn(at, end);
      if (at < end) {
        if (area[at] !== cr) throw this.malformed(`${byteName(area[at] as number)} in a value`);
        this.#endField(place, this.#mark, at);
        at++;
        this.phase = fieldLfPhase;
      }
    }
    if (at < end) {
      // The phase is one of the two behind a CR.
      if (area[at] !== lf) throw this.malformed('a CR without LF');
      at++;
      this.phase = this.phase === fieldLfPhase ? fieldStartPhase : donePhase;
    }
    this.at = at;
    return this.phase === fieldStartPhase;
  }

  /** Notes the value between `start` and `end`, spaces at its end included, of the field at `place`. */
  #endField(place: number, start: number, end: number): void {
    const places = this.places;
    let last = end;
    while (last > start && (area[last - 1] === space || area[last - 1] === tab)) last--;
    places[place + 3] = start;
    places[place + 4] = last;
    this.#placeCount = place + placeSize;
    const id = idOfKnownName(places[place] as KnownName);
    this.#noteId(id);
    const nameEnd = places[place + 2] as number;
    if (last !== end || start !== nameEnd + 2 || area[nameEnd + 1] !== space) {
      this.#regular = false;
      const framing = id === nameIds.transferEncoding || id === nameIds.contentLength;
      if (framing && (hasTab(nameEnd, start) || hasTab(last, end))) {
        // Allowed, but there are readers that take a tab for a part of the value, and then frame by another field.
        throw this.malformed('a tab around a Transfer-Encoding or Content-Length');
      }
    }
  }

  #noteId(id: number): void {
    if (id !== 0 && id < bitSetIds) {
      this.#repeated |= this.#present & (1 << id);
      this.#present |= 1 << id;
    }
  }

  #badName(byte: number): HatchwayError {
    return this.malformed(byte === colon ? 'an empty name' : `${byteName(byte)} in a name`);
  }

  /** Keeps the bytes of a chunk that did not complete the section. */
  #hold(chunk: Buffer): void {
    const before = this.#length;
    const length = before + chunk.length;
    this.#length = length;
    if (this.#held === undefined) {
      // Most unfinished sections need one more chunk only, so there is no room to spare yet.
      this.#held = Buffer.from(chunk);
      return;
    }
    if (this.#held.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(minHeldBytes, length, before * 2));
      grown.set(this.#held);
      this.#held = grown;
    }
    this.#held.set(chunk, before);
  }
}

function isSpaceOrLess(at: number): boolean {
  return (area[at] as number) <= space;
}

function hasTab(start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (area[at] === tab) return true;
  }
  return false;
}
