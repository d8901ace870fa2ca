import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { effective, effectiveArgs, shadowed } from './effective.ts';
import { loadText } from './include.ts';
import { type Level, settingsNamed } from './level.ts';
import { upstreamHeaders } from './model/upstream-headers.ts';
import { buildModel, locationsIn, type NginxModel } from './model.ts';
import { type Answer, NginxFolder, type RunningNginx, startNginx } from './testing/real-nginx.ts';

/** The version of nginx that Debian 12 has; its defaults are the old ones. */
const version = '1.22.1';

const httpPart = `
  proxy_set_header A http;
  proxy_set_header Host http.example;
  add_header X-A http;
  add_header X-B http;
  error_page 404 = /page/http;
`;

function serverPart(upstream: string): string {
  return `
  proxy_set_header A server;
  proxy_set_header B server;
  location = / { return 204; }
  location /page/ { return 200 $uri; }
  location /inherits { proxy_pass ${upstream}; }
  location /own { proxy_set_header B own; add_header X-A own; error_page 404 = /page/own; proxy_pass ${upstream}; }
  location /empty { proxy_set_header A ""; proxy_set_header Connection ""; proxy_pass ${upstream}; }
  location /twice { proxy_set_header A one; proxy_set_header A two; proxy_pass ${upstream}; }
  location /upgrade {
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_pass ${upstream};
  }
  location /outer {
    proxy_set_header A outer;
    add_header X-A outer;
    proxy_pass ${upstream};
    location /outer/inherits { proxy_pass ${upstream}; }
    location /outer/own { proxy_set_header A inner; proxy_pass ${upstream}; }
    location /outer/404 { return 404; }
  }
  location /if {
    proxy_set_header A location;
    add_header X-A location;
    add_header X-B location;
    proxy_pass ${upstream};
    if ($arg_if) { add_header X-A if; }
  }
  location /except {
    proxy_set_header A location;
    proxy_pass ${upstream};
    limit_except GET { allow all; }
  }
  location /404 { return 404; }
  location /404/own { error_page 403 /x; error_page 404 = /page/inner; return 404; }
  location /404/other { error_page 403 /x; return 404; }
`;
}

const upstream = createServer((incoming, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(incoming.rawHeaders));
});
const folder = new NginxFolder();
let nginx: RunningNginx;
let model: NginxModel;
let proxyHost: string;

before(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxyHost = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const server = serverPart(`http://${proxyHost}`);
  nginx = await startNginx(folder, httpPart, server);
  model = buildModel(loadText(`events { } http { ${httpPart} server { ${server} } }`, 'f'));
  assert.deepEqual(model.problems, []);
});

after(async () => {
  await nginx?.stop();
  upstream.close();
  folder.remove();
});

/** The level of a location, or of the `if` in it. */
function levelAt(path: string, inIf = false): Level {
  const [server] = model.servers;
  assert.ok(server !== undefined);
  for (const location of locationsIn(server)) {
    if (!('path' in location.match) || location.match.path !== path) continue;
    if (!inIf) return location.level;
    const [condition] = location.conditions;
    assert.ok(condition !== undefined);
    return condition.level;
  }
  throw new Error(`no location ${path}`);
}

function ask(path: string, method = 'GET'): Promise<Answer> {
  const headers = { Upgrade: 'websocket', Connection: 'close, Upgrade', C: 'client' };
  return nginx.ask(path, { method, headers });
}

/** The values of a field in the order received. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase(),
  );
}

/** What a template becomes in the requests of this test. */
function evaluate(template: string): string {
  return template
    .replace('$proxy_host', proxyHost)
    .replace('$http_upgrade', 'websocket')
    .replace(/\$proxy_internal_\w+/, '');
}

const proxied = [
  '/inherits',
  '/own',
  '/empty',
  '/twice',
  '/upgrade',
  '/outer',
  '/outer/inherits',
  '/outer/own',
  '/if',
  '/if?if=1',
  '/except',
];

