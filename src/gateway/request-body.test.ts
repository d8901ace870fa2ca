/** Bodies that wait, are gathered or are sent again, as clients and servers see them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestCertificates } from './testing/certificates.ts';
import { GatewayKit, routeModel, tcpServer, upstreamModel } from './testing/gateway-kit.ts';
import { LateServer } from './testing/late-server.ts';
import { RawServer } from './testing/raw-socket.ts';
import { modelOf } from './upstream/testing/upstreams-kit.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());
const certificate = certificates.make('late.test');
const upstreamTls = { verify: false, serverName: 'late.test' };

/** Resolves when the gateway has read what other clients had sent before. */
async function others(kit: GatewayKit): Promise<void> {
  const other = await kit.connect();
  other.write('GET /../ HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await other.head(), /^HTTP\/1\.1 400 /);
}

const buffered = { route: { forward: { buffersBody: true } } };
const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

test('no server is asked before the body is whole, and then its length is known', async (t) => {
  const kit = await GatewayKit.start(t, buffered);
  const client = await kit.connect();
  client.write(`${chunked}5\r\nhello\r\n`);
  client.write('5\r\nworld\r\n');
  // The gateway has read all of that once it answers another client.
  const other = await kit.ask('GET /other HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(kit.upstream.connections, 1);
  other.upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await other.client.head();
  client.write('0\r\nX-Trailer: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  const head = await other.upstream.head();
  assert.match(head, /^POST .*\r\nContent-Length: 10\r\n/s);
  assert.doesNotMatch(head, /transfer-encoding/i);
  assert.equal(await other.upstream.bytes(10), 'helloworld');
  other.upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  assert.match(await other.upstream.head(), /^GET \/next /);
});

test('a client that waits for leave to send gets it from the gateway, and the upstream is not asked for it', async (t) => {
  const kit = await GatewayKit.start(t, buffered);
  const client = await kit.connect();
  client.write('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
  client.write('hi');
  const upstream = await kit.upstream.accept();
  assert.doesNotMatch(await upstream.head(), /expect/i);
  assert.equal(await upstream.bytes(2), 'hi');
});

test('what cannot be is refused before a server is asked, and who goes has asked none', async (t) => {
  const kit = await GatewayKit.start(t, { route: { ...buffered.route, maxBodyBytes: 8 } });
  for (const [rest, status] of [
    ['5\r\nhello\r\n5\r\nworld\r\n', 413],
    ['5\nhello\r\n', 400],
  ] as const) {
    const client = await kit.connect();
    client.write(chunked);
    client.write(rest);
    assert.match(await client.rest(), new RegExp(`^HTTP/1.1 ${status} `));
  }
  const gone = await kit.connect();
  gone.write(`${chunked}5\r\nhello\r\n`);
  gone.end();
  await kit.opened({ clients: 0 });
  assert.equal(kit.upstream.connections, 0);
});

test('a body that is too long to be gathered goes up as it comes', async (t) => {
  const kit = await GatewayKit.start(t, buffered);
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const { client, upstream, head } = await kit.ask(chunked + chunk.repeat(17));
  assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
  client.write('0\r\n\r\n');
  const body = await upstream.until('\r\n0\r\n\r\n');
  assert.equal(body.replace(/[^x]/g, '').length, 17 * 65_536);
});

test('a client that sends its body too slowly is told so while it is gathered', async (t) => {
  const kit = await GatewayKit.start(t, { ...buffered, limits: { bodyMs: 100 } });
  const client = await kit.connect();
  client.write(`${chunked}5\r\nhello\r\n`);
  assert.match(await client.rest(), /^HTTP\/1\.1 408 /);
});

test('a request that comes behind a body before anybody is to have that body stays behind it', async (t) => {
  const kit = await GatewayKit.start(t, { route: { access: { authRequest: { uri: ['/auth'] } } } });
  const client = await kit.connect();
  client.write(`${chunked.replace('POST', 'PUT')}5\r\nhello\r\n0\r\n\r\n`);
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^GET \/auth /);
  client.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await others(kit);
  const empty = 'HTTP/1.1 204 No Content\r\n\r\n';
  upstream.write(empty);
  assert.match(await upstream.head(), /^PUT /);
  assert.equal(await upstream.until('0\r\n\r\n'), '5\r\nhello\r\n0\r\n\r\n');
  upstream.write(empty);
  await client.head();
  assert.match(await upstream.head(), /^GET \/auth /);
  upstream.write(empty);
  assert.match(await upstream.head(), /^GET \/next /);
  upstream.write(empty);
  await client.head();
});

test('a request that comes behind a gathered body before a server is reached is answered after it', async (t) => {
  const server = await LateServer.listen(t, certificate);
  const kit = await GatewayKit.start(t, { ...buffered, server: server.model, upstreamTls });
  const client = await kit.connect();
  client.write(`${chunked}5\r\nhello\r\n0\r\n\r\n`);
  const socket = await server.accept();
  client.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await others(kit);
  const upstream = server.bringUp(socket);
  assert.match(await upstream.head(), /^POST /);
  assert.equal(await upstream.bytes(5), 'hello');
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  assert.match(await upstream.head(), /^GET \/next /);
});

test('a body that grows while another server is connected to comes there from its beginning', async (t) => {
  const servers = [
    await LateServer.listen(t, certificate),
    await LateServer.listen(t, certificate),
  ] as const;
  const upstream = modelOf(
    servers.map(({ model }) => model),
    { tls: upstreamTls },
  );
  const kit = await GatewayKit.start(t, { route: { upstream } });
  const client = await kit.connect();
  client.write(`${chunked.replace('POST', 'PUT')}5\r\nhello\r\n`);
  const broken = await servers[0].accept();
  const first = servers[0].bringUp(broken);
  await first.head();
  await first.until('hello');
  first.destroy();
  broken.destroy();
  const socket = await servers[1].accept();
  const more = 'x'.repeat(256 * 1024);
  client.write(`${more.length.toString(16)}\r\n${more}\r\n0\r\n\r\n`);
  await others(kit);
  const second = servers[1].bringUp(socket);
  await second.head();
  const body = await second.until('\r\n0\r\n\r\n');
  assert.ok(body.startsWith('5\r\nhello\r\n'));
  assert.equal(body.replace(/[^x]/g, '').length, more.length);
});

test('of a body that cannot be gathered, a named page gets nothing, and what still comes is no request', async (t) => {
  const page = await RawServer.listen();
  t.after(() => page.close());
  const kit = await GatewayKit.start(t, {
    site: {
      namedRoutes: {
        '@page': { ...routeModel('/', upstreamModel(tcpServer(page.port))), ...buffered.route },
      },
    },
    route: {
      ...buffered.route,
      maxBodyBytes: 8,
      response: { errorPages: [{ statuses: [413], to: ['@page'] }] },
    },
  });
  const client = await kit.connect();
  const hidden = '0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
  client.write(`${chunked}5\r\nhello\r\n`);
  await others(kit);
  client.write(`${(5 + hidden.length).toString(16)}\r\nworld`);
  await others(kit);
  client.write(`${hidden}\r\n0\r\n\r\n`);
  const upstream = await page.accept();
  assert.match(await upstream.head(), /\r\nContent-Length: 0\r\n/);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbig');
  assert.match(await client.rest(), /^HTTP\/1\.1 413 .*\r\nConnection: close\r\n\r\nbig$/s);
  assert.equal(kit.upstream.connections, 0);
});
