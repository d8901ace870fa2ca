import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { tempFolder } from '../../../test/kit/temp.ts';
import type { ListenerModel, SiteModel } from '../../config/model.ts';
import type { RouteModel } from '../../config/route-model.ts';
import {
  GatewayKit,
  type KitOptions,
  routeModel,
  siteModel,
  tcpServer,
  upstreamModel,
} from '../testing/gateway-kit.ts';
import { RawServer } from '../testing/raw-socket.ts';

type Place = { readonly kit: GatewayKit; readonly upstream: RawServer };

type Parts = {
  readonly routes: (upstream: RawServer) => readonly RouteModel[];
  readonly site?: Partial<SiteModel>;
  readonly listener?: Partial<ListenerModel>;
  readonly limits?: KitOptions['limits'];
};

async function start(t: TestContext, { routes, site, listener, limits }: Parts): Promise<Place> {
  const upstream = await RawServer.listen();
  t.after(() => upstream.close());
  const kit = await GatewayKit.start(t, {
    sites: [siteModel(undefined, routes(upstream), site)],
    ...(listener === undefined ? {} : { listener }),
    ...(limits === undefined ? {} : { limits }),
  });
  return { kit, upstream };
}

function route(path: string, upstream: RawServer, more: Partial<RouteModel> = {}): RouteModel {
  return { ...routeModel(path, upstreamModel(tcpServer(upstream.port))), ...more };
}

