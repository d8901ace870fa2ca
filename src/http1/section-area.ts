/**
 * The memory that heads and trailers are read in.
 *
 * There is one for all readers, because reading is synchronous, and it never moves, because then the compiler knows
 * address and length of everything the inner loops touch: copying a head here costs a fortieth of reading it, and
 * saves a seventh. See `bench/head-parser.ts`.
 */
import { tab } from './octets.ts';

/** A head of more bytes cannot be read whatever the limits say. Memory that no head has needed is never touched. */
export const maxSectionBytes = 1024 * 1024;

/** Bytes that a word read at the last position goes beyond the section. */
const slackBytes = 4;

/** The section that is being read, from offset 0 on. What is behind it is left over from earlier ones. */
export const area = Buffer.from(new ArrayBuffer(maxSectionBytes + slackBytes));
export const areaView = new DataView(area.buffer);

/** The bytes of `area` from 0 to `end` as a string with one character a byte. */
export function areaText(end: number): string {
  // What toString('latin1') comes down to; its checks cost as much as the copy.
  return (area as unknown as Latin1).latin1Slice(0, end);
}

type Latin1 = { latin1Slice(start: number, end: number): string };

/**
 * The offset of the first byte from `at` on, before `end`, that cannot be in a field value: a control character other
 * than tab. `end` when there is none.
 */
export function valueEndIn(at: number, end: number): number {
  while (at < end) {
    // Four bytes at a time. Bit 7 of each byte of `odd` says: below 0x20 or 0x7f. Exact, as no addition carries over.
    const word = areaView.getInt32(at, true);
    const low = word & 0x7f7f7f7f;
    const odd = ((low + 0x01010101) | ~(low + 0x60606060)) & ~word & 0x80808080;
    if (odd === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(odd & -odd)) >> 3;
    if (area[at] !== tab) break;
    at++;
  }
  return Math.min(at, end);
}