for (const target of proxied) {
  test(`${target}: the fields of the request that nginx writes are those that are in force`, async () => {
    const [path, query] = target.split('?') as [string, string?];
    const { body } = await ask(target);
    const received: string[] = JSON.parse(body);
    const expected = upstreamHeaders(levelAt(path, query !== undefined), { version });
    for (const name of ['A', 'B', 'Host', 'Connection', 'Upgrade']) {
      const values = expected
        .filter((header) => header.name === name)
        .map((header) => evaluate(header.value))
        .filter((value) => value !== '');
      assert.deepEqual(valuesOf(received, name), values, name);
    }
    // What nobody set is passed on.
    assert.deepEqual(valuesOf(received, 'C'), ['client']);
  });
}

test('/except: a method that limit_except is about has the fields of the location', async () => {
  const { body } = await ask('/except', 'DELETE');
  const received: string[] = JSON.parse(body);
  assert.deepEqual(valuesOf(received, 'A'), ['location']);
  const [server] = model.servers;
  const [exception] =
    [...locationsIn(server as NonNullable<typeof server>)].find(
      ({ exceptions }) => exceptions.length > 0,
    )?.exceptions ?? [];
  assert.ok(exception !== undefined);
  assert.deepEqual(exception.methods, ['GET']);
  const [a] = effective(exception.level, 'proxy_set_header').settings;
  assert.equal(a?.directive.args[1]?.value, 'location');
});

for (const target of [
  '/inherits',
  '/own',
  '/outer',
  '/outer/inherits',
  '/outer/own',
  '/if',
  '/if?if=1',
]) {
  test(`${target}: the fields of the answer are those of add_header in force`, async () => {
    const [path, query] = target.split('?') as [string, string?];
    const { rawHeaders } = await ask(target);
    const { settings } = effective(levelAt(path, query !== undefined), 'add_header');
    const expected = Object.groupBy(settings, ({ directive }) => directive.args[0]?.value ?? '');
    for (const name of ['X-A', 'X-B']) {
      const values = expected[name]?.map(({ directive }) => directive.args[1]?.value) ?? [];
      assert.deepEqual(valuesOf(rawHeaders, name), values, name);
    }
  });
}

for (const path of ['/404', '/404/own', '/404/other', '/outer/404']) {
  test(`${path}: the error page is the one in force`, async () => {
    const { status, body } = await ask(path);
    const page = effective(levelAt(path), 'error_page').settings.find(
      ({ directive }) => directive.args[0]?.value === '404',
    );
    const expected = page?.directive.args.at(-1)?.value;
    if (expected === undefined) assert.equal(status, 404);
    else assert.equal(body, expected);
  });
}

test('what is in force says where it is written, and what is not says so too', () => {
  const level = levelAt('/own');
  const { settings, level: holder } = effective(level, 'proxy_set_header');
  assert.equal(holder, level);
  assert.deepEqual(
    settings.map(({ directive }) => directive.args.map((arg) => arg.value)),
    [['B', 'own']],
  );
  const lost = shadowed(level, 'proxy_set_header').map(({ kind }) => kind);
  assert.deepEqual(lost, ['server', 'http']);
  assert.deepEqual(shadowed(levelAt('/inherits'), 'add_header'), []);
});

/** The innermost level of a configuration that is one block in the other. */
function innermost(text: string): Level {
  let level = buildModel(loadText(text, 'f')).main;
  for (let next = level.children[0]; next !== undefined; next = level.children[0]) level = next;
  return level;
}

const valuesIn = (level: Level, name: string) =>
  effective(level, name).settings.map(({ directive }) => directive.args[0]?.value);

