// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${name} is how nginx writes variables
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { allDirectives } from './directives.ts';
import { effective, effectiveArgs } from './effective.ts';
import { formatPlace } from './errors.ts';
import { load, loadText } from './include.ts';
import { levelsIn } from './level.ts';
import { formatListenAddress } from './model/listen.ts';
import { formatLocation } from './model/location.ts';
import { parseReturn, parseRewrite } from './model/rewrite.ts';
import type { ServerNamePattern } from './model/server-name.ts';
import { upstreamHeaders } from './model/upstream-headers.ts';
import { buildModel, type Location, locationsIn, type NginxModel, type Server } from './model.ts';

function model(text: string): NginxModel {
  return buildModel(loadText(text, 'f'));
}

function fixture(name: string): NginxModel {
  return buildModel(load(join(import.meta.dirname, 'fixtures', name)));
}

function only<T>(items: readonly T[]): T {
  assert.equal(items.length, 1);
  return items[0] as T;
}

const problemsIn = (text: string) =>
  model(text).problems.map(
    ({ severity, place, message }) => `${severity} ${formatPlace(place)} ${message}`,
  );

test('the Portainer server is understood, and what it sends upstream', () => {
  const { servers, problems } = fixture('portainer.conf');
  assert.deepEqual(problems, []);
  const server = only(servers);
  const listen = only(server.listens);
  assert.equal(formatListenAddress(listen.address), '0.0.0.0:443');
  assert.equal(listen.hasTls, true);
  const name = only(server.names);
  assert.ok(name.kind === 'regex' && name.regex.regex.test('shell.example.com'));
  const location = only(server.locations);
  assert.equal(formatLocation(location.match), '/');
  assert.equal(location.target?.authority, 'portainer_task:9443');
  assert.equal(location.target?.scheme, 'https');
  const headers = upstreamHeaders(location.level, { version: '1.22.1' });
  assert.deepEqual(
    headers
      .filter(({ value }) => value !== '')
      .map(({ name, value, setting }) => [name, value, setting?.directive.line]),
    [
      ['X-Forwarded-For', '$proxy_add_x_forwarded_for', 13],
      ['Upgrade', '$http_upgrade', 16],
      ['Connection', 'upgrade', 17],
      ['Host', '$proxy_host', undefined],
      ['Content-Length', '$proxy_internal_body_length', undefined],
      ['Transfer-Encoding', '$proxy_internal_chunked', undefined],
    ],
  );
});

test('the Nomad configuration is understood, with its upstream', () => {
  const { servers, upstreams, problems } = fixture('nomad.conf');
  assert.deepEqual(problems, []);
  const location = only(only(servers).locations);
  const upstream = upstreams.get(location.target?.host ?? '');
  assert.equal(upstream?.method, 'ip_hash');
  assert.deepEqual(
    upstream?.servers.map(({ address }) => address),
    ['10.0.0.11', '10.0.0.12', '10.0.0.13'].map((host) => ({ kind: 'tcp', host, port: 4646 })),
  );
  assert.deepEqual(effectiveArgs(location.level, 'proxy_read_timeout'), ['319s']);
  assert.deepEqual(effectiveArgs(location.level, 'proxy_http_version', { version: '1.22.1' }), [
    '1.0',
  ]);
});

const listens: readonly [text: string, address: string, flags: string][] = [
  ['80', '0.0.0.0:80', ''],
  ['*:81', '0.0.0.0:81', ''],
  ['127.0.0.1', '127.0.0.1:80', ''],
  ['[::]:443 ssl http2', '[::]:443', 'tls http2'],
  ['[::1]', '[::1]:80', ''],
  ['localhost:8080 default_server', 'localhost:8080', 'default'],
  ['localhost', 'localhost:80', ''],
  ['8000-8003', '0.0.0.0:8000-8003', ''],
  ['unix:/run/x.sock proxy_protocol', 'unix:/run/x.sock', 'proxy'],
  ['443 quic reuseport', '0.0.0.0:443', 'quic'],
];

