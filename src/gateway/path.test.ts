import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalisePath } from './path.ts';

test('a path is decoded, resolved and merged for choosing a route', () => {
  const cases: [target: string, path: string | undefined][] = [
    ['/', '/'],
    ['/a/b.txt?x=/../', '/a/b.txt'],
    ['/a#b', '/a'],
    ['/?', '/'],
    ['//a///b', '/a/b'],
    ['/a/./b/../c', '/a/c'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/a/../', '/'],
    ['/a/', '/a/'],
    ['/.hidden/..x', '/.hidden/..x'],
    ['/%61%2Fb', '/a/b'],
    ['/a/%2e%2E/b', '/b'],
    ['/100%25', '/100%'],
    ['/a%3Fb%23c', '/a?b#c'],
    ['/caf%C3%A9', '/caf\xc3\xa9'],
    ['/caf\xc3\xa9', '/caf\xc3\xa9'],
    ['/\xff', '/\xff'],
    ['/..', undefined],
    ['/a/../..', undefined],
    ['/%2e%2e/', undefined],
    ['/%', undefined],
    ['/%4', undefined],
    ['/%zz', undefined],
    ['/%00', undefined],
  ];
  for (const [target, path] of cases) assert.equal(normalisePath(target), path, target);
});

test('a normalised path has no empty, dot or dot-dot segment, whatever was sent', () => {
  const piece = fc.constantFrom('/', '.', '..', 'a', '%2e', '%2F', '%2f', 'b?', '%25');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const path = normalisePath(`/${pieces.join('')}`);
      if (path === undefined) return;
      assert.ok(path.startsWith('/'));
      const inner = path.slice(1).split('/').slice(0, -1);
      for (const segment of inner) assert.ok(!['', '.', '..'].includes(segment), path);
      assert.ok(!/(^|\/)\.\.?$/.test(path), path);
    }),
    { numRuns: 1000 },
  );
});