test('a value that counts once comes from the nearest block that has it, or is the default', () => {
  const level = innermost(
    'proxy_read_timeout 1s; server { proxy_read_timeout 2s; location / { location /a { } } }',
  );
  assert.deepEqual(effectiveArgs(level, 'proxy_read_timeout'), ['2s']);
  assert.deepEqual(effectiveArgs(level, 'proxy_send_timeout'), ['60s']);
  assert.deepEqual(effectiveArgs(level, 'client_header_timeout'), ['60s']);
  assert.equal(effectiveArgs(level, 'proxy_method'), undefined);
  assert.equal(effectiveArgs(level, 'no_such_directive'), undefined);
});

test('the default depends on the version', () => {
  const level = innermost('server { location / { } }');
  assert.deepEqual(effectiveArgs(level, 'proxy_http_version', { version: '1.29.6' }), ['1.0']);
  assert.deepEqual(effectiveArgs(level, 'proxy_http_version', { version: '1.29.7' }), ['1.1']);
  assert.equal(effective(level, 'proxy_http_version').default.since, '1.29.7');
  const connection = (version: string) =>
    upstreamHeaders(level, { version }).find(({ name }) => name === 'Connection')?.value;
  assert.deepEqual([connection('1.29.6'), connection('1.29.7')], ['close', '']);
});

test('allow and deny, root and alias are inherited together', () => {
  const denied = innermost('server { allow 10.0.0.1; deny all; location / { deny 10.0.0.2; } }');
  assert.deepEqual(valuesIn(denied, 'allow'), []);
  assert.deepEqual(valuesIn(denied, 'deny'), ['10.0.0.2']);
  const aliased = innermost('server { root /a; location / { alias /b; location /c { } } }');
  assert.deepEqual(valuesIn(aliased, 'root'), []);
  assert.deepEqual(valuesIn(aliased, 'alias'), ['/b']);
});

test('proxy_pass reaches an if in its location, but no location in it', () => {
  const inIf = innermost('server { location / { proxy_pass http://a; if ($uri) { } } }');
  assert.deepEqual(valuesIn(inIf, 'proxy_pass'), ['http://a']);
  const nested = innermost('server { location / { proxy_pass http://a; location /b { } } }');
  assert.deepEqual(valuesIn(nested, 'proxy_pass'), []);
});

test('an upstream does not take what is meant for clients', () => {
  const level = innermost('keepalive_timeout 5s; upstream a { server b; }');
  assert.deepEqual(effectiveArgs(level, 'keepalive_timeout'), ['60s']);
  assert.deepEqual(effectiveArgs(level, 'keepalive'), ['32', 'local']);
  assert.equal(effectiveArgs(level, 'keepalive', { version: '1.22.1' }), undefined);
});

test('set, return and rewrite are of their own block only', () => {
  const level = innermost('server { set $a 1; return 200; location / { } }');
  assert.deepEqual(valuesIn(level, 'set'), []);
  assert.deepEqual(valuesIn(level, 'return'), []);
});

test('add_header_inherit merges or cuts off what is inherited', () => {
  const headers = (inner: string, outer = '') =>
    valuesIn(
      innermost(`add_header A 1; ${outer} server { add_header B 1; location / { ${inner} } }`),
      'add_header',
    );
  assert.deepEqual(headers(''), ['B']);
  assert.deepEqual(headers('add_header C 1;'), ['C']);
  assert.deepEqual(headers('add_header_inherit merge; add_header C 1;'), ['C', 'B']);
  assert.deepEqual(headers('add_header C 1;', 'add_header_inherit merge;'), ['C', 'B', 'A']);
  assert.deepEqual(headers('add_header_inherit off;'), []);
  assert.deepEqual(headers('add_header_inherit off;', 'add_header_inherit merge;'), []);
});

test('of directives of which the last counts, only that one is in force', () => {
  const level = innermost(
    'server { ssl_session_cache off; ssl_session_cache none; location / { } }',
  );
  assert.deepEqual(valuesIn(level, 'ssl_session_cache'), ['none']);
  assert.equal(settingsNamed(level.parent as Level, 'ssl_session_cache').length, 2);
});
