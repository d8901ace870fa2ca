import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteModel } from '../config/route-model.ts';
import type { Template } from '../config/rule-model.ts';
import { GatewayKit, routeModel, tcpServer, upstreamModel } from './testing/gateway-kit.ts';

const variable = (name: string) => ({ variable: name });

function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
}

/** A route of its own, for what must not be asked of the upstream. */
function answering(path: string, more: Partial<RouteModel>): RouteModel {
  return { path: { kind: 'prefix', path, beforeRegex: false }, upgradeTokens: [], ...more };
}

function text(status: number, body: Template): Partial<RouteModel> {
  return { rules: [{ kind: 'return', status, text: body }] };
}

test('answers of the configuration come without an upstream, and the connection goes on', async (t) => {
  const kit = await GatewayKit.start(t, {
    site: {
      routes: [
        answering('/hello', text(200, ['hello ', variable('remote_addr'), '\n'])),
        answering('/gone', { rules: [{ kind: 'return', status: 410 }] }),
        answering('/to', text(308, ['https://b.example', variable('request_uri')])),
        answering('/home', text(302, ['/welcome'])),
        answering('/nothing', {}),
      ],
    },
  });
  const client = await kit.connect();
  client.write(get('/hello'));
  assert.match(
    await client.head(),
    /^HTTP\/1\.1 200 OK\r\nDate: .*\r\nContent-Type: text\/plain\r\nContent-Length: 16\r\n\r\n$/,
  );
  assert.equal(await client.bytes(16), 'hello 127.0.0.1\n');
  client.write(get('/to?a=1'));
  assert.match(
    await client.head(),
    /^HTTP\/1\.1 308 .*\r\nLocation: https:\/\/b\.example\/to\?a=1\r\n/s,
  );
  client.write(get('/home'));
  assert.match(await client.head(), /\r\nLocation: \/welcome\r\n/);
  client.write('HEAD /hello HTTP/1.1\r\nHost: a.example\r\n\r\n');
  assert.match(await client.head(), /Content-Length: 16/);
  client.write(get('/gone'));
  assert.match(await client.head(), /^HTTP\/1\.1 410 Gone\r\n/);
  await client.until('HW_CONFIGURED_STATUS');
  client.destroy();
  const other = await kit.connect();
  other.write(get('/nothing'));
  assert.match(await other.head(), /^HTTP\/1\.1 404 /);
  assert.equal(kit.upstream.connections, 0);
});

test('444 closes without a byte, and is in the log', async (t) => {
  const kit = await GatewayKit.start(t, {
    site: { routes: [answering('/away', { rules: [{ kind: 'return', status: 444 }] })] },
  });
  const client = await kit.connect();
  client.write(get('/away'));
  assert.equal(await client.gone(), 'ECONNRESET');
  assert.deepEqual(await kit.accessLines(), ['"GET /away HTTP/1.1" 444 0 "-" "-"']);
});

test('a redirect names the host when the site wants that, and adds the slash of a proxied path', async (t) => {
  const model = upstreamModel(tcpServer(1));
  const kit = await GatewayKit.start(t, {
    site: {
      absoluteRedirects: true,
      routes: [
        { ...routeModel('/app/', model), addsSlash: true },
        answering('/home', text(302, ['/app/'])),
      ],
    },
  });
  const client = await kit.connect();
  client.write(get('/app?x=1'));
  const origin = `http://a\\.example:${kit.port}`;
  assert.match(
    await client.head(),
    new RegExp(`^HTTP/1\\.1 301 .*\\r\\nLocation: ${origin}/app/\\?x=1\\r\\n`, 's'),
  );
  client.write(get('/home'));
  assert.match(await client.head(), new RegExp(`Location: ${origin}/app/\\r\\n`));
});

test('routes may write their redirects otherwise than the site does', async (t) => {
  const site = { host: 'site-name', port: true } as const;
  const kit = await GatewayKit.start(t, {
    site: {
      name: 'first.example',
      ownRedirects: { host: 'request', port: false },
      rules: [{ kind: 'rewrite', regex: /^\/early/, replacement: ['/to'], flag: 'redirect' }],
      routes: [
        answering('/plain', text(302, ['/to'])),
        { ...answering('/named', text(302, ['/to'])), ownRedirects: site },
        { ...answering('/path', text(302, ['/to'])), ownRedirects: 'path' },
      ],
    },
  });
  const locations: Readonly<Record<string, string>> = {
    '/early': 'http://a.example/to',
    '/plain': 'http://a.example/to',
    '/named': `http://first.example:${kit.port}/to`,
    '/path': '/to',
  };
  const client = await kit.connect();
  for (const [path, location] of Object.entries(locations)) {
    client.write(get(path));
    assert.equal(/\r\nLocation: (.*)\r\n/.exec(await client.head())?.[1], location, path);
  }
});

