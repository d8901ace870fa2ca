import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Folders, glob, isPattern } from './glob.ts';

const tree: Readonly<Record<string, readonly string[]>> = {
  '/': ['etc'],
  '.': ['x.conf', 'sub'],
  sub: ['y.conf'],
  '/etc': ['nginx', 'other'],
  '/etc/nginx': ['conf.d', 'sites', 'a*b', 'nginx.conf'],
  '/etc/nginx/conf.d': [
    'b.conf',
    'a.conf',
    'B.conf',
    '.hidden.conf',
    '10-x.conf',
    '9-y.conf',
    'é.conf',
    'a.conf~',
    'ab.conf',
  ],
  '/etc/nginx/sites': ['one', 'two'],
  '/etc/nginx/sites/one': ['site.conf'],
  '/etc/nginx/sites/two': ['site.conf', 'other.conf'],
};

const folders: Folders = {
  readFolder: (path) => tree[path],
  exists: (path) => {
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? '.' : path.slice(0, slash) || '/';
    return tree[folder]?.includes(path.slice(slash + 1)) ?? false;
  },
};

const cases: readonly [pattern: string, names: readonly string[]][] = [
  ['*.conf', ['10-x.conf', '9-y.conf', 'B.conf', 'a.conf', 'ab.conf', 'b.conf', 'é.conf']],
  ['.*.conf', ['.hidden.conf']],
  ['?.conf', ['B.conf', 'a.conf', 'b.conf']],
  ['??.conf', ['ab.conf', 'é.conf']],
  ['[ab].conf', ['a.conf', 'b.conf']],
  ['[!ab].conf', ['B.conf']],
  ['[^ab].conf', ['B.conf']],
  ['[a-z].conf', ['a.conf', 'b.conf']],
  ['[z-a].conf', []],
  ['[[:digit:]]*', ['10-x.conf', '9-y.conf']],
  ['[]a].conf', ['a.conf']],
  ['[.conf*', []],
  ['a.conf[~]', ['a.conf~']],
  ['{a,b}.conf?', []],
  ['none*', []],
  ['*\\', []],
  ['1?-x.*', ['10-x.conf']],
  ['[x0-]*-[+--x].conf', []],
  ['?[-0]-x.conf', ['10-x.conf']],
];

for (const [pattern, names] of cases) {
  test(`${pattern} matches ${names.length === 0 ? 'nothing' : names.join(', ')}`, () => {
    assert.deepEqual(
      glob(`/etc/nginx/conf.d/${pattern}`, folders),
      names.map((name) => `/etc/nginx/conf.d/${name}`),
    );
  });
}

test('a pattern may stand in any part of a path', () => {
  assert.deepEqual(glob('/etc/nginx/sites/*/site.conf', folders), [
    '/etc/nginx/sites/one/site.conf',
    '/etc/nginx/sites/two/site.conf',
  ]);
  assert.deepEqual(glob('/etc/n*/sites/*/o*', folders), ['/etc/nginx/sites/two/other.conf']);
  assert.deepEqual(glob('/nowhere/*', folders), []);
});

test('a relative pattern finds relative paths', () => {
  assert.deepEqual(glob('*.conf', folders), ['x.conf']);
  assert.deepEqual(glob('s*/y.[c]onf', folders), ['sub/y.conf']);
});

test('a backslash makes a letter of a star', () => {
  assert.deepEqual(glob('/etc/nginx/a\\*[b]', folders), ['/etc/nginx/a*b']);
  assert.deepEqual(glob('/etc/[n]ginx/a\\*b', folders), ['/etc/nginx/a*b']);
});

test('only *, ? and [ make a pattern', () => {
  assert.equal(isPattern('/etc/nginx/{a,b}~.conf'), false);
  for (const name of ['*', 'a?', '[', 'a]b[']) assert.equal(isPattern(name), true);
});
