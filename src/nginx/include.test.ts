import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NginxError } from './errors.ts';
import { type Files, load, loadText, resolvePath } from './include.ts';
import { buildLevels, levelsIn } from './level.ts';
import { insideFolder, NginxFolder } from './testing/real-nginx.ts';
import { walk } from './tree.ts';

/** Files in memory, by name. */
function inMemory(files: Readonly<Record<string, string>>): Files {
  const failure = (code: string) => Object.assign(new Error(code), { code });
  return {
    readFile(path) {
      if (path.endsWith('/secret')) throw failure('EACCES');
      if (files[path] === undefined) throw failure('ENOENT');
      return files[path];
    },
    readFolder: (path) =>
      Object.keys(files)
        .filter((name) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/'))
        .map((name) => name.slice(path.length + 1)),
    exists: (path) =>
      Object.keys(files).some((name) => name === path || name.startsWith(`${path}/`)),
  };
}

/** The names of all directives in the order in which nginx meets them. */
function namesOf(files: Readonly<Record<string, string>>, main = '/etc/nginx.conf'): string[] {
  const configuration = load(main, { files: inMemory(files) });
  return [...levelsIn(buildLevels(configuration))].flatMap((level) =>
    level.settings.map(({ directive }) => directive.name),
  );
}

test('an include stands for the directives of its files, in the order of their names', () => {
  const names = namesOf({
    '/etc/nginx.conf': 'a; include conf.d/*.conf; z;',
    '/etc/conf.d/2.conf': 'c;',
    '/etc/conf.d/10.conf': 'b; include more/x;',
    '/etc/conf.d/.hidden.conf': 'no;',
    '/etc/more/x': 'in_x;',
  });
  assert.deepEqual(names, ['a', 'b', 'in_x', 'c', 'z']);
});

test('a directive knows the includes it came through', () => {
  const configuration = load('/etc/nginx.conf', {
    files: inMemory({
      '/etc/nginx.conf': 'include one;',
      '/etc/one': '\ninclude two;',
      '/etc/two': 'x;',
    }),
  });
  const [setting] = buildLevels(configuration).settings;
  assert.equal(setting?.directive.file, '/etc/two');
  assert.deepEqual(
    setting?.via.map(({ file, line }) => `${file}:${line}`),
    ['/etc/nginx.conf:1', '/etc/one:2'],
  );
});

test('a file that is included twice is read once and in force twice', () => {
  let reads = 0;
  const files = inMemory({ '/etc/m': 'a { include s; } b { include s; }', '/etc/s': 'x;' });
  const configuration = load('/etc/m', {
    files: {
      ...files,
      readFile(path) {
        reads++;
        return files.readFile(path);
      },
    },
  });
  assert.equal(reads, 2);
  assert.deepEqual([...configuration.documents.keys()], ['/etc/m', '/etc/s']);
  const included = [...walk(configuration.main)].filter(({ name }) => name === 'include');
  assert.equal(included.length, 2);
  for (const directive of included) {
    assert.equal(configuration.includes.get(directive)?.[0], configuration.documents.get('/etc/s'));
  }
});

test('a prefix takes the place of the folder of the main file', () => {
  const files = inMemory({ '/etc/sites/x': 'include snippets/y;', '/etc/snippets/y': 'found;' });
  const alone = load('/etc/sites/x', { files });
  assert.match(alone.problems[0]?.message ?? '', /"\/etc\/sites\/snippets\/y".*no such file/);
  const within = load('/etc/sites/x', { files, prefix: '/etc' });
  assert.deepEqual(within.problems, []);
  assert.equal(within.documents.size, 2);
  assert.deepEqual(within.paths, { confFolder: '/etc', prefix: '/etc' });
});

test('relative main files give relative names', () => {
  const files = inMemory({ 'x/nginx.conf': 'include y;', 'x/y': 'a;' });
  assert.deepEqual([...load('x/nginx.conf', { files }).documents.keys()], ['x/nginx.conf', 'x/y']);
});

test('what cannot be included is told at the include, and the rest is read', () => {
  const { problems, includes } = load('/etc/m', {
    files: inMemory({
      '/etc/m':
        'include nowhere;\n  include secret;\ninclude none/*;\ninclude ok;\ninclude broken;',
      '/etc/ok': 'a;',
      '/etc/broken': 'b {',
    }),
  });
  assert.deepEqual(
    problems.map(({ code, message, place }) => [
      code,
      `${place.file}:${place.line}:${place.column}`,
      message,
    ]),
    [
      [
        'HW_NGINX_INCLUDE',
        '/etc/m:1:9',
        '"/etc/nowhere" cannot be included: there is no such file',
      ],
      ['HW_NGINX_INCLUDE', '/etc/m:2:11', '"/etc/secret" cannot be included: it may not be read'],
      [
        'HW_NGINX_SYNTAX',
        '/etc/broken:1:4',
        'unexpected end of file, expecting "}" for the block "b" of line 1',
      ],
    ],
  );
  assert.deepEqual(
    [...includes.values()].map((documents) => documents.length),
    [0, 0, 0, 1, 0],
  );
});

test('files that include each other are told with the way around', () => {
  const { problems } = load('/a', {
    files: inMemory({
      '/a': 'include b;',
      '/b': 'x { include c; }',
      '/c': 'include b; include a;',
    }),
  });
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['"/b" includes itself: /b → /c → /b', '"/a" includes itself: /a → /b → /c → /a'],
  );
});

