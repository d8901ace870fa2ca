import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { tempFolder } from '../../test/kit/temp.ts';
import type { RouteModel } from '../config/route-model.ts';
import { AccessLog } from './access-log.ts';
import { AnswerRelay } from './answer-relay.ts';
import { ClientConnection } from './client-connection.ts';
import { AnswerSide } from './http2/answer-side.ts';
import { Http2Front } from './http2/http2-front.ts';
import { RequestSide } from './http2/request-side.ts';
import { Http2Client, startHttp2Gateway, testHost } from './http2/testing/http2-kit.ts';
import { ResponseChanges } from './response-changes.ts';
import { TestCertificates } from './testing/certificates.ts';
import {
  GatewayKit,
  type KitOptions,
  routeModel,
  tcpServer,
  upstreamModel,
} from './testing/gateway-kit.ts';
import { RawServer } from './testing/raw-socket.ts';
import { Tunnel } from './tunnel.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Whoever connects to it meets a mistake in the gateway's own process. */
const broken = upstreamModel({ kind: 'in-process', name: 'broken' });

function fault(): never {
  throw new TypeError('x is no function');
}

function start(context: TestContext, options: KitOptions = {}): Promise<GatewayKit> {
  return GatewayKit.start(context, { inProcess: { broken: fault }, ...options });
}

/** Waits for what the log says of the mistake. */
async function noted(kit: GatewayKit): Promise<void> {
  const { level, facts, message } = await kit.logged(/x is no function/);
  assert.equal(level, 'error');
  assert.match(message, /TypeError: x is no function$/);
  assert.match((facts as { at: string }).at, /fault\.test\.ts/);
}

/** Sends the parts of a request, and expects a 500 that is the end of this connection alone. */
async function expectFault(kit: GatewayKit, ...parts: string[]): Promise<void> {
  const client = await kit.connect();
  for (const part of parts) {
    client.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = await client.rest();
  client.end();
  assert.match(answer, /^HTTP\/1\.1 500 .*HW_GATEWAY_FAULT/s);
  assert.doesNotMatch(answer, /x is no/, 'nothing internal is told');
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0 });
}

test('a mistake in the gateway is a 500 of one request, a line in the log, and the end of the connection', async (t) => {
  const kit = await start(t, { route: { upstream: broken } });
  await expectFault(kit, get);
  await expectFault(kit, get);
  assert.equal((await kit.accessLines()).length, 2);
});

test('a mistake after the wait for a limit is one of one request', async (t) => {
  const kit = await start(t, {
    requestZones: [{ name: 'z', key: ['x'], perSecond: 100, bytes: 65_536 }],
    connectionZones: [{ name: 'c', key: ['x'], bytes: 65_536 }],
    route: {
      upstream: broken,
      limits: {
        requests: { limits: [{ zone: 'z', burst: 5 }] },
        connections: { limits: [{ zone: 'c', most: 1 }] },
      },
    },
  });
  // The second one has to wait; and it has a place, so the first one has given its own back.
  await expectFault(kit, get);
  await expectFault(kit, get);
  assert.ok(kit.lines.some(({ message }) => message.startsWith('delaying request')));
});

test('a mistake behind files that are not there is one of one request', async (t) => {
  const kit = await start(t, {
    route: {
      upstream: broken,
      files: { folder: [tempFolder(t)], try: { paths: [], otherwise: ['@next'] } },
    },
    site: { namedRoutes: { '@next': routeModel('/', broken) } },
  });
  await expectFault(kit, get);
});