test('a URI replaces the prefix of the decoded path, and what the client escaped is escaped again', async (t) => {
  const cases: [uri: NonNullable<RouteModel['forward']>['uri'], sent: string, asked: string][] = [
    [{ kind: 'replace-prefix', with: '/remote/' }, '/name/a?q=%20', '/remote/a?q=%20'],
    [{ kind: 'replace-prefix', with: '/' }, '/name/a%20b%2Fc', '/a%20b/c'],
    [{ kind: 'replace-prefix', with: '/r/' }, '/name/caf%C3%A9/', '/r/caf%C3%A9/'],
    [{ kind: 'replace-prefix', with: '/r/' }, '/x/../name//y', '/r/y'],
    [{ kind: 'as-sent' }, '/name//%2F?q', '/name//%2F?q'],
    [{ kind: 'template', uri: ['/t', variable('uri')] }, '/name/a?q=1', '/t/name/a'],
  ];
  for (const [uri, sent, asked] of cases) {
    const kit = await GatewayKit.start(t, {
      route: {
        path: { kind: 'prefix', path: '/name/', beforeRegex: false },
        forward: uri === undefined ? {} : { uri },
      },
    });
    const { head } = await kit.ask(get(sent));
    assert.equal(head.split(' ')[1], asked, sent);
  }
});

test('a rewritten path is what is asked for, and a URI has nothing to replace after break', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: {
      rules: [
        {
          kind: 'rewrite',
          regex: /^\/a\/(.*)/,
          replacement: ['/b c/', variable('1')],
          flag: 'break',
        },
      ],
      forward: { uri: { kind: 'replace-prefix', with: '/lost/' } },
    },
  });
  const { head } = await kit.ask(get('/a/d?q'));
  assert.equal(head.split(' ')[1], '/b%20c/d?q');
});

test('fields of the configuration take the place of the client’s, and empty ones leave them out', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: {
      forward: {
        forwarded: 'leave',
        setHeaders: [
          { name: 'Host', value: [variable('host'), ':', variable('server_port')] },
          { name: 'X-Real-IP', value: [variable('remote_addr')] },
          { name: 'Accept-Encoding', value: [] },
          { name: 'Connection', value: ['upgrade'] },
        ],
      },
    },
  });
  const { head } = await kit.ask(
    get('/', 'Accept-Encoding: gzip\r\nx_real_ip: 1\r\nX-Forwarded-For: 10.0.0.1\r\nX-Own: 1\r\n'),
  );
  assert.equal(
    head,
    `GET / HTTP/1.1\r\nHost: a.example:${kit.port}\r\nX-Real-IP: 127.0.0.1\r\n` +
      'X-Forwarded-For: 10.0.0.1\r\nX-Own: 1\r\n\r\n',
  );
});

test('a body that is not passed on is read and thrown away, a body of the configuration is sent', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: { forward: { body: ['own'], method: ['PUT'] } },
  });
  const { client, upstream, head } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  );
  assert.match(head, /^PUT \/ .*\r\nContent-Length: 3\r\n/s);
  assert.equal(await upstream.bytes(3), 'own');
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  assert.match(
    await client.head(),
    /^HTTP\/1\.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n/,
  );
  assert.equal(await client.rest(), '');
});

