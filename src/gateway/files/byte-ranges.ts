/**
 * Parts of a file by the Range field (RFC 9110, 14), read as by ngx_http_range_filter_module: what cannot be read is not
 * satisfiable, and parts that are more than the file together are answered with all of it.
 */

/** Bytes from `start` up to, and not with, `end`. */
export type ByteRange = { readonly start: number; readonly end: number };

/** One of the list, with the spaces that nginx lets stand. */
const oneRange = /^ *(?:(\d+) *- *(\d*)|-(\d+)) *$/;

/**
 * At least one range; `whole` for a field that does not count.
 *
 * @param most ranges that are answered
 */
export function parseRanges(
  field: string,
  size: number,
  most: number,
): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  if (field.length < 'bytes=0'.length || !/^bytes=/i.test(field)) return 'whole';
  const ranges: ByteRange[] = [];
  let bytes = 0;
  for (const text of field.slice('bytes='.length).split(',')) {
    const range = parseRange(text, size);
    if (range === undefined) return 'unsatisfiable';
    if (range.start < range.end) {
      if (ranges.length === most) return 'whole';
      ranges.push(range);
      bytes += range.end - range.start;
    } else if (range.start === 0) {
      // Nothing can be asked of an empty file but all of it.
      return 'whole';
    }
  }
  if (ranges.length === 0) return 'unsatisfiable';
  return bytes > size ? 'whole' : ranges;
}

/** Cut at the end of the file; an empty one begins behind it. Undefined for one that cannot be read. */
function parseRange(text: string, size: number): ByteRange | undefined {
  const match = oneRange.exec(text);
  if (match === null) return undefined;
  const [, first, last = '', suffix] = match;
  const numbers = [first, last, suffix].map((digits) => Number(digits ?? 0));
  if (numbers.some((number) => number > Number.MAX_SAFE_INTEGER)) return undefined;
  const [start = 0, lastByte = 0, fromEnd = 0] = numbers;
  if (suffix !== undefined) return { start: Math.max(size - fromEnd, 0), end: size };
  return { start, end: last === '' ? size : Math.min(lastByte + 1, size) };
}
