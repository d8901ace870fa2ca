import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from './diff.ts';

test('equal texts have no diff', () => {
  assert.equal(unifiedDiff('a\nb\n', 'a\nb\n'), '');
  assert.equal(unifiedDiff('', ''), '');
});

test('a diff shows what changed, with context, under the names given', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`);
  const after = before.toSpliced(2, 0, 'new\n').toSpliced(18, 1, 'other\n');
  assert.equal(
    unifiedDiff(before.join(''), after.join(''), { oldName: 'a/x.conf', newName: 'b/x.conf' }),
    [
      '--- a/x.conf',
      '+++ b/x.conf',
      '@@ -1,5 +1,6 @@',
      ' line 1',
      ' line 2',
      '+new',
      ' line 3',
      ' line 4',
      ' line 5',
      '@@ -15,6 +16,6 @@',
      ' line 15',
      ' line 16',
      ' line 17',
      '-line 18',
      '+other',
      ' line 19',
      ' line 20',
      '',
    ].join('\n'),
  );
});

test('a missing line feed at the end of the file is a difference', () => {
  assert.equal(
    unifiedDiff('a\nb', 'a\nb\n'),
    '--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n',
  );
});

test('no diff of the same texts has fewer lines', () => {
  const changed = (diff: string) => diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
  assert.equal(changed(unifiedDiff('a\nb\nc\na\nb\nb\na\n', 'c\nb\na\nb\na\nc\n')).length, 5);
});

test('`git apply` turns the old text into the new one, and the new one back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-'));
  try {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', '  d\n'), { maxLength: 12 })
      .chain((lines) =>
        fc.constantFrom(lines.join(''), lines.join('').replace(/\n$/, ''), `${lines.join('')}e`),
      );
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff(before, after, {
          oldName: 'a/file',
          newName: 'b/file',
          context: 1,
        });
        if (before === after) {
          assert.equal(diff, '');
          return;
        }
        const file = join(folder, 'file');
        writeFileSync(file, before);
        apply(file, diff, []);
        assert.equal(readFileSync(file, 'utf8'), after);
        apply(file, diff, ['--reverse']);
        assert.equal(readFileSync(file, 'utf8'), before);
      }),
      { numRuns: 100 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function apply(file: string, diff: string, options: readonly string[]): void {
  const run = spawnSync('git', ['apply', '--whitespace=nowarn', ...options, '-'], {
    cwd: dirname(file),
    input: diff,
    encoding: 'utf8',
    // A repository around the temporary folder would make git skip the file.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(dirname(file)) },
  });
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}\n${diff}`);
}
