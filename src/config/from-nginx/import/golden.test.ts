/**
 * Golden pairs. `golden/good/x.conf` becomes the hatchway.yaml of `x.yaml`, with what is said on the way in `x.txt`, which is
 * not there when nothing is; `golden/bad/x.conf` cannot be served at all, for the reasons of `x.txt`. To add a case, write its
 * .conf, run this file once with `HATCHWAY_GOLDEN=write`, and read what it wrote.
 *
 * FOLDER is the folder that the configuration is in.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { compile } from '../../compile.ts';
import type { GatewayModel } from '../../model.ts';
import { type ConfigProblem, formatProblem } from '../../problem.ts';
import { configSchema } from '../../schema.ts';
import { checkTemplates } from '../../template-checks.ts';
import { readNginx } from '../load.ts';
import { importNginx } from './import-nginx.ts';
import { comparable } from './testing/comparable.ts';

const golden = join(import.meta.dirname, 'golden');
/** Those of the compiler, in which everything is that it knows. */
const compiled = join(import.meta.dirname, '..', 'golden', 'good');
const writes = process.env.HATCHWAY_GOLDEN === 'write';
const dataFolder = '/var/lib/hatchway';

describe('an nginx.conf becomes a hatchway.yaml', () => {
  const folder = join(golden, 'good');
  for (const name of casesIn(folder)) {
    test(name, () => {
      const file = join(folder, `${name}.conf`);
      const result = importNginx({ file, dataFolder });
      assert.equal(result.ok ? '' : textOf(result.problems, folder), '');
      if (!result.ok) return;
      compareText(join(folder, `${name}.yaml`), result.text.replaceAll(folder, 'FOLDER'));
      const said = [...result.warnings, ...result.leftOut];
      compareText(join(folder, `${name}.txt`), textOf(said, folder));
    });
  }
});

describe('the hatchway.yaml is served as the nginx.conf is', () => {
  const own = casesIn(join(golden, 'good')).filter((name) => name !== 'left-out');
  const files = [
    ...own.map((name) => join(golden, 'good', name)),
    ...casesIn(compiled).map((name) => join(compiled, name)),
  ];
  for (const path of files) {
    test(basename(path), () => {
      const options = { file: `${path}.conf`, dataFolder };
      const before = readNginx(options);
      const result = importNginx(options);
      assert.ok(before.ok && result.ok);
      assert.deepEqual(result.leftOut, []);
      assert.deepEqual(checkTemplates(parse(result.text)), []);
      assert.deepEqual(comparable(modelOf(result.text)), comparable(before.model));
    });
  }
});

test('what is left out is told in the file, and what took its place lets nobody in', () => {
  const file = join(golden, 'good', 'left-out.conf');
  const result = importNginx({ file, dataFolder });
  assert.ok(result.ok);
  assert.equal(result.leftOut.length, 4);
  const comments = result.text.split('\n').filter((line) => line.startsWith('#'));
  for (const { message, line } of result.leftOut) {
    assert.ok(
      comments.some((one) => one.endsWith(message) && one.includes(`:${line}:`)),
      message,
    );
  }
  const { sites } = configSchema.parse(parse(result.text));
  const answers = sites.flatMap(({ routes = [] }) =>
    routes.flatMap(({ rules = [], answer }) => [answer, ...rules.map((rule) => rule.answer)]),
  );
  assert.deepEqual(
    answers.flatMap((answer) => answer?.status ?? []),
    [500, 500],
  );
  const inner = sites.flatMap(({ routes = [] }) => routes.flatMap((route) => route.routes ?? []));
  assert.deepEqual(
    inner.map(({ to, files }) => ({ to, files })),
    [{ to: [], files: undefined }],
  );
});

describe('an nginx.conf that cannot be served is not brought over', () => {
  const folder = join(golden, 'bad');
  for (const name of casesIn(folder)) {
    test(name, () => {
      const result = importNginx({ file: join(folder, `${name}.conf`), dataFolder });
      assert.equal(result.ok, false);
      compareText(join(folder, `${name}.txt`), textOf(result.ok ? [] : result.problems, folder));
    });
  }
});

/** Without looking for certificates, which are nowhere. */
function modelOf(text: string): GatewayModel {
  return compile(configSchema.parse(parse(text)), { listen: [], baseFolder: '/', dataFolder });
}

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

/** No text, no file. */
function compareText(path: string, actual: string): void {
  if (writes && actual === '') rmSync(path, { force: true });
  if (writes && actual !== '') writeFileSync(path, actual);
  assert.equal(actual, existsSync(path) ? readFileSync(path, 'utf8') : '');
}
