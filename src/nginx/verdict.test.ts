import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { NginxError, type Problem } from './errors.ts';
import { load } from './include.ts';
import { buildModel } from './model.ts';
import { parse } from './parse.ts';
import { configPiece } from './testing/any-config.ts';
import { insideFolder, NginxFolder } from './testing/real-nginx.ts';
import { type Place, refused, taken, twice } from './testing/verdict-cases.ts';

const folder = new NginxFolder();
after(() => folder.remove());

/** A whole configuration with the case in the right block. */
function around(place: Place): string {
  const head = 'error_log stderr; pid nginx.pid;';
  const include = 'include case.conf;';
  const http = (body: string) => `${head} events { } http { ${insideFolder} ${body} }`;
  const upstream = 'upstream u { server 127.0.0.1:81; }';
  const server = (body: string) => http(`${upstream} server { listen 127.0.0.1:80; ${body} }`);
  const location = (match: string) => server(`location ${match} { ${include} }`);
  switch (place) {
    case 'main':
      return `error_log stderr; pid nginx.pid; ${include} events { }`;
    case 'events':
      return `${head} events { ${include} }`;
    case 'http':
      return http(include);
    case 'server':
      return http(`${upstream} server { ${include} }`);
    case 'server-if':
      return server(`if ($uri) { ${include} }`);
    case 'location':
      return location('/outer');
    case 'exact':
      return location('= /outer');
    case 'regex':
      return location('~ ^/outer');
    case 'named':
      return location('@outer');
    case 'location-if':
      return server(`location /outer { if ($uri) { ${include} } }`);
    case 'limit_except':
      return server(`location /outer { limit_except GET { ${include} } }`);
    case 'upstream':
      return http(`upstream u { server 127.0.0.1:81; ${include} }`);
    case 'map':
      return http(`map $uri $m { ${include} }`);
    case 'types':
      return http(`types { ${include} }`);
  }
}

/** The first error Hatchway finds, or undefined. */
function firstError(path: string): Problem | undefined {
  try {
    const { problems } = buildModel(load(path), { version: '1.22.1' });
    return problems.find((problem) => problem.severity === 'error');
  } catch (error) {
    if (error instanceof NginxError) throw new Error(`${path} itself: ${error.message}`);
    throw error;
  }
}

function judge(place: Place, text: string) {
  const path = folder.write('nginx.conf', around(place));
  folder.write('case.conf', text);
  return { verdict: folder.test('nginx.conf'), error: firstError(path) };
}

function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 50)}…` : text;
  return JSON.stringify(short);
}

for (const [place, text] of taken) {
  test(`in ${place}, nginx and Hatchway take ${shown(text)}`, () => {
    const { verdict, error } = judge(place, text);
    assert.equal(verdict.isAccepted, true, `nginx: ${verdict.reason}`);
    assert.equal(error, undefined);
  });
}

for (const [place, text] of refused) {
  test(`in ${place}, nginx and Hatchway refuse ${shown(text)}`, () => {
    const { verdict, error } = judge(place, text);
    assert.equal(verdict.isAccepted, false, 'nginx takes it');
    assert.ok(error !== undefined, `Hatchway takes it; nginx: ${verdict.reason}`);
    if (verdict.file !== undefined) {
      assert.equal(error.place.file, verdict.file, verdict.reason);
      assert.equal(error.place.line, verdict.line, `${error.message} / ${verdict.reason}`);
    }
  });
}

for (const [place, name, first, second] of twice) {
  test(`in ${place}, a second ${name} (${first}, then ${second}) is to Hatchway what it is to nginx`, () => {
    const alone = judge(place, `${name} ${first};`);
    assert.equal(alone.verdict.isAccepted, true, alone.verdict.reason);
    assert.equal(alone.error, undefined);
    const { verdict, error } = judge(place, `${name} ${first};\n${name} ${second};`);
    assert.equal(error === undefined, verdict.isAccepted, error?.message ?? verdict.reason);
    if (error !== undefined) assert.equal(error.place.line, verdict.line);
  });
}

/** Whether the text is one directive after the other, without blocks. */
function isFlat(text: string): boolean {
  try {
    const { items } = parse(text, 'case.conf');
    return items.every((item) => item.kind === 'comment' || item.body.kind === 'semicolon');
  } catch (error) {
    if (error instanceof NginxError) return false;
    throw error;
  }
}

test('any text without blocks is read by both or by neither', () => {
  // In `types` nginx takes every directive there is, and no blocks: what is left is how words are read.
  folder.write('nginx.conf', around('types'));
  const piece = configPiece.filter((text) => !/[\0\ufeff]/.test(text));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      folder.write('case.conf', text);
      const verdict = folder.test('nginx.conf');
      assert.equal(isFlat(text), verdict.isAccepted, verdict.reason);
    }),
    { numRuns: 200 },
  );
});
