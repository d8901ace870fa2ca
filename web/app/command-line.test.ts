import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatCommandLine, parseCommandLine } from './command-line.ts';

const cases: [string, string[]][] = [
  ['', []],
  ['  \t', []],
  ['bash', ['bash']],
  ['  bash   -l ', ['bash', '-l']],
  [`bash -lc 'echo "a b"'`, ['bash', '-lc', 'echo "a b"']],
  [`sh -c "echo \\"a\\" \\\\ \\n $HOME"`, ['sh', '-c', 'echo "a" \\ \\n $HOME']],
  [`a\\ b "" c''d`, ['a b', '', 'cd']],
  ['ls | wc > x', ['ls', '|', 'wc', '>', 'x']],
];

for (const [text, words] of cases) {
  test(`${JSON.stringify(text)} is the words ${JSON.stringify(words)}`, () => {
    assert.deepEqual(parseCommandLine(text), { ok: true, words });
  });
}

test('what is not closed is said', () => {
  assert.deepEqual(parseCommandLine(`echo 'a`), { ok: false, message: "A ' is not closed." });
  assert.deepEqual(parseCommandLine('echo "a'), { ok: false, message: 'A " is not closed.' });
  assert.equal(parseCommandLine('echo a\\').ok, false);
});

test('any words can be written as a command line and read again', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
      assert.deepEqual(parseCommandLine(formatCommandLine(words)), { ok: true, words });
    }),
  );
});