test('a body that is too large is refused, announced or not', async (t) => {
  const kit = await GatewayKit.start(t, { route: { maxBodyBytes: 4 } });
  const announced = await kit.connect();
  announced.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  assert.match(await announced.head(), /^HTTP\/1\.1 413 /);
  const chunked = await kit.ask('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  chunked.client.write('5\r\nhello\r\n0\r\n\r\n');
  assert.match(await chunked.client.head(), /^HTTP\/1\.1 413 /);
  const fits = await kit.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nfits');
  assert.equal(await fits.upstream.bytes(4), 'fits');
});

test('an error page of the configuration is shown instead of ours, with the status that it says', async (t) => {
  const kit = await GatewayKit.start(t, {
    server: tcpServer(1),
    route: {
      response: {
        errorPages: [
          { statuses: [502], to: ['/sorry?from=', variable('uri')] },
          { statuses: [413], status: 200, to: ['@small'] },
        ],
      },
      maxBodyBytes: 1,
    },
    site: {
      routes: [
        answering('/sorry', {
          internal: true,
          ...text(200, ['sorry ', variable('args'), ' ', variable('request_method')]),
        }),
      ],
      namedRoutes: { '@small': answering('/', text(418, ['too much'])) },
    },
  });
  const client = await kit.connect();
  client.write(get('/down'));
  assert.match(await client.head(), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  assert.equal(await client.bytes(20), 'sorry from=/down GET');
  client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 200 OK\r\n.*Connection: close/s);
  assert.equal(await client.bytes(8), 'too much');
  const direct = await kit.connect();
  direct.write(get('/sorry'));
  assert.match(await direct.head(), /^HTTP\/1\.1 404 /);
});

test('a body that is announced too long for the page about that, too, does not keep it from being shown', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: {
      maxBodyBytes: 8,
      response: { errorPages: [{ statuses: [413], to: ['/too-long.html'] }] },
    },
  });
  const { client, upstream, head } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello',
  );
  assert.match(head, /^GET \/too-long\.html /);
  assert.doesNotMatch(head, /content-length/i);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbig');
  assert.match(await client.rest(), /^HTTP\/1\.1 413 .*\r\n\r\nbig$/s);
});

test('an answer of the upstream is replaced by an error page only when the route intercepts', async (t) => {
  for (const intercept of [true, false]) {
    const kit = await GatewayKit.start(t, {
      route: { response: { intercept, errorPages: [{ statuses: [500], to: ['/page'] }] } },
      site: { routes: [answering('/page', text(200, ['the page']))] },
    });
    const { client, upstream } = await kit.ask(get('/'));
    upstream.write('HTTP/1.1 500 Broken\r\nContent-Length: 3\r\n\r\nraw');
    assert.match(
      await client.head(),
      intercept ? /^HTTP\/1\.1 500 Internal/ : /^HTTP\/1\.1 500 Broken/,
    );
    assert.equal(await client.bytes(intercept ? 8 : 3), intercept ? 'the page' : 'raw');
  }
});

test('an error page that an upstream has made goes with the phrase of its new status', async (t) => {
  for (const [status, line] of [
    [undefined, '404 Not Found'],
    [410, '410 Gone'],
    [599, '599 '],
    ['from-page', '203 Page Of Ours'],
  ] as const) {
    const errorPages = [
      { statuses: [404], to: ['/page'], ...(status === undefined ? {} : { status }) },
    ];
    const kit = await GatewayKit.start(t, { route: { response: { intercept: true, errorPages } } });
    const { client, upstream } = await kit.ask(get('/'));
    upstream.write('HTTP/1.1 404 Gone Fishing\r\nContent-Length: 0\r\n\r\n');
    const page = await kit.upstream.accept();
    assert.match(await page.head(), /^GET \/page /);
    page.write('HTTP/1.1 203 Page Of Ours\r\nContent-Length: 8\r\n\r\nthe page');
    const [first] = (await client.head()).split('\r\n');
    assert.equal(first, `HTTP/1.1 ${line}`);
    assert.equal(await client.bytes(8), 'the page');
  }
});

test('fields are added by status or always, hidden, and redirects and cookies point at the gateway', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: {
      response: {
        addHeaders: [
          { name: 'X-Status', value: [variable('upstream_status')], always: true },
          { name: 'X-Good', value: ['1'], always: false },
        ],
        hideHeaders: ['x-powered-by'],
        redirects: [
          { kind: 'prefix', from: ['http://internal:9000/'], to: ['/app/'] },
          { kind: 'regex', regex: /^https?:\/\/[^/]+(\/.*)$/, to: [variable('1')] },
        ],
        cookies: {
          domains: [{ from: ['internal'], to: ['a.example'] }],
          paths: [{ from: ['/'], to: ['/app/'] }],
          flags: [{ name: /^sid$/, flags: ['httponly', 'samesite=strict', 'nosecure'] }],
        },
      },
    },
  });
  const { client, upstream } = await kit.ask(get('/'));
  upstream.write(
    'HTTP/1.1 302 Found\r\nX-Powered-By: x\r\nLocation: http://internal:9000/login\r\n' +
      'Set-Cookie: sid=1; Domain=.INTERNAL; Path=/x; Secure\r\nSet-Cookie: other=2; path=/\r\nContent-Length: 0\r\n\r\n',
  );
  assert.equal(
    await client.head(),
    'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /app/login\r\n' +
      'Set-Cookie: sid=1; Domain=.a.example; Path=/app/x; HttpOnly; SameSite=Strict\r\n' +
      'Set-Cookie: other=2; path=/app/\r\nX-Status: 302\r\nX-Good: 1\r\n\r\n',
  );
  client.write(get('/'));
  const again = upstream;
  await again.head();
  again.write('HTTP/1.1 500 No\r\nLocation: https://else/where\r\nContent-Length: 0\r\n\r\n');
  assert.equal(
    await client.head(),
    'HTTP/1.1 500 No\r\nContent-Length: 0\r\nLocation: /where\r\nX-Status: 500\r\n\r\n',
  );
});

