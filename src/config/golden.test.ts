/**
 * Golden pairs. `golden/bad/x.yaml` has the problems of `x.txt`, with their places; `golden/good/x.yaml` compiles to the
 * model of `x.json`. To add a case, write its .yaml, run this file once with `HATCHWAY_GOLDEN=write`, and read what it wrote.
 *
 * FOLDER in them is the folder the configuration is in, which has `tls/`, `logs/`, `users` and `token`. The environment is
 * `environment` below. In the models a regular expression
 * is its text, and a site that has been printed before is its name.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type LoadResult, loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import { printableModel } from './testing/printable-model.ts';

const golden = join(import.meta.dirname, 'golden');
const writes = process.env.HATCHWAY_GOLDEN === 'write';
const environment = { HOST: 'app.internal', PORT: '3000', TOKEN: 't0k$n', EMPTY: '' };
const folder = mkdtempSync(join(tmpdir(), 'hatchway-golden-'));

before(() => {
  mkdirSync(join(folder, 'logs'));
  mkdirSync(join(folder, 'tls'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: join(folder, 'tls'), stdio: 'ignore' });
  const selfSigned = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  selfSigned.push('-nodes', '-subj', '/CN=a.example');
  openssl(...selfSigned, '-keyout', 'key.pem', '-out', 'cert.pem');
  openssl(...selfSigned, '-keyout', 'other-key.pem', '-out', 'other-cert.pem');
  openssl('pkey', '-in', 'key.pem', '-aes128', '-passout', 'pass:secret', '-out', 'locked-key.pem');
  openssl('rand', '-hex', '-out', 'nonsense.pem', '8');
  writeFileSync(join(folder, 'users'), 'somebody:$2y$05$abcdefghijklmnopqrstuu\n');
  writeFileSync(join(folder, 'token'), 's3cr3t$token\n');
});
after(() => rmSync(folder, { recursive: true }));

function load(path: string): LoadResult {
  const file = join(folder, basename(path));
  copyFileSync(path, file);
  return loadConfig({ file, dataFolder: '/data', environment });
}

function cases(kind: string): string[] {
  return readdirSync(join(golden, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

describe('a bad configuration is refused with every problem and its place', () => {
  for (const name of cases('bad')) {
    test(name, () => {
      const result = load(join(golden, 'bad', `${name}.yaml`));
      const problems = result.ok ? [] : result.problems;
      const text = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
      const said = text
        .replaceAll(`${folder}/${name}.yaml`, `${name}.yaml`)
        .replaceAll(folder, 'FOLDER');
      const expected = join(golden, 'bad', `${name}.txt`);
      if (writes) writeFileSync(expected, said);
      assert.notEqual(said, '');
      assert.equal(said, readFileSync(expected, 'utf8'));
    });
  }
});

describe('a good configuration compiles to its model', () => {
  for (const name of cases('good')) {
    test(name, () => {
      const result = load(join(golden, 'good', `${name}.yaml`));
      assert.deepEqual(result.ok ? [] : result.problems, []);
      const model = printableModel((result as LoadResult & { ok: true }).model, folder);
      const expected = join(golden, 'good', `${name}.json`);
      if (writes) writeFileSync(expected, JSON.stringify(model));
      assert.deepEqual(model, JSON.parse(readFileSync(expected, 'utf8')));
    });
  }
});
