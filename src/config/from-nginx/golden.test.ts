/**
 * Golden pairs. `golden/good/x.conf` compiles to the model of `x.json`, and what is said of it on the way is in `x.txt`, which
 * is not there when nothing is; `golden/bad/x.conf` has the problems of `x.txt`, with their places. To add a case, write its
 * .conf, run this file once with `HATCHWAY_GOLDEN=write`, and read what it wrote.
 *
 * FOLDER is the folder that the configuration is in.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ConfigProblem, formatProblem } from '../problem.ts';
import { printableModel } from '../testing/printable-model.ts';
import { readNginx } from './load.ts';

const golden = join(import.meta.dirname, 'golden');
const writes = process.env.HATCHWAY_GOLDEN === 'write';

describe('an nginx.conf compiles to its model', () => {
  const folder = join(golden, 'good');
  for (const name of casesIn(folder)) {
    test(name, () => {
      const result = readNginx({ file: join(folder, `${name}.conf`), dataFolder: '/data' });
      assert.equal(result.ok ? '' : textOf(result.problems, folder), '');
      if (!result.ok) return;
      const model = printableModel(result.model, folder);
      compareJson(join(folder, `${name}.json`), model);
      compareText(join(folder, `${name}.txt`), textOf(result.warnings, folder));
    });
  }
});

describe('an nginx.conf that cannot be served is refused with every reason and its place', () => {
  const folder = join(golden, 'bad');
  for (const name of casesIn(folder)) {
    test(name, () => {
      const result = readNginx({ file: join(folder, `${name}.conf`), dataFolder: '/data' });
      assert.equal(result.ok, false);
      compareText(join(folder, `${name}.txt`), textOf(result.ok ? [] : result.problems, folder));
    });
  }
});

function casesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => name.slice(0, -'.conf'.length));
}

function textOf(problems: readonly ConfigProblem[], folder: string): string {
  return problems
    .map((problem) => `${formatProblem(problem)}\n`)
    .join('')
    .replaceAll(`${folder}/`, '');
}

function compareJson(path: string, actual: unknown): void {
  if (writes) {
    writeFileSync(path, JSON.stringify(actual));
    execFileSync('npx', ['biome', 'format', '--write', path], { stdio: 'ignore' });
  }
  assert.deepEqual(actual, JSON.parse(readFileSync(path, 'utf8')));
}

/** No text, no file. */
function compareText(path: string, actual: string): void {
  if (writes && actual === '') rmSync(path, { force: true });
  if (writes && actual !== '') writeFileSync(path, actual);
  assert.equal(actual, existsSync(path) ? readFileSync(path, 'utf8') : '');
}
