import assert from 'node:assert/strict';
import { normalize } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FilesModel } from '../../config/files-model.ts';
import type { PathPattern } from '../../config/route-model.ts';
import { normalisePath } from '../path.ts';
import type { RequestState } from '../request-state.ts';
import { RouteFiles } from './route-files.ts';

function prefix(path: string): PathPattern {
  return { kind: 'prefix', path, beforeRegex: false };
}

/** As much of a request as names of files depend on. */
function requestFor(path: string, variables: Readonly<Record<string, string>> = {}): RequestState {
  const request = { path, routeFits: true, variable: (name: string) => variables[name] };
  return request as unknown as RequestState;
}

function nameOf(model: FilesModel, pattern: PathPattern, request: RequestState): string {
  return new RouteFiles(model, pattern).nameOf(request, false);
}

test('a folder is in front of the path, an alias in the place of what the route has of it', () => {
  const root: FilesModel = { folder: ['/srv/www'] };
  assert.equal(nameOf(root, prefix('/a/'), requestFor('/a/b.txt')), '/srv/www/a/b.txt');
  const alias: FilesModel = { folder: ['/srv/www/'], isAlias: true };
  assert.equal(nameOf(alias, prefix('/a/'), requestFor('/a/b.txt')), '/srv/www/b.txt');
  const regex: PathPattern = { kind: 'regex', regex: /^\/u\/(.*)$/ };
  const captured: FilesModel = { folder: ['/srv/', { variable: '1' }], isAlias: true };
  assert.equal(nameOf(captured, regex, requestFor('/u/x', { 1: 'x.txt' })), '/srv/x.txt');
});

test('no target of a request leads out of the folder', () => {
  const piece = fc.constantFrom(
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '/',
    '//',
    '%2f',
    '%5c',
    '\\',
    'a',
    '%00',
    '%',
    'files',
  );
  const models: FilesModel[] = [
    { folder: ['/srv/www'] },
    { folder: ['/srv/www/'], isAlias: true },
    { folder: ['/srv/www/', { variable: 'name' }] },
  ];
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom(...models),
      fc.constantFrom('/', '/files', '/files/', '/a'),
      (pieces, value, model, path) => {
        const target = normalisePath(`${path}${pieces.join('')}`);
        if (target === undefined || !target.startsWith(path)) return;
        const request = requestFor(target, { name: value.join('') });
        let name: string;
        try {
          name = nameOf(model, prefix(path), request);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'HW_NO_FILE');
          return;
        }
        assert.ok(normalize(name).startsWith('/srv/www'), name);
        assert.ok(!name.includes('\0'));
      },
    ),
    { numRuns: 2000 },
  );
});

test('an alias says nothing of a path that a rule has changed', () => {
  const request = Object.assign(requestFor('/b'), { routeFits: false });
  assert.throws(() => nameOf({ folder: ['/srv/'], isAlias: true }, prefix('/a/'), request), {
    code: 'HW_BAD_RULE',
  });
});

test('types go by the extension, whatever its case, and not by a name that is hidden', () => {
  const own = new RouteFiles(
    { folder: ['/'], types: { html: 'text/html' }, defaultType: 'text/plain' },
    prefix('/'),
  );
  const usual = new RouteFiles({ folder: ['/'] }, prefix('/'));
  const none = new RouteFiles({ folder: ['/'], types: {}, defaultType: '' }, prefix('/'));
  assert.equal(own.typeOf(requestFor('/a.HTML')), 'text/html');
  assert.equal(own.typeOf(requestFor('/.html')), 'text/plain');
  assert.equal(own.typeOf(requestFor('/a.html/b')), 'text/plain');
  assert.equal(usual.typeOf(requestFor('/app.js')), 'text/javascript; charset=utf-8');
  assert.equal(usual.typeOf(requestFor('/app.tar.xz')), 'application/octet-stream');
  assert.equal(none.typeOf(requestFor('/app.js')), undefined);
});