function get(path: string, ...lines: string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** The head of the answer to a request that must not reach the upstream. */
async function refusal({ kit, upstream }: Place, request: string): Promise<string> {
  const before = upstream.connections;
  const client = await kit.connect();
  client.write(request);
  const head = await client.head();
  client.destroy();
  assert.equal(upstream.connections, before, 'the upstream was asked');
  return head;
}

/** What the upstream gets of a request that is let in; it answers 204. */
async function passage({ kit, upstream }: Place, request: string): Promise<string> {
  const client = await kit.connect();
  client.write(request);
  const connection = await upstream.accept();
  const head = await connection.head();
  connection.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
  connection.end();
  assert.match(await client.head(), /^HTTP\/1\.1 204 /);
  client.destroy();
  return head;
}

test('a site behind a password asks for it, and lets in who has it', async (t) => {
  const usersPath = [join(tempFolder(t), 'users')];
  writeFileSync(usersPath[0] as string, `ann:${hashSync('secret', 4)}\n`);
  const access = { basic: { realm: ['people'], usersPath } };
  const place = await start(t, { routes: (upstream) => [route('/', upstream, { access })] });
  const challenged = await refusal(place, get('/'));
  assert.match(challenged, /^HTTP\/1\.1 401 /);
  assert.match(challenged, /\r\nWWW-Authenticate: Basic realm="people"\r\n/);
  const credentials = (text: string) =>
    `Authorization: Basic ${Buffer.from(text).toString('base64')}`;
  assert.match(await refusal(place, get('/', credentials('ann:hunter2'))), /^HTTP\/1\.1 401 /);
  for (let i = 0; i < 2; i++) {
    const head = await passage(place, get('/', credentials('ann:secret')));
    assert.ok(head.includes(credentials('ann:secret')));
  }
  assert.doesNotMatch(JSON.stringify(place.kit.lines), /secret|hunter2|YW5u/);
});

test('a server is asked first, and what it says goes on to the upstream', async (t) => {
  const access = {
    authRequest: {
      uri: ['/auth'],
      set: [{ variable: 'who', value: [{ variable: 'upstream_http_x_user' }] }],
    },
  };
  const forward = { setHeaders: [{ name: 'X-User', value: [{ variable: 'who' }] }] };
  const place = await start(t, {
    routes: (upstream) => [
      route('/', upstream, { access, forward }),
      route('/auth', upstream, { internal: true }),
    ],
  });
  const ask = async (answer: string) => {
    const client = await place.kit.connect();
    client.write(get('/page', 'Cookie: session=1', 'X-User: forged'));
    const asked = await place.upstream.accept();
    const head = await asked.head();
    assert.match(head, /^GET \/auth HTTP/);
    assert.match(head, /\r\nCookie: session=1\r\n/);
    asked.write(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    asked.end();
    return client;
  };
  const admitted = await ask('200 OK\r\nX-User: ann');
  const connection = await place.upstream.accept();
  const head = await connection.head();
  assert.match(head, /^GET \/page HTTP/);
  assert.match(head, /\r\nX-User: ann\r\n/);
  assert.doesNotMatch(head, /forged/);
  connection.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
  connection.end();
  assert.match(await admitted.head(), /^HTTP\/1\.1 204 /);
  const challenged = await ask('401 Unauthorized\r\nWWW-Authenticate: Bearer');
  assert.match(await challenged.head(), /^HTTP\/1\.1 401 .*\r\nWWW-Authenticate: Bearer\r\n/s);
  const denied = await ask('403 Forbidden');
  assert.match(await denied.head(), /^HTTP\/1\.1 403 /);
  const broken = await ask('302 Found\r\nLocation: /login');
  assert.match(await broken.head(), /^HTTP\/1\.1 500 /);
});

test('an address counts as trusted proxies say, for rules, rates and upstreams', async (t) => {
  const addresses = [
    { allow: false, network: '192.0.2.66' },
    { allow: true, network: '192.0.2.0/24' },
    { allow: false, network: 'all' },
  ];
  const place = await start(t, {
    routes: (upstream) => [route('/', upstream, { access: { addresses } })],
    site: { trust: { from: ['127.0.0.1'] } },
    limits: { ratePerAddress: { perSecond: 0.001, burst: 1 } },
  });
  const from = (address: string) => get('/', `X-Forwarded-For: ${address}`);
  assert.match(await refusal(place, from('192.0.2.66')), /^HTTP\/1\.1 403 /);
  assert.match(await refusal(place, from('198.51.100.1')), /^HTTP\/1\.1 403 /);
  for (let i = 0; i < 2; i++) {
    assert.match(await passage(place, from('192.0.2.1')), /\r\nX-Forwarded-For: 192\.0\.2\.1\b/);
  }
  assert.match(await refusal(place, from('192.0.2.1')), /^HTTP\/1\.1 429 /);
  await passage(place, from('192.0.2.2'));
});

test('the PROXY protocol tells the upstream who the client is', async (t) => {
  const place = await start(t, {
    routes: (upstream) => [route('/', upstream)],
    site: { trust: { from: ['all'], header: 'proxy_protocol' } },
    listener: { proxyProtocol: true },
  });
  const forged = get('/', 'X-Forwarded-For: 198.51.100.9', 'Forwarded: for=198.51.100.9');
  const head = await passage(place, `PROXY TCP6 2001:db8::1 ::1 1 2\r\n${forged}`);
  assert.match(head, /\r\nX-Forwarded-For: 2001:db8::1\r\n/);
  assert.doesNotMatch(head, /198\.51/);
});

test('fields of a proxy behind the PROXY protocol are followed by whom that protocol names', async (t) => {
  const place = await start(t, {
    routes: (upstream) => [route('/', upstream)],
    site: { trust: { from: ['all'], header: 'proxy_protocol', forwarded: true } },
    listener: { proxyProtocol: true },
  });
  const passedOn = get('/', 'X-Forwarded-For: 198.51.100.9', 'X-Forwarded-Proto: https');
  const head = await passage(place, `PROXY TCP4 192.0.2.8 10.0.0.1 1 2\r\n${passedOn}`);
  assert.match(head, /\r\nX-Forwarded-For: 198\.51\.100\.9, 192\.0\.2\.8\r\n/);
  assert.match(head, /\r\nForwarded: for=192\.0\.2\.8;.*proto=https\r\n/);
});

test('a page of another site opens no WebSocket where the upstream cannot tell', async (t) => {
  const forward = { origin: 'upstream', allowedOrigins: ['https://portal.test'] } as const;
  const place = await start(t, { routes: (upstream) => [route('/', upstream, { forward })] });
  const upgrade = (...more: string[]) =>
    get(
      '/',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...more,
    );
  for (const origin of ['https://evil.test', 'http://a.test.evil.test', 'null']) {
    assert.match(await refusal(place, upgrade(`Origin: ${origin}`)), /^HTTP\/1\.1 403 /, origin);
  }
  for (const lines of [[], ['Origin: http://a.test'], ['Origin: https://portal.test']]) {
    const client = await place.kit.connect();
    client.write(upgrade(...lines));
    const connection = await place.upstream.accept();
    await connection.head();
    connection.destroy();
    client.destroy();
  }
});
