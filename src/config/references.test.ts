import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import { References } from './references.ts';

const folder = mkdtempSync(join(tmpdir(), 'hatchway-references-'));
after(() => rmSync(folder, { recursive: true }));

function putInto(value: unknown, environment: Record<string, string>): unknown {
  return new References({ environment, resolvePath: (path) => path }).putInto(value);
}

test('names in capitals are of the environment, others are left alone', () => {
  const environment = { NAME: 'x', A_1: 'y', EMPTY: '' };
  const texts: [string, string][] = [
    ['$' + '{NAME}/$' + '{A_1}', 'x/y'],
    ['$' + '{NONE:-z}$' + '{EMPTY:-z}$' + '{EMPTY}$' + '{NAME:-z}$' + '{NONE:-}', 'zzx'],
    ['$' + '{host}$' + '{Host}$host$NAME', '$' + '{host}$' + '{Host}$host$NAME'],
    ['$$' + '{NAME}', '$' + '{NAME}'],
  ];
  for (const [text, expected] of texts) {
    assert.deepEqual(putInto({ publicUrl: [text] }, environment), { publicUrl: [expected] }, text);
  }
});

test('a file: is a path where the schema knows no secret', () => {
  assert.deepEqual(putInto({ sites: [{ cert: 'file:x' }] }, {}), { sites: [{ cert: 'file:x' }] });
});

/** Eight characters in a row, in all places. */
function partsOf(text: string): string[] {
  const parts = Array.from({ length: text.length - 7 }, (_, start) => text.slice(start, start + 8));
  return parts.filter((part) => !/[\s`]/.test(part));
}

test('whatever is put in and wherever, no message repeats it', () => {
  const places = [
    'publicUrl: VALUE',
    'listen: VALUE',
    'drain: VALUE',
    'accessLog: { to: stdout, format: VALUE }',
    'trustedProxies: [VALUE]',
    'sites: [{ host: VALUE, to: VALUE }]',
    'sites: [{ to: VALUE, cert: VALUE, key: VALUE }]',
    'sites: [{ to: [VALUE, { url: VALUE }], balance: VALUE, origin: VALUE, maxBody: VALUE }]',
    'sites: [{ redirect: VALUE, headers: { request: { set: { X: VALUE }, remove: [VALUE] } } }]',
    'sites: [{ to: http://a, auth: { allow: VALUE, basic: { file: VALUE, realm: VALUE } } }]',
  ];
  const beginning = fc.constantFrom('', 'http://', 'ws://', 'https://x:', '*.', '~', 'unix:', '/');
  // Of no message's letters, with what formats, URLs and regular expressions treat differently.
  const unit = fc.constantFrom(...'QqZzXxJj$%:/.@*~ü {}()?#');
  const secret = fc.string({ unit, minLength: 8, maxLength: 20 });
  fc.assert(
    fc.property(fc.constantFrom(...places), beginning, secret, (place, start, rest) => {
      const file = join(folder, 'any.yaml');
      writeFileSync(file, place.replaceAll('VALUE', '"$' + '{SECRET}"'));
      const environment = { SECRET: start + rest };
      const result = loadConfig({ file, dataFolder: '/data', environment });
      const told = result.ok ? result.warnings : result.problems;
      const text = told
        .map((one) => formatProblem(one))
        .join('\n')
        .toLowerCase();
      for (const part of partsOf(rest.toLowerCase())) assert.ok(!text.includes(part), text);
    }),
    { numRuns: 500 },
  );
});