for (const [text, address, flags] of listens) {
  test(`listen ${text} is ${address}`, () => {
    const listen = only(only(model(`server { listen ${text}; }`).servers).listens);
    assert.equal(formatListenAddress(listen.address), address);
    const set = [
      listen.isDefaultServer && 'default',
      listen.hasTls && 'tls',
      listen.hasHttp2 && 'http2',
      listen.hasQuic && 'quic',
      listen.hasProxyProtocol && 'proxy',
    ];
    assert.equal(set.filter(Boolean).join(' '), flags);
  });
}

test('a server without listen is on port 80 of every address', () => {
  const listen = only(only(model('server { }').servers).listens);
  assert.equal(formatListenAddress(listen.address), '0.0.0.0:80');
  assert.equal(listen.setting, undefined);
});

test('server names are of every kind', () => {
  const server = only(
    model('server { server_name A.example *.b.example c.* .d.example "" $hostname a.*.b; }')
      .servers,
  );
  const patterns = server.names.map(({ setting: _, word: __, text: ___, ...pattern }) => pattern);
  const expected: ServerNamePattern[] = [
    { kind: 'exact', host: 'a.example' },
    { kind: 'leading-wildcard', suffix: '.b.example' },
    { kind: 'trailing-wildcard', prefix: 'c.' },
    { kind: 'exact', host: 'd.example' },
    { kind: 'leading-wildcard', suffix: '.d.example' },
    { kind: 'exact', host: '' },
    { kind: 'hostname' },
    { kind: 'invalid' },
  ];
  assert.deepEqual(patterns, expected);
});

test('locations are of every kind, and know those inside them', () => {
  const server = only(
    model(`server {
      location / { }
      location = /a { }
      location =/b { }
      location ^~ /c { }
      location ~ \\.d$ { }
      location ~*\\.e$ { }
      location @f { }
      location $g { }
      location /h { location /h/i { location ~ j { } } location = /h/k { } }
    }`).servers,
  );
  assert.deepEqual(
    [...locationsIn(server)].map(({ match }) => formatLocation(match)),
    [
      '/',
      '= /a',
      '= /b',
      '^~ /c',
      '~ \\.d$',
      '~* \\.e$',
      '@f',
      '$g',
      '/h',
      '/h/i',
      '~ j',
      '= /h/k',
    ],
  );
  const [h] = server.locations.filter(({ match }) => formatLocation(match) === '/h');
  assert.deepEqual(
    h?.locations.map(({ match }) => formatLocation(match)),
    ['/h/i', '= /h/k'],
  );
});

test('an if is a place of its own, with its condition', () => {
  const { servers, problems } = model(`server {
    if ($host = "a b") { return 301 /; }
    if (-f $request_filename) { set $x 1; }
    location / {
      if ($http_upgrade ~* ^websocket$) { proxy_pass http://a; }
      if ( $arg_x ) { set $x 1; }
      if ($arg_x !~ y) { break; }
      if (!-e /x$uri) { break; }
      limit_except get POST { deny all; }
    }
  }`);
  assert.deepEqual(problems, []);
  const server: Server = only(servers);
  const location: Location = only(server.locations);
  assert.deepEqual(
    server.conditions.map(({ condition }) => condition),
    [
      { kind: 'equals', variable: 'host', value: 'a b', isNegated: false },
      { kind: 'file', test: 'f', path: '$request_filename', isNegated: false },
    ],
  );
  const [upgrade, plain, negated, file] = location.conditions.map(({ condition }) => condition);
  assert.ok(upgrade?.kind === 'matches' && upgrade.regex.regex.test('WebSocket'));
  assert.deepEqual(plain, { kind: 'variable', variable: 'arg_x' });
  assert.ok(negated?.kind === 'matches' && negated.isNegated);
  assert.deepEqual(file, { kind: 'file', test: 'e', path: '/x$uri', isNegated: true });
  assert.equal(location.conditions[0]?.target?.authority, 'a');
  assert.deepEqual(only(location.exceptions).methods, ['GET', 'POST']);
});

