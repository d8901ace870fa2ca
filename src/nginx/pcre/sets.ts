/**
 * The sets of characters that PCRE has names for, as ranges of character codes, and such ranges as the inside of a JavaScript
 * character class. PCRE's named sets are ASCII, unlike JavaScript's `\s`.
 */

/** First and last character code. */
export type Range = readonly [first: number, last: number];

const highest = 0xffff;

const digit: readonly Range[] = [[0x30, 0x39]];
const upper: readonly Range[] = [[0x41, 0x5a]];
const lower: readonly Range[] = [[0x61, 0x7a]];
const word: readonly Range[] = [...digit, ...upper, [0x5f, 0x5f], ...lower];
/** Tab, the four line ends, and space. */
const space: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
const horizontal: readonly Range[] = [
  [0x09, 0x09],
  [0x20, 0x20],
  [0xa0, 0xa0],
];
const vertical: readonly Range[] = [
  [0x0a, 0x0d],
  [0x85, 0x85],
];

/** `[[:name:]]`. */
export const posixSets: ReadonlyMap<string, readonly Range[]> = new Map([
  ['alnum', [...digit, ...upper, ...lower]],
  ['alpha', [...upper, ...lower]],
  ['ascii', [[0x00, 0x7f]]],
  [
    'blank',
    [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
  ],
  [
    'cntrl',
    [
      [0x00, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['digit', digit],
  ['graph', [[0x21, 0x7e]]],
  ['lower', lower],
  ['print', [[0x20, 0x7e]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
  ['space', space],
  ['upper', upper],
  ['word', word],
  ['xdigit', [...digit, [0x41, 0x46], [0x61, 0x66]]],
]);

/** `\d` and its like, by their letter; the capital is the complement. */
export const escapeSets: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', digit],
  ['D', complement(digit)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space)],
  ['h', horizontal],
  ['H', complement(horizontal)],
  ['v', vertical],
  ['V', complement(vertical)],
]);

/** Every character that is in none of the ranges, which must be in order. */
export function complement(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= highest) result.push([next, highest]);
  return result;
}

/** A JavaScript character class of these characters. */
export function classSource(ranges: readonly Range[], isNegated = false): string {
  const members = ranges.map(([first, last]) =>
    first === last ? characterSource(first) : `${characterSource(first)}-${characterSource(last)}`,
  );
  return `[${isNegated ? '^' : ''}${members.join('')}]`;
}

/** One character, safe both inside and outside of brackets. */
export function characterSource(code: number): string {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9_ !"#%&',/:;<=>@`~]/.test(character)) return character;
  if (code > 0x20 && code < 0x7f) return `\\${character}`;
  return code <= 0xff
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
