import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Routed, Routes } from './routes.ts';

type Named = Routed & { readonly name: string };

const exact = (path: string): Named => ({ name: `= ${path}`, path: { kind: 'exact', path } });
const prefix = (path: string, beforeRegex = false): Named => ({
  name: `${beforeRegex ? '^~ ' : ''}${path}`,
  path: { kind: 'prefix', path, beforeRegex },
});
const regex = (source: string): Named => ({
  name: `~ ${source}`,
  path: { kind: 'regex', regex: new RegExp(source) },
});

test('routes are chosen in the order of nginx, whatever their order in the file', () => {
  const routes = new Routes([
    prefix('/'),
    regex('\\.(gif|jpg)$'),
    prefix('/documents/'),
    prefix('/images/', true),
    exact('/'),
    regex('^/documents/secret'),
    prefix('/documents/old/'),
  ]);
  const cases: [path: string, expected: string][] = [
    ['/', '= /'],
    ['/index.html', '/'],
    ['/documents/a.html', '/documents/'],
    ['/documents/old/a.html', '/documents/old/'],
    ['/documents/1.jpg', '~ \\.(gif|jpg)$'],
    ['/images/1.gif', '^~ /images/'],
    ['/documents/secret.jpg', '~ \\.(gif|jpg)$'],
    ['/documents/secret.txt', '~ ^/documents/secret'],
  ];
  for (const [path, expected] of cases) assert.equal(routes.find(path)?.name, expected, path);
});

test('only the longest prefix can keep regexes out', () => {
  const routes = new Routes([prefix('/a', true), prefix('/a/b'), regex('c$')]);
  assert.equal(routes.find('/ac')?.name, '^~ /a');
  assert.equal(routes.find('/a/bc')?.name, '~ c$');
});

test('a path that no route matches has none', () => {
  assert.equal(new Routes([prefix('/api/')]).find('/api'), undefined);
  assert.equal(new Routes<Named>([]).find('/'), undefined);
});

test('of two routes with one pattern the first has it', () => {
  const first = prefix('/a');
  assert.equal(new Routes([first, prefix('/a', true)]).find('/a'), first);
});
