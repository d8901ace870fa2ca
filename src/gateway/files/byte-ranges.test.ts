import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ByteRange, parseRanges } from './byte-ranges.ts';

const size = 1000;

function parse(field: string, most = Number.POSITIVE_INFINITY): ReturnType<typeof parseRanges> {
  return parseRanges(field, size, most);
}

test('first and last byte count, an end may be left out or lie behind the file', () => {
  assert.deepEqual(parse('bytes=0-0'), [{ start: 0, end: 1 }]);
  assert.deepEqual(parse('bytes=10-19'), [{ start: 10, end: 20 }]);
  assert.deepEqual(parse('bytes=990-'), [{ start: 990, end: 1000 }]);
  assert.deepEqual(parse('bytes=990-5000'), [{ start: 990, end: 1000 }]);
  assert.deepEqual(parse('bytes=-10'), [{ start: 990, end: 1000 }]);
  assert.deepEqual(parse('bytes=-5000'), [{ start: 0, end: 1000 }]);
});

test('several are a list, without those that are behind the file', () => {
  assert.deepEqual(parse('bytes=0-1, 5-6,5000-'), [
    { start: 0, end: 2 },
    { start: 5, end: 7 },
  ]);
});

test('what cannot be read or is not there is not satisfied', () => {
  for (const field of [
    'bytes=1000-',
    'bytes=20-10',
    'bytes=-0',
    'bytes=a-b',
    'bytes=1',
    'bytes=1-2,',
    'bytes=0-9,x',
    `bytes=${'9'.repeat(30)}-`,
  ]) {
    assert.equal(parse(field), 'unsatisfiable', field);
  }
});

test('other units, more than the file together and more than are answered are the whole file', () => {
  assert.equal(parse('lines=0-1'), 'whole');
  assert.equal(parse('bytes=0-600,400-999'), 'whole');
  assert.equal(parse('bytes=0-0,2-2,4-4', 2), 'whole');
  assert.equal(parseRanges('bytes=0-0', 0, 1), 'whole');
});

test('whatever is asked for, what is sent lies in the file and is not more than it', () => {
  const number = fc.oneof(
    fc.nat(2 * size),
    fc.bigInt({ min: 0n, max: 10n ** 25n }),
    fc.constant(''),
  );
  const range = fc
    .tuple(number, fc.constantFrom('-', ' - ', ''), number)
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      fc.array(range, { minLength: 1, maxLength: 5 }),
      fc.nat(2 * size),
      (texts, bytes) => {
        const ranges = parseRanges(`bytes=${texts.join(',')}`, bytes, 3);
        if (typeof ranges === 'string') return;
        const length = ({ start, end }: ByteRange) => end - start;
        assert.ok(ranges.length > 0 && ranges.length <= 3);
        assert.ok(ranges.every((one) => one.start >= 0 && one.end <= bytes && length(one) > 0));
        assert.ok(ranges.reduce((sum, one) => sum + length(one), 0) <= bytes);
      },
    ),
  );
});
