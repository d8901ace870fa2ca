// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from './parse.ts';
import { directivesIn } from './tree.ts';
import { encodeWord } from './word.ts';

test('a value is written so that it is read as the same value', () => {
  const letter = fc.constantFrom(
    'a',
    't',
    'n',
    ' ',
    '\n',
    '\t',
    '"',
    "'",
    '\\',
    ';',
    '{',
    '}',
    '#',
    '$',
    '.',
    'é',
  );
  fc.assert(
    fc.property(fc.string({ unit: letter, maxLength: 12 }), (value) => {
      const [directive] = directivesIn(parse(`x ${encodeWord(value)};`, 'f'));
      assert.deepEqual(
        directive?.args.map((arg) => arg.value),
        [value],
      );
    }),
    { numRuns: 5000 },
  );
});

test('a value is written plainly when it can be', () => {
  assert.equal(encodeWord('$http_upgrade'), '$http_upgrade');
  assert.equal(encodeWord('~^/api/(.*)\\.js$'), '~^/api/(.*)\\.js$');
  assert.equal(encodeWord(''), '""');
  assert.equal(encodeWord('${scheme}://x'), '"${scheme}://x"');
  assert.equal(encodeWord('say "hi"'), '"say \\"hi\\""');
});
