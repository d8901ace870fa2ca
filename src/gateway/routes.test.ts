import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Routed, Routes } from './routes.ts';

type Named = { readonly route: Routed & { readonly name: string } };

const named = (name: string, path: Routed['path']): Named => ({ route: { name, path } });
const sink = { matched() {} };

const exact = (path: string) => named(`= ${path}`, { kind: 'exact', path });
const prefix = (path: string, beforeRegex = false) =>
  named(`${beforeRegex ? '^~ ' : ''}${path}`, { kind: 'prefix', path, beforeRegex });
const regex = (source: string) =>
  named(`~ ${source}`, { kind: 'regex', regex: new RegExp(source) });

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
  for (const [path, expected] of cases) assert.equal(routes.find(path, sink)?.name, expected, path);
});

test('only the longest prefix can keep regexes out', () => {
  const routes = new Routes([prefix('/a', true), prefix('/a/b'), regex('c$')]);
  assert.equal(routes.find('/ac', sink)?.name, '^~ /a');
  assert.equal(routes.find('/a/bc', sink)?.name, '~ c$');
});

test('a path that no route matches has none', () => {
  assert.equal(new Routes([prefix('/api/')]).find('/api', sink), undefined);
  assert.equal(new Routes([]).find('/', sink), undefined);
});

test('of two routes with one pattern the first has it', () => {
  const first = prefix('/a');
  assert.equal(new Routes([first, prefix('/a', true)]).find('/a', sink), first.route);
});

test('what is inside a prefix is searched before regexes beside it, and inside a regex, too', () => {
  const routes = new Routes([
    { ...prefix('/a/'), routes: new Routes([exact('/a/x'), regex('inner$'), prefix('/a/b/')]) },
    { ...prefix('/k/', true), routes: new Routes([prefix('/k/in/')]) },
    { ...regex('outer'), routes: new Routes([regex('deep')]) },
  ]);
  const cases: [path: string, expected: string | undefined][] = [
    ['/a/x', '= /a/x'],
    ['/a/outer/inner', '~ inner$'],
    ['/a/b/c', '/a/b/'],
    ['/a/b/outer', '~ outer'],
    ['/a/outer/deep', '~ deep'],
    ['/a/', '/a/'],
    ['/k/in/outer', '/k/in/'],
    ['/none', undefined],
  ];
  for (const [path, expected] of cases) {
    assert.equal(routes.find(path, sink)?.name, expected, path);
  }
});

test('the captures of the regex that wins are told, and only those', () => {
  const seen: (string | undefined)[] = [];
  const routes = new Routes([regex('^/u/(?<user>\\w+)$'), regex('^/u/(.*)$')]);
  const listening = { matched: (match: RegExpExecArray) => seen.push(match[1]) };
  routes.find('/u/ada', listening);
  routes.find('/u/a/b', listening);
  routes.find('/x', listening);
  assert.deepEqual(seen, ['ada', 'a/b']);
});

test('a path that lacks the slash of a prefix is for it if it adds that, unless another route has it', () => {
  const adding = { route: { ...prefix('/app/').route, slashless: '/app' } };
  assert.equal(new Routes([adding, prefix('/')]).find('/app', sink), adding.route);
  const own = prefix('/app');
  assert.equal(new Routes([adding, own]).find('/app', sink), own.route);
  const exactly = { route: { ...exact('/app/').route, slashless: '/app' } };
  assert.equal(new Routes([adding, exactly]).find('/app', sink), exactly.route);
  assert.equal(new Routes([exactly, prefix('/')]).find('/app', sink), exactly.route);
});