test('servers of an upstream have their parameters', () => {
  const { upstreams, problems } = model(`upstream u {
    least_conn;
    server a;
    server b:81 weight=3 max_fails=0 fail_timeout=1m max_conns=7 backup;
    server unix:/run/c.sock down;
    server [::1]:82 resolve route=x;
    keepalive 8;
  }`);
  assert.deepEqual(problems, []);
  const upstream = upstreams.get('u');
  assert.equal(upstream?.method, 'least_conn');
  const [a, b, c, d] = upstream?.servers ?? [];
  assert.deepEqual(a?.address, { kind: 'tcp', host: 'a', port: 80 });
  assert.deepEqual(
    [a?.weight, a?.maxFails, a?.failTimeoutMs, a?.maxConnections],
    [1, 1, 10_000, 0],
  );
  assert.deepEqual(
    [b?.weight, b?.maxFails, b?.failTimeoutMs, b?.maxConnections],
    [3, 0, 60_000, 7],
  );
  assert.deepEqual([b?.isBackup, c?.isDown, d?.resolves, d?.route], [true, true, true, 'x']);
  assert.deepEqual(c?.address, { kind: 'unix', path: '/run/c.sock' });
  assert.deepEqual(d?.address, { kind: 'tcp', host: '[::1]', port: 82 });
});

test('return and rewrite are taken apart', () => {
  const server = only(
    model(
      'server { return 301 https://$host; return 204; return http://x/; rewrite ^/a(.) /b$1 last; rewrite ^ http://y; }',
    ).servers,
  );
  const returns = server.level.settings.slice(0, 3).map((setting) => parseReturn(setting));
  assert.deepEqual(
    returns.map((result) => 'status' in result && [result.status, result.text]),
    [
      [301, 'https://$host'],
      [204, undefined],
      [302, 'http://x/'],
    ],
  );
  const rewrites = server.level.settings.slice(3).map((setting) => parseRewrite(setting));
  assert.deepEqual(
    rewrites.map((result) => 'flag' in result && [result.flag, result.replacement]),
    [
      ['last', '/b$1'],
      ['redirect', 'http://y'],
    ],
  );
});

test('what several things may not both be is told with both places', () => {
  assert.deepEqual(
    problemsIn(
      'server { listen 80 default_server; server_name a; }\nserver { listen 80 default_server; server_name a; }',
    ),
    [
      'error f:2:10 duplicate default server for 0.0.0.0:80: also at f:1:10',
      'warning f:2:36 conflicting server name "a" on 0.0.0.0:80: the server at f:1:36 gets the requests',
    ],
  );
  assert.deepEqual(problemsIn('server { listen 443 ssl; listen 443 quic; }'), []);
  assert.deepEqual(
    problemsIn(
      'server {\n location /a { }\n location ^~ /a { }\n location @b { }\n location @b { }\n}',
    ),
    [
      'error f:3:2 duplicate location "^~ /a": also at f:2:2',
      'warning f:5:2 duplicate location "@b": also at f:4:2',
    ],
  );
  assert.deepEqual(problemsIn('upstream a { server b; }\nupstream a { server c; }'), [
    'error f:2:1 duplicate upstream "a": also at f:1:1',
  ]);
});

test('a bad server name is an error where it is compared, and else a warning', () => {
  assert.deepEqual(problemsIn('server { server_name a.*.b; }'), [
    'warning f:1:22 invalid server name or wildcard "a.*.b"',
  ]);
  assert.deepEqual(problemsIn('server { server_name a.*.b; } server { }'), [
    'error f:1:22 invalid server name or wildcard "a.*.b"',
  ]);
});

test('variables are defined by directives and by named groups, anywhere in the file', () => {
  const { definitions, problems } = model(`
    map $http_upgrade $Connection_Upgrade { ~(?<Kind>.+) $kind; }
    geo $net { default 0; }
    geo $remote_addr $other { default 0; }
    split_clients $uri $half { 50% a; * b; }
    js_set $scripted main.f;
    server {
      server_name ~^(?<tenant>.+)\\.example$;
      location ~ ^/(?<section>\\w+) {
        auth_request_set $user $upstream_http_user;
        rewrite ^/(?<rest>.*) /$rest;
        if ($uri ~ (?<last>.)$) { set $fixed $last; }
        return 200 "$connection_upgrade $kind $net $other $half $scripted $tenant $section $user $rest $fixed";
      }
    }`);
  assert.deepEqual([...definitions.keys()].sort(), [
    'connection_upgrade',
    'fixed',
    'half',
    'kind',
    'last',
    'net',
    'other',
    'rest',
    'scripted',
    'section',
    'tenant',
    'user',
  ]);
  assert.equal(definitions.get('user')?.[0]?.directive.line, 10);
  assert.deepEqual(
    problems.map(({ severity, message }) => `${severity} ${message}`),
    ['warning directive "js_set" belongs to njs, which Hatchway does not know'],
  );
});

