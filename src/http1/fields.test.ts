import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FieldNameSet, Fields, listHasToken, noFields, tokensOf, trimOws } from './fields.ts';
import { RequestHeadReader } from './head.ts';
import { knownNames, nameIds } from './known-names.ts';

const limits = { headBytes: 64 * 1024, headFields: 500 };

/** The fields of a request as the reader sees them, `Host` left out. */
function readFields(lines: string): Fields {
  const head = new RequestHeadReader(limits).push(
    Buffer.from(`GET / HTTP/1.1\r\n${lines}Host: h\r\n\r\n`, 'latin1'),
  );
  assert.ok(head !== undefined);
  return head.fields;
}

const name = fc.oneof(
  fc.constantFrom(...knownNames.slice(7)),
  fc.constantFrom(...knownNames.slice(7)).map((known) => known.toLowerCase()),
  fc.constantFrom(...knownNames.slice(7)).map((known) => known.toUpperCase()),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
);
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);

test('fields are found by name in any case, in the order and with the case they came in', () => {
  const fields = readFields(
    'X-One: 1\r\nAccept: a\r\nx-one: 2\r\nACCEPT: b\r\naccept: c\r\nSet-Cookie: d\r\nTE: e\r\n',
  );
  assert.equal(fields.count, 8);
  assert.equal(fields.get('x-one'), '1');
  assert.deepEqual(fields.all('x-one'), ['1', '2']);
  assert.equal(fields.get('accept'), 'a');
  assert.deepEqual(fields.all('accept'), ['a', 'b', 'c']);
  assert.equal(fields.get('te'), 'e');
  assert.equal(fields.has('set-cookie'), true);
  assert.equal(fields.has('x-two'), false);
  assert.equal(fields.get('cookie'), undefined);
  assert.deepEqual(fields.all('expect'), []);
  assert.equal(fields.nameAt(3), 'ACCEPT');
  assert.equal(fields.valueAt(3), 'b');
  assert.equal(fields.idAt(0), 0);
  assert.equal(fields.idAt(1), fields.idAt(3));
  assert.equal(fields.isRepeated(nameIds.host), false);
  assert.equal(noFields.count, 0);
});

test('fields read from bytes and fields made of strings are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 30 }), (pairs) => {
      const flat = pairs.flat();
      const read = readFields(pairs.map(([n, v]) => `${n}: ${v}\r\n`).join(''));
      const made = Fields.of([...flat, 'Host', 'h']);
      assert.deepEqual(read.flat, [...flat, 'Host', 'h']);
      assert.deepEqual(made.flat, read.flat);
      for (let i = 0; i < read.count; i++) assert.equal(made.idAt(i), read.idAt(i));
      for (const [n] of pairs) {
        const lower = n.toLowerCase();
        const values = pairs.filter(([other]) => other.toLowerCase() === lower).map(([, v]) => v);
        assert.deepEqual(read.all(lower), values);
        assert.deepEqual(made.all(lower), values);
        assert.equal(read.get(lower), values[0]);
        assert.equal(made.has(lower), true);
      }
    }),
    { numRuns: 200 },
  );
});

test('every known name has one number, whatever its case', () => {
  assert.equal(new Set(knownNames.map((known) => known.toLowerCase())).size, knownNames.length);
  for (const [key, id] of Object.entries(nameIds)) {
    assert.equal(knownNames[id]?.replaceAll('-', '').toLowerCase(), key.toLowerCase());
  }
  const others = knownNames.slice(7);
  for (const spell of [
    String,
    (text: string) => text.toLowerCase(),
    (text: string) => text.toUpperCase(),
  ]) {
    const fields = readFields(others.map((known) => `${spell(known)}: x\r\n`).join(''));
    for (const [i, known] of others.entries()) {
      assert.equal(fields.idAt(i), i + 7);
      assert.equal(fields.nameAt(i), spell(known));
    }
  }
});