test('rules that go round in circles are an error and no hang', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: { rules: [{ kind: 'rewrite', regex: /^/, replacement: ['/again'], flag: 'last' }] },
  });
  const client = await kit.connect();
  client.write(get('/'));
  assert.match(await client.head(), /^HTTP\/1\.1 500 /);
  await kit.logged(/circles/);
});

test('a trusted proxy in front is believed, and what it says is passed on', async (t) => {
  const kit = await GatewayKit.start(t, {
    site: { trust: { from: ['127.0.0.1'], forwarded: true } },
  });
  const { head } = await kit.ask(
    get(
      '/',
      'X-Forwarded-For: 10.9.8.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shell.example\r\n',
    ),
  );
  assert.match(head, /X-Forwarded-For: 10\.9\.8\.7, 127\.0\.0\.1\r\n/);
  assert.match(
    head,
    /X-Forwarded-Proto: https\r\nX-Forwarded-Host: shell\.example\r\nX-Forwarded-Port: 443\r\n/,
  );
});

test('with both Host and Origin of the upstream, a foreign page is refused by the gateway itself', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: { forward: { origin: 'upstream', allowedOrigins: ['https://portal.example'] } },
  });
  const own = await kit.ask(get('/', 'Origin: http://a.example\r\n'));
  assert.match(
    own.head,
    /^GET \/ HTTP\/1\.1\r\nHost: upstream\.test\r\nOrigin: http:\/\/upstream\.test\r\nX-Forwarded-For/,
  );
  const listed = await kit.ask(get('/', 'Origin: https://portal.example\r\n'));
  assert.match(listed.head, /Origin: http:\/\/upstream\.test/);
  const foreign = await kit.connect();
  foreign.write(get('/', 'Origin: https://evil.example\r\n'));
  assert.match(await foreign.head(), /^HTTP\/1\.1 403 /);
});

test('an address that asks too often gets 429, and tunnels above their limit 503', async (t) => {
  const kit = await GatewayKit.start(t, {
    limits: { ratePerAddress: { perSecond: 1, burst: 1 }, tunnels: 0 },
  });
  const client = await kit.connect();
  client.write(
    get(
      '/',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    ),
  );
  assert.match(await client.head(), /^HTTP\/1\.1 503 /);
  const second = await kit.ask(get('/'));
  second.client.destroy();
  const third = await kit.connect();
  third.write(get('/'));
  assert.match(await third.head(), /^HTTP\/1\.1 429 /);
});

test('another location is asked before a request is let in, and its answer sets variables', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: {
      access: {
        authRequest: {
          uri: ['/auth?for=', variable('uri')],
          set: [{ variable: 'who', value: [variable('upstream_http_x_user')] }],
        },
      },
      forward: { setHeaders: [{ name: 'X-Who', value: [variable('who')] }] },
    },
  });
  const client = await kit.connect();
  client.write('POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  const asked = await kit.upstream.accept();
  const question = await asked.head();
  assert.match(question, /^GET \/auth\?for=\/in HTTP\/1\.1\r\nHost: a\r\n/);
  assert.doesNotMatch(question, /Content-Length/);
  asked.write('HTTP/1.1 204 No Content\r\nX-User: ada\r\n\r\n');
  const admitted = await asked.head();
  assert.match(admitted, /^POST \/in HTTP\/1\.1\r\nX-Who: ada\r\n/);
  assert.equal(await asked.bytes(5), 'hello');
  const refused = await kit.connect();
  refused.write(get('/in'));
  const again = await kit.upstream.accept();
  await again.head();
  again.write('HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n');
  assert.match(await refused.head(), /^HTTP\/1\.1 401 .*\r\nWWW-Authenticate: Bearer\r\n/s);
});