test('includes that multiply without end are refused', () => {
  const files: Record<string, string> = { '/f0': 'x;' };
  for (let depth = 1; depth <= 40; depth++) {
    files[`/f${depth}`] = `include f${depth - 1}; include f${depth - 1};`;
  }
  const configuration = load('/f40', { files: inMemory(files) });
  assert.deepEqual(configuration.problems, []);
  assert.throws(
    () => buildLevels(configuration),
    (error) => error instanceof NginxError && error.code === 'HW_NGINX_INCLUDE',
  );
});

test('a row of includes, and of blocks through includes, has an end', () => {
  const row: Record<string, string> = { '/f200': 'x;' };
  for (let index = 0; index < 200; index++) row[`/f${index}`] = `include f${index + 1};`;
  const [problem] = load('/f0', { files: inMemory(row) }).problems;
  assert.equal(problem?.message, '"/f100" is included through 100 other files');
  const deep = 'a {'.repeat(150);
  const configuration = load('/m', {
    files: inMemory({
      '/m': `${deep.replaceAll('a', 'location /')} include n; ${'}'.repeat(150)}`,
      '/n': `${deep.replaceAll('a', 'location /')} ${'}'.repeat(150)}`,
    }),
  });
  assert.throws(() => buildLevels(configuration), /nested more than 200 deep through includes/);
});

test('a large included file is followed', () => {
  const entries = Array.from({ length: 200_000 }, (_, index) => `k${index} v;`).join('');
  const files = inMemory({ '/m': 'map $a $b { include big; }', '/big': entries });
  const [map] = buildLevels(load('/m', { files })).children[0]?.children ?? [];
  assert.equal(map?.settings.length, 200_000);
});

test('a main file that cannot be read or parsed throws', () => {
  assert.throws(() => load('/nowhere', { files: inMemory({}) }), { code: 'ENOENT' });
  assert.throws(() => load('/m', { files: inMemory({ '/m': '}' }) }), NginxError);
});

test('a text alone includes nothing, and is not blamed for it', () => {
  const { includes, problems } = loadText('include x;', 'pasted.conf');
  assert.equal(includes.size, 0);
  assert.deepEqual(problems, []);
});

test('names in a configuration become paths', () => {
  assert.equal(resolvePath('/etc/nginx', 'ssl/a.pem'), '/etc/nginx/ssl/a.pem');
  assert.equal(resolvePath('/etc/nginx', '/ssl/a.pem'), '/ssl/a.pem');
});

const folder = new NginxFolder();
after(() => folder.remove());

const patterns = [
  'conf.d/*.conf',
  'conf.d/*',
  'conf.d/[ab].conf',
  'conf.d/[!ab].conf',
  'conf.d/[[:digit:]]*.conf',
  'conf.d/?.conf',
  'conf.d/.*.conf',
  'conf.d/{a,b}.conf*',
  '*/a.conf',
  '[c]onf.d/[a-b].conf',
  'conf.d/\\*[.]conf',
  'conf.d/a.conf',
  './conf.d/../conf.d/a.con?',
  'none/*.conf',
];

for (const pattern of patterns) {
  test(`include ${pattern} reads the files that nginx reads, in its order`, () => {
    for (const name of ['a', 'b', 'B', '10', '9', 'é', '*', '.hidden', '{a,b}', 'x y']) {
      folder.write(`conf.d/${name}.conf`, '# nothing');
    }
    folder.write('other/a.conf', '# nothing');
    const main = folder.write(
      'nginx.conf',
      `error_log stderr; pid nginx.pid; events { } http { ${insideFolder} include "${pattern.replaceAll('\\', '\\\\')}"; }`,
    );
    const { isAccepted, output, reason } = folder.test('nginx.conf', '-T');
    assert.ok(isAccepted, reason);
    const read = [...output.matchAll(/^# configuration file (.*):$/gm)].map(([, name]) => name);
    const { documents, problems } = load(main);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [...documents.values()].map((document) => join(document.file)),
      read.map((name) => join(name as string)),
    );
  });
}

test('a folder cannot be included, as with nginx', () => {
  mkdirSync(join(folder.path, 'folder'), { recursive: true });
  const main = folder.write('nginx.conf', 'include folder; events { }');
  assert.equal(folder.test('nginx.conf').isAccepted, false);
  assert.match(load(main).problems[0]?.message ?? '', /it is a folder/);
});