test('names that only look like known ones are others', () => {
  const near = others(['Cookie', 'Content-Type', 'Sec-Fetch-Mode', 'X-Forwarded-For']);
  const fields = readFields(near.map((text) => `${text}: x\r\n`).join(''));
  for (const [i, text] of near.entries()) {
    assert.equal(fields.idAt(i), 0, text);
    assert.equal(fields.nameAt(i), text);
  }
});

/** Every name with one character replaced, by `^`, `~` and a letter, left out, or doubled. */
function others(names: readonly string[]): string[] {
  return names.flatMap((text) =>
    Array.from(text).flatMap((character, i) => {
      const before = text.slice(0, i);
      const after = text.slice(i + 1);
      const put = ['^', '~', 'q', '', character + character];
      return put
        .map((other) => before + other + after)
        .filter((other) => !knownNames.includes(other));
    }),
  );
}

test('lines without some names keep order, case and repetition, and are in normal form', () => {
  const without = new FieldNameSet(['accept', 'x-mine', 'x-forwarded-for'], ['x-hatchway-']);
  const cases = [
    ['A: 1\r\nB: 2\r\n', 'A: 1\r\nB: 2\r\nHost: h\r\n'],
    ['Accept: 1\r\nB: 2\r\n', 'B: 2\r\nHost: h\r\n'],
    ['A: 1\r\naccept: 2\r\nACCEPT: 3\r\nB: 4\r\na: 5\r\n', 'A: 1\r\nB: 4\r\na: 5\r\nHost: h\r\n'],
    ['X-Mine: 1\r\nx_mine: 2\r\nX-Forwarded_For: 3\r\nA: 4\r\n', 'A: 4\r\nHost: h\r\n'],
    ['X-Hatchway-A: 1\r\nx_hatchway_b: 2\r\nX-Hatch: 3\r\n', 'X-Hatch: 3\r\nHost: h\r\n'],
    ['A:1\r\nB:  2 \r\nC:\r\nAccept:4\r\n', 'A: 1\r\nB: 2\r\nC: \r\nHost: h\r\n'],
  ] as const;
  for (const [lines, kept] of cases) {
    assert.equal(readFields(lines).linesWithout(without), kept);
    assert.equal(Fields.of(readFields(lines).flat).linesWithout(without), kept);
  }
  const everything = new FieldNameSet([], ['']);
  assert.equal(readFields('A: 1\r\nAccept: 2\r\n').linesWithout(everything), '');
  assert.equal(noFields.linesWithout(without), '');
});

test('a field is left out if its name is in any of the sets', () => {
  const fields = readFields('A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n');
  const [a, b, c] = ['a', 'b', 'c'].map((lower) => new FieldNameSet([lower])) as [
    FieldNameSet,
    FieldNameSet,
    FieldNameSet,
  ];
  assert.equal(fields.linesWithout(a, b, c), 'D: 4\r\nHost: h\r\n');
  assert.equal(fields.linesWithout(a, undefined, c), 'B: 2\r\nD: 4\r\nHost: h\r\n');
});

test('lists are read element by element', () => {
  assert.deepEqual(tokensOf(['a, B ,,c', '', ' D\t']), ['a', 'b', 'c', 'd']);
  const cases = [
    ['close', 'close', true],
    ['CLOSE', 'close', true],
    ['a, close', 'close', true],
    ['close ,a', 'close', true],
    ['a,\tClose\t,b', 'close', true],
    ['closed', 'close', false],
    ['a-close', 'close', false],
    ['close;q=1', 'close', false],
    ['', 'close', false],
    [',', 'close', false],
    ['xclos', 'close', false],
  ] as const;
  for (const [list, token, has] of cases) assert.equal(listHasToken(list, token), has, list);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'close', 'Close', ' ', ',', '\t')), (parts) => {
      const list = parts.join('');
      assert.equal(listHasToken(list, 'close'), tokensOf([list]).includes('close'));
    }),
  );
  assert.equal(trimOws(' \t a b\t '), 'a b');
  assert.equal(trimOws('\xa0a'), '\xa0a');
});
