import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { type LoadResult, loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const before = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hatchway-load-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

type Loaded = LoadResult & { ok: true };

function problemsOf(result: LoadResult): string[] {
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem));
}

test('without a file all defaults hold, and any port is as good as the default one', () => {
  const result = loadConfig({ dataFolder: 'data' }) as Loaded;
  assert.equal(result.file, undefined);
  assert.equal(result.listenIsDefault, true);
  assert.deepEqual(result.model.listeners[0]?.address, {
    kind: 'tcp',
    host: '127.0.0.1',
    port: 8022,
  });
  assert.deepEqual(result.model.listeners[0]?.defaultSite.accessLog, {
    kind: 'file',
    path: join(folder, 'data/access.log'),
  });
});

test('hatchway.yaml in the working folder is read when no file is named', () => {
  writeFileSync('hatchway.yaml', 'listen: 9000\n');
  const result = loadConfig({ dataFolder: '/data' }) as Loaded;
  assert.equal(result.file, 'hatchway.yaml');
  assert.equal(result.listenIsDefault, false);
  assert.deepEqual(result.listen, [{ kind: 'tcp', host: '127.0.0.1', port: 9000 }]);
});

test('a listen that is given wins over the one of the file, for sites without their own', () => {
  writeFileSync(
    'hatchway.yaml',
    'listen: 9000\nsites:\n  - { host: a.example, listen: 9001, to: http://localhost }\n',
  );
  const listen = [{ kind: 'tcp', host: '127.0.0.1', port: 9002 } as const];
  const result = loadConfig({ dataFolder: '/data', listen }) as Loaded;
  assert.deepEqual(
    result.model.listeners.map(({ address }) => (address.kind === 'tcp' ? address.port : 0)),
    [9001, 9002],
  );
  assert.equal(result.listenIsDefault, false);
});

test('a file that was named must be there', () => {
  assert.deepEqual(problemsOf(loadConfig({ file: 'none.yaml', dataFolder: '/data' })), [
    'none.yaml: cannot be read: there is no such file\n    name the configuration with -c FILE',
  ]);
});

test('a folder and bytes that are not UTF-8 are refused in words', () => {
  mkdirSync('folder.yaml');
  writeFileSync('latin.yaml', Buffer.from('publicUrl: \xff', 'latin1'));
  assert.deepEqual(
    ['folder.yaml', 'latin.yaml'].flatMap((file) =>
      problemsOf(loadConfig({ file, dataFolder: '/data' })),
    ),
    [
      'folder.yaml: cannot be read: it is a folder\n    name the configuration with -c FILE',
      'latin.yaml: the file is not UTF-8\n    save it as UTF-8',
    ],
  );
});

test('paths are relative to the file, not to the working folder', () => {
  mkdirSync('etc/logs', { recursive: true });
  writeFileSync('etc/hatchway.yaml', 'accessLog: logs/access.log\n');
  const result = loadConfig({ file: 'etc/hatchway.yaml', dataFolder: '/data' }) as Loaded;
  assert.deepEqual(result.model.listeners[0]?.defaultSite.accessLog, {
    kind: 'file',
    path: join(folder, 'etc/logs/access.log'),
  });
});

test('the example at the root of the checkout has no problem', () => {
  const file = join(import.meta.dirname, '../../hatchway.example.yaml');
  assert.deepEqual(problemsOf(loadConfig({ file, dataFolder: '/data' })), []);
});

test('ten thousand sites on one address are checked in linear time', () => {
  const time = (count: number): number => {
    const sites = Array.from(
      { length: count },
      (_, index) =>
        `  - { host: [s${index}.example, "*.s${index}.example"], to: http://localhost }`,
    );
    writeFileSync('many.yaml', `sites:\n${sites.join('\n')}\n`);
    const start = performance.now();
    assert.deepEqual(problemsOf(loadConfig({ file: 'many.yaml', dataFolder: '/data' })), []);
    return performance.now() - start;
  };
  time(500);
  const few = time(1000);
  const many = time(10_000);
  // Ten times the sites; anything quadratic would be a hundred times the time.
  assert.ok(many < few * 40, `1,000 sites took ${few} ms, 10,000 took ${many} ms`);
});

test('whatever is in the file, it is loaded or its problems are told, with places in it', () => {
  const example = readFileSync(join(import.meta.dirname, '../../hatchway.example.yaml'), 'utf8');
  const uncommented = example.replaceAll(/^( *)# (?=[a-z -]+:)/gm, '$1');
  const junk = fc.oneof(
    fc.constantFrom(
      '*',
      '&a',
      '<<: *a',
      ': ',
      '- ',
      '[',
      '{',
      '!x ',
      '"',
      '\t',
      '? ',
      '\n',
      '~',
      'null',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 12 }), insert: junk });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
      let text = uncommented;
      for (const { at, remove, insert } of edits) {
        const offset = at % (text.length + 1);
        text = text.slice(0, offset) + insert + text.slice(offset + remove);
      }
      writeFileSync('any.yaml', text);
      const result = loadConfig({ file: 'any.yaml', dataFolder: '/data' });
      if (result.ok) return;
      assert.ok(result.problems.length > 0);
      const lines = text.split('\n');
      for (const { line = 0, column = 0, message } of result.problems) {
        assert.ok(line >= 1 && line <= lines.length + 1, `line ${line}: ${message}`);
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? '').length + 1, message);
      }
    }),
    { numRuns: 500 },
  );
});