test('a variable that nothing defines is told at each use, and how to define the famous one', () => {
  const { problems } = model(
    'server { location / { proxy_set_header Connection $connection_upgrade; } }',
  );
  const problem = only(problems);
  assert.equal(problem.code, 'HW_NGINX_VARIABLE');
  assert.equal(formatPlace(problem.place), 'f:1:51');
  assert.equal(problem.message, 'unknown "connection_upgrade" variable');
  assert.match(problem.remedy, /map \$http_upgrade \$connection_upgrade/);
});

test('a dollar in a regular expression is no variable', () => {
  assert.deepEqual(
    problemsIn(`server {
      server_name ~^a$;
      location ~ ^/b$ { proxy_pass http://x; proxy_redirect ~^c$ /d; proxy_cookie_path ~e$ /f; }
      if ($uri ~ ^/g$) { rewrite ^/h$ /i last; }
    }`),
    [],
  );
});

test('a mistake in a file that is included twice is told once', () => {
  const files: Record<string, string> = {
    '/m': 'server { location /a { include s; } location /b { include s; } }',
    '/s': 'proxy_pass x;',
  };
  const configuration = load('/m', {
    files: {
      readFile: (path) => files[path] as string,
      readFolder: () => [],
      exists: () => true,
    },
  });
  const problem = only(buildModel(configuration).problems);
  assert.equal(formatPlace(problem.place), '/s:1:12');
});

test('a part of a location is put into one', () => {
  const { servers } = model('proxy_pass http://a; proxy_set_header Host $host;\n');
  const location = only(only(servers).locations);
  assert.equal(location.target?.authority, 'a');
});

test('what is broken is left out, and the rest understood', () => {
  const { servers, upstreams, problems } = model(`
    upstream u { server a:b; server c; }
    upstream { server d; }
    server {
      listen 80 sideways;
      listen 81;
      location ~ ( { }
      location { }
      location /ok { proxy_pass nowhere; }
      if (?) { }
    }`);
  assert.equal(problems.length, 7);
  assert.deepEqual([...upstreams.keys()], ['u']);
  assert.equal(upstreams.get('u')?.servers.length, 1);
  const server = only(servers);
  assert.equal(formatListenAddress(only(server.listens).address), '0.0.0.0:81');
  assert.deepEqual(
    server.locations.map(({ match, target }) => [formatLocation(match), target]),
    [['/ok', undefined]],
  );
  assert.deepEqual(server.conditions, []);
});

/** Any directive with any arguments in any block: mostly wrong, in every way there is. */
const { anything } = fc.letrec<{ anything: string; directive: string }>((tie) => ({
  directive: fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...allDirectives.map(({ name }) => name)),
        fc.constantFrom(
          'server',
          'location',
          'if',
          'upstream',
          'map',
          'listen',
          'proxy_pass',
          'x',
          '~(',
          '""',
        ),
      ),
      fc.array(
        fc.constantFrom(
          'a',
          '$a',
          '"$"',
          '80',
          '~',
          '"("',
          '""',
          '/',
          '@a',
          '=',
          '($a',
          ')',
          '"${a"',
          'off',
          'http://a:b',
        ),
        { maxLength: 4 },
      ),
      fc.option(tie('anything'), { nil: undefined, depthSize: 'medium' }),
    )
    .map(([name, args, inner]) => {
      const words = [name, ...args].join(' ');
      return inner === undefined ? `${words};` : `${words} { ${inner} }`;
    }),
  anything: fc.array(tie('directive'), { maxLength: 5 }).map((all) => all.join('\n')),
}));

test('nothing that can be read makes the model throw, or what is in force in it', () => {
  fc.assert(
    fc.property(
      anything,
      fc.constantFrom('proxy_pass', 'proxy_set_header', 'allow', 'root'),
      (text, name) => {
        const { main, problems } = model(text);
        for (const level of levelsIn(main)) effective(level, name);
        for (const { place } of problems) assert.ok(place.line >= 1 && place.column >= 1);
      },
    ),
    { numRuns: 2000 },
  );
});
