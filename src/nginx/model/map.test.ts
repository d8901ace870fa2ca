import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadText } from '../include.ts';
import { buildModel } from '../model.ts';
import { NginxFolder, type RunningNginx, startNginx } from '../testing/real-nginx.ts';
import { lookUp, type VariableMap } from './map.ts';

const mapText = `map $arg_v $found {
  hostnames;
  default        nothing;
  ""             empty;
  Exact.Example  exact;
  *.example.com  all;
  *.sub.example.com sub;
  .example.org   both;
  www.example.*  trailing;
  www.*          shorter;
  ~^re-(?<tail>\\w+)$  "tail $tail";
  ~^re-x         never;
  ~*^RE2$        caseless;
  \\default       escaped;
}`;

const values = [
  '',
  'exact.example',
  'EXACT.EXAMPLE',
  'example.com',
  'a.example.com',
  'a.b.example.com',
  'a.sub.example.com',
  'sub.example.com',
  'example.org',
  'a.example.org',
  'www.example.net',
  'www.example.com',
  'www.other.net',
  'www.',
  're-x',
  're-x-y',
  're2',
  'default',
  'none',
];

const folder = new NginxFolder();
let nginx: RunningNginx;
let map: VariableMap;

before(async () => {
  nginx = await startNginx(folder, mapText, 'location / { return 200 $found; }');
  const model = buildModel(loadText(`http { ${mapText} }`, 'f'));
  assert.deepEqual(model.problems, []);
  map = model.maps[0] as VariableMap;
});

after(async () => {
  await nginx?.stop();
  folder.remove();
});

test('a map knows what it looks up and what it sets', () => {
  assert.equal(map.source, '$arg_v');
  assert.equal(map.variable, 'found');
});

for (const value of values) {
  test(`${JSON.stringify(value)} is looked up as nginx looks it up`, async () => {
    const { body } = await nginx.ask(`/?v=${value}`);
    const { entry, match } = lookUp(map, value);
    const found = entry?.value.replace('$tail', match?.[1] ?? '');
    assert.equal(found, body);
  });
}

test('without hostnames a star is a star, and without a default nothing is found', () => {
  const { maps } = buildModel(loadText('map $a $b { *.x 1; .y 2; }', 'f'));
  const [plain] = maps;
  assert.ok(plain !== undefined);
  assert.equal(lookUp(plain, '*.x').entry?.value, '1');
  assert.equal(lookUp(plain, 'a.x').entry, undefined);
  assert.equal(lookUp(plain, 'y').entry, undefined);
});