test('a mistake once a body has been gathered is one of one request', async (t) => {
  const kit = await start(t, { route: { upstream: broken, forward: { buffersBody: true } } });
  await expectFault(kit, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n', 'abc');
});

test('a mistake while another server is asked is one of one request', async (t) => {
  const server = await RawServer.listen();
  t.after(() => server.close());
  const backups = broken.servers.map((one) => ({ ...one, backup: true }));
  const upstream = upstreamModel(tcpServer(server.port));
  const kit = await start(t, {
    route: {
      upstream: { ...upstream, servers: [...upstream.servers, ...backups] },
      forward: { retry: { on: ['error'] } },
    },
  });
  const client = await kit.connect();
  client.write(get);
  const connection = await server.accept();
  await connection.head();
  connection.destroy();
  assert.match(await client.rest(), /^HTTP\/1\.1 500 .*HW_GATEWAY_FAULT/s);
  client.end();
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a mistake where access is asked for is one of one request', async (t) => {
  const route: RouteModel = {
    ...routeModel('/', broken),
    access: { authRequest: { uri: ['/auth'] } },
  };
  const kit = await start(t, { site: { routes: [routeModel('/auth', broken)] }, route });
  await expectFault(kit, get);
});

test('a mistake in what is made of every answer of the gateway leaves a plain one', async (t) => {
  const kit = await start(t, {
    route: {
      upstream: broken,
      response: { addHeaders: [{ name: 'A', value: ['b'], always: true }] },
    },
  });
  t.mock.method(ResponseChanges.prototype, 'added', fault);
  await expectFault(kit, get);
});

test('a mistake in what is made of an answer is one of one request', async (t) => {
  const kit = await start(t, { route: { response: { hideHeaders: ['a'] } } });
  t.mock.method(ResponseChanges.prototype, 'of', fault);
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await client.rest(), /^HTTP\/1\.1 500 .*HW_GATEWAY_FAULT/s);
  client.end();
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a mistake within an answer cuts it', async (t) => {
  const kit = await start(t);
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  await client.until('hello');
  t.mock.method(AnswerRelay.prototype, 'push', fault);
  upstream.write('world');
  assert.equal(await client.rest(), '');
  client.end();
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a mistake before there is a request is answered, too', async (t) => {
  const kit = await start(t);
  t.mock.method(ClientConnection.prototype, 'siteOf', fault);
  await expectFault(kit, get);
});

test('a mistake in the access log ends the connection and gives back what the request held', async (t) => {
  const kit = await start(t, {
    connectionZones: [{ name: 'c', key: ['x'], bytes: 65_536 }],
    route: { limits: { connections: { limits: [{ zone: 'c', most: 1 }] } } },
  });
  const write = t.mock.method(AccessLog.prototype, 'write', fault);
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.gone();
  await noted(kit);
  write.mock.restore();
  const next = await kit.connect();
  next.write(get);
  await upstream.head();
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await next.head(), /^HTTP\/1\.1 204 /);
});

test('a mistake in a tunnel ends both of its sides', async (t) => {
  const kit = await start(t, { upgradeTokens: ['tcp'] });
  const { client, upstream } = await kit.ask(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  upstream.write('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await client.head();
  t.mock.method(Tunnel.prototype, 'bytesCame', fault);
  client.write('x');
  await Promise.all([client.gone(), upstream.gone()]);
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('a mistake when time is up is one of one request', async (t) => {
  const kit = await start(t, { timeouts: { readMs: 50 } });
  t.mock.method(kit.gateway.totals, 'upstreamFailed', fault);
  const { client } = await kit.ask(get);
  assert.match(await client.rest(), /^HTTP\/1\.1 500 .*HW_GATEWAY_FAULT/s);
  client.end();
  await noted(kit);
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('over HTTP/2 a mistake costs one stream, and the others of the connection go on', async (t) => {
  const kit = await startHttp2Gateway(t, certificates, {
    inProcess: { broken: fault },
    site: {
      certificate: certificates.make(testHost),
      routes: [routeModel('/broken', broken)],
    },
  });
  const client = await Http2Client.connect(t, kit.port);
  const other = client.ask();
  const upstream = await kit.upstream.accept();
  await upstream.head();
  assert.equal((await client.ask({ ':path': '/broken' })).status, 500);
  await noted(kit);
  const serve = t.mock.method(Http2Front.prototype, 'serve', fault);
  await assert.rejects(client.ask());
  serve.mock.restore();
  const side = t.mock.method(AnswerSide.prototype, 'onDrain', fault);
  t.mock.method(RequestSide.prototype, 'onEnd', fault);
  await assert.rejects(client.ask({ ':method': 'POST' }, 'abc'));
  side.mock.restore();
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.equal((await other).status, 204);
});

test('a mistake with a connection that was accepted closes it', async (t) => {
  const kit = await start(t);
  t.mock.method(kit.gateway.totals, 'connectionAccepted', fault);
  const client = await kit.connect();
  client.socket.on('error', () => {});
  await client.gone();
  await noted(kit);
});
