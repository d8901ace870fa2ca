import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import { silentLog } from '../base/log.ts';
import { webSocketAccept } from '../http1/upgrade.ts';
import { Gateway } from './gateway.ts';
import { TestCertificates } from './testing/certificates.ts';
import {
  GatewayKit,
  limits,
  routeModel,
  siteModel,
  tcpServer,
  upstreamModel,
} from './testing/gateway-kit.ts';
import { RawServer, RawSocket, rawConnect } from './testing/raw-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'hatchway-sockets-'));
const certificates = new TestCertificates();
after(() => {
  certificates.remove();
  rmSync(folder, { recursive: true });
});

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const noContent = 'HTTP/1.1 204 No Content\r\n\r\n';

async function tlsClient(kit: GatewayKit, servername: string): Promise<RawSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: kit.port,
    servername,
    rejectUnauthorized: false,
    ...{ allowHalfOpen: true },
  });
  await once(socket, 'secureConnect');
  return new RawSocket(socket);
}

test('host, then path, choose the upstream', async (t) => {
  const servers = await Promise.all([RawServer.listen(), RawServer.listen(), RawServer.listen()]);
  t.after(() => Promise.all(servers.map((server) => server.close())));
  const [a, api, other] = servers.map((server) => upstreamModel(tcpServer(server.port)));
  assert.ok(a && api && other);
  const kit = await GatewayKit.start(t, {
    sites: [
      siteModel('other.example', [routeModel('/only/', other)]),
      siteModel('a.example', [routeModel('/', a), routeModel('/api/', api)]),
    ],
  });
  const cases: [host: string, path: string, server: number | undefined][] = [
    ['a.example', '/', 0],
    ['A.EXAMPLE.:8080', '/api', 0],
    ['a.example', '/x/..//api/%78', 1],
    ['other.example', '/only/x', 2],
    ['unknown.example', '/only/x', 2],
    ['other.example', '/', undefined],
  ];
  const client = await kit.connect();
  for (const [host, path, index] of cases) {
    client.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    if (index === undefined) {
      assert.match(await client.until(')\n'), /^HTTP\/1\.1 404 .*HW_NO_ROUTE/s);
      continue;
    }
    const upstream = await (servers[index] as RawServer).accept();
    assert.ok((await upstream.head()).startsWith(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n`));
    upstream.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    await client.head();
  }
});

test('an absolute target is for the host that it names', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream, head } = await kit.ask(
    'GET http://real.example/x?y HTTP/1.1\r\nHost: claimed.example\r\nUser-Agent: u\r\n\r\n',
  );
  assert.match(head, /^GET \/x\?y HTTP\/1\.1\r\nHost: real\.example\r\n/);
  upstream.write(noContent);
  await client.head();
  assert.deepEqual(await kit.accessLines(), [
    '"GET http://real.example/x?y HTTP/1.1" 204 0 "-" "u"',
  ]);
});

test('TLS: the certificate goes by name, the site by Host, and the upstream hears https', async (t) => {
  const upstream = await RawServer.listen();
  t.after(() => upstream.close());
  const routes = [routeModel('/', upstreamModel(tcpServer(upstream.port)))];
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: ['first.example', 'second.example'].map((host) =>
      siteModel(host, routes, { certificate: certificates.make(host) }),
    ),
  });
  const client = await tlsClient(kit, 'second.example');
  const { subject } = (client.socket as ReturnType<typeof connectTls>).getPeerCertificate();
  assert.equal(subject.CN, 'second.example');
  client.write('GET / HTTP/1.1\r\nHost: first.example\r\n\r\n');
  const up = await upstream.accept();
  assert.match(await up.head(), /X-Forwarded-Proto: https\r\nX-Forwarded-Host: first\.example\r\n/);
  up.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello');
  await client.head();
  assert.equal(await client.bytes(5), 'hello');
  client.end();
  assert.equal(await client.rest(), '');
  await kit.opened({ clients: 0 });
});

test('TLS: half-close and a cut pass through a tunnel', async (t) => {
  const upstream = await RawServer.listen();
  t.after(() => upstream.close());
  const route = routeModel('/', upstreamModel(tcpServer(upstream.port)), ['tcp']);
  const certificate = certificates.make('tunnel.example');
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('tunnel.example', [route], { certificate })],
  });
  const open = async () => {
    const client = await tlsClient(kit, 'tunnel.example');
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    const up = await upstream.accept();
    await up.head();
    up.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    await client.head();
    return { client, up };
  };
  const first = await open();
  first.client.end('in');
  assert.equal(await first.up.rest(), 'in');
  first.up.end('out');
  assert.equal(await first.client.rest(), 'out');
  const second = await open();
  second.up.reset();
  await second.client.gone();
  second.client.destroy();
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('TLS: plain HTTP to its port is told so', async (t) => {
  const certificate = certificates.make('plain.example');
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('plain.example', [], { certificate })],
  });
  const client = await kit.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n');
  assert.match(await client.rest(), /^HTTP\/1\.1 400 .*<!doctype html>.*HW_PLAIN_HTTP_TO_TLS/is);
  client.end();
  const silent = await kit.connect();
  silent.end();
  await silent.gone();
  await kit.opened({ clients: 0 });
});

test('TLS: a handshake that comes to nothing is a line in the log and no more', async (t) => {
  const certificate = certificates.make('broken.example');
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('broken.example', [], { certificate })],
  });
  const garbled = await kit.connect();
  garbled.write('\x16\x03\x01\x00\x04junk');
  await kit.logged(/TLS handshake with a client failed/);
  await garbled.gone();
  const left = await kit.connect();
  left.write('\x16\x03\x01');
  left.reset();
  garbled.end();
  await kit.opened({ clients: 0 });
});

test('TLS: who begins a handshake and does not go on is sent away, though it ends its own side first', async (t) => {
  const certificate = certificates.make('slow.example');
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('slow.example', [], { certificate })],
    limits: { headMs: 200 },
  });
  const [silent, ended] = [await kit.connect(), await kit.connect()];
  silent.write('\x16\x03\x01');
  ended.write('\x16\x03\x01');
  ended.end();
  await Promise.all([silent.gone(), ended.gone()]);
  await kit.logged(/TLS handshake with a client failed/);
  silent.end();
  await kit.opened({ clients: 0 });
});

test('TLS: who ends its side within a handshake has gone at once', async (t) => {
  const certificate = certificates.make('gone.example');
  const route = routeModel('/', upstreamModel(tcpServer(1)));
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('gone.example', [route], { certificate })],
  });
  const hello = await clientHello(t, 'gone.example');
  const within = await kit.connect();
  within.write(hello.subarray(0, 40));
  await kit.opened({ clients: 1 });
  within.end();
  await within.gone();
  const together = await kit.connect();
  together.socket.end(hello.subarray(0, 40));
  await together.gone();
  const behind = await kit.connect();
  behind.write(hello);
  // All of the gateway's flight is here, or on its way.
  await behind.bytes(1);
  behind.end();
  await behind.gone();
  await kit.opened({ clients: 0 });
});

test('TLS: who ends its side right behind the handshake may still have a tunnel', async (t) => {
  const upstream = await RawServer.listen();
  t.after(() => upstream.close());
  const route = routeModel('/', upstreamModel(tcpServer(upstream.port)), ['tcp']);
  const certificate = certificates.make('early.example');
  const kit = await GatewayKit.start(t, {
    tls: true,
    sites: [siteModel('early.example', [route], { certificate })],
  });
  const client = new RawSocket(
    connectTls({
      socket: connect({ host: '127.0.0.1', port: kit.port, allowHalfOpen: true }),
      servername: 'early.example',
      rejectUnauthorized: false,
    }),
  );
  client.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  const up = await upstream.accept();
  await up.head();
  up.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  assert.equal(await up.rest(), '');
  up.end('out');
  await client.head();
  assert.equal(await client.rest(), 'out');
});

/** The first bytes of a TLS client, all of its ClientHello. */
async function clientHello(t: TestContext, servername: string): Promise<Buffer> {
  const server = await RawServer.listen();
  const client = connectTls({ host: '127.0.0.1', port: server.port, servername });
  client.on('error', () => {});
  t.after(async () => {
    client.destroy();
    await server.close();
  });
  const connection = await server.accept();
  const head = Buffer.from(await connection.bytes(5), 'latin1');
  const body = await connection.bytes(head.readUInt16BE(3));
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

test('a TLS handshake to a plain port is a line in the log', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = connectTls({ host: '127.0.0.1', port: kit.port });
  await assert.rejects(once(client, 'secureConnect'));
  await kit.logged(/TLS handshake came to a port that speaks plain HTTP/);
});

test('an https upstream is verified before it hears a word', async (t) => {
  const { certPath, keyPath } = certificates.make('up.example');
  let heard = '';
  const server = createTlsServer(
    { cert: readFileSync(certPath), key: readFileSync(keyPath) },
    (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        heard += chunk;
        socket.end(`${noContent.slice(0, -2)}X-Name: ${socket.servername}\r\n\r\n`);
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const tls = { verify: true, serverName: 'up.example' };
  const options = { server: tcpServer(address.port), upstreamTls: tls };

  const strict = await GatewayKit.start(t, options);
  const refused = await strict.connect();
  refused.write(get);
  assert.match(await refused.until(')\n'), /^HTTP\/1\.1 502 .*HW_UPSTREAM_TLS/s);
  const line = await strict.logged(/self-signed/);
  assert.match((line.facts as { remedy: string }).remedy, /"verify: false"/);
  assert.equal(heard, '');

  for (const upstreamTls of [
    { ...tls, caPath: certPath },
    { ...tls, verify: false },
  ]) {
    const kit = await GatewayKit.start(t, { ...options, upstreamTls });
    const client = await kit.connect();
    client.write(get);
    assert.match(await client.head(), /X-Name: up\.example/);
  }
});

test('Unix sockets serve on both sides', async (t) => {
  const upstreamPath = join(folder, 'upstream.sock');
  const upstream = await RawServer.listen(upstreamPath);
  t.after(() => upstream.close());
  const path = join(folder, 'listen.sock');
  const kit = await GatewayKit.start(t, {
    server: { kind: 'unix', path: upstreamPath },
    listen: { kind: 'unix', path },
    upgradeTokens: ['tcp'],
  });
  assert.deepEqual(kit.address, { kind: 'unix', path });
  const client = await kit.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  const up = await upstream.accept();
  assert.match(await up.head(), /X-Forwarded-For: unix:\r\n/);
  up.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await client.head();
  client.end('in');
  assert.equal(await up.rest(), 'in');
  up.end('out');
  assert.equal(await client.rest(), 'out');
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a socket file that nobody listens on any more is taken over, a living one is not', async (t) => {
  const path = join(folder, 'taken.sock');
  const first = await GatewayKit.start(t, { listen: { kind: 'unix', path } });
  await assert.rejects(GatewayKit.start(t, { listen: { kind: 'unix', path } }), {
    code: 'HW_LISTEN_IN_USE',
    message: /taken\.sock/,
  });
  assert.ok(first.gateway);
  const dead = join(folder, 'dead.sock');
  // What a killed process leaves behind: a file that was bound and is listened on by nobody.
  const server = createServer().listen(dead);
  await once(server, 'listening');
  renameSync(dead, `${dead}.kept`);
  server.close();
  await once(server, 'close');
  renameSync(`${dead}.kept`, dead);
  const second = await GatewayKit.start(t, { listen: { kind: 'unix', path: dead } });
  const client = await second.connect();
  client.destroy();
});

test('an address that cannot be listened on is named with the reason, and the others are let go', async (t) => {
  const taken = await RawServer.listen();
  t.after(() => taken.close());
  const site = siteModel(undefined, []);
  const listener = (address: { host: string; port: number }) => ({
    address: { kind: 'tcp', ...address } as const,
    tls: false,
    sites: [site],
    defaultSite: site,
  });
  const free = await RawServer.listen();
  const { port } = free;
  await free.close();
  const attempt = (address: { host: string; port: number }) =>
    new Gateway(
      { listeners: [listener({ host: '127.0.0.1', port }), listener(address)], limits },
      { log: silentLog },
    ).listen();
  await assert.rejects(attempt({ host: '127.0.0.1', port: taken.port }), {
    code: 'HW_LISTEN_IN_USE',
    message: new RegExp(`127\\.0\\.0\\.1:${taken.port} is taken`),
  });
  await assert.rejects(attempt({ host: '192.0.2.1', port: 1 }), {
    code: 'HW_LISTEN_FAILED',
    message: /192\.0\.2\.1:1 is no address of this machine/,
  });
  await assert.rejects(rawConnect(port), { code: 'ECONNREFUSED' });
});

test('a server in this process answers requests and WebSockets, and hears what arrived', async (t) => {
  const server = createHttpServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(request.headers));
  });
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) => {
        webSocket.send(data);
        webSocket.close(1000, 'enough');
      });
    });
  });
  t.after(() => server.close());
  const kit = await GatewayKit.start(t, {
    server: { kind: 'in-process', name: 'console' },
    inProcess: { console: (connection) => server.emit('connection', connection) },
  });
  const client = await kit.connect();
  for (let i = 0; i < 3; i++) {
    client.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n');
    await client.head();
    const headers = JSON.parse(await client.until('}'));
    assert.equal(headers.via, '1.1 hatchway');
    assert.equal(headers['x-hatchway-connection'], 'Keep-Alive');
    assert.equal(headers['x-hatchway-upgrade'], undefined);
  }
  await kit.opened({ upstreams: 1 });

  const port = kit.port;
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
  webSocket.binaryType = 'arraybuffer';
  await new Promise((resolve) => webSocket.addEventListener('open', resolve));
  webSocket.send(new Uint8Array(100_000).fill(7));
  const message = await new Promise<MessageEvent>((resolve) =>
    webSocket.addEventListener('message', resolve as (event: unknown) => void),
  );
  assert.deepEqual(new Uint8Array(message.data), new Uint8Array(100_000).fill(7));
  const closed = await new Promise<CloseEvent>((resolve) =>
    webSocket.addEventListener('close', resolve as (event: unknown) => void),
  );
  assert.deepEqual([closed.code, closed.reason], [1000, 'enough']);
  await kit.opened({ tunnels: 0 });
});

test('a server in this process that breaks off is seen as such', async (t) => {
  const server = createHttpServer((_, response) => {
    response.write('begun');
    setImmediate(() => response.destroy());
  });
  t.after(() => server.close());
  const kit = await GatewayKit.start(t, {
    server: { kind: 'in-process', name: 'console' },
    inProcess: { console: (connection) => server.emit('connection', connection) },
  });
  const client = await kit.connect();
  client.write(get);
  assert.match(await client.rest(), /\r\n5\r\nbegun\r\n$/);
});

test('a model that names a server which does not run is refused', async (t) => {
  await assert.rejects(GatewayKit.start(t, { server: { kind: 'in-process', name: 'nobody' } }), {
    code: 'HW_NO_SERVER',
    message: /nobody/,
  });
});

test('each request has its line in the access log', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    'GET /a?token=secret HTTP/1.1\r\nHost: a\r\nReferer: https://b/?token=secret\r\n' +
      `User-Agent: "me"\r\nAuthorization: Basic ${btoa('ann:pw')}\r\n\r\n`,
  );
  upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  await client.until('0\r\n\r\n');
  client.write('TRACE /t HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(')\n');
  client.write('nonsense\r\n\r\n');
  await client.rest();
  const [first, second, third, ...more] = await kit.accessLines();
  assert.equal(
    first,
    '"GET /a?token=REDACTED HTTP/1.1" 200 15 "https://b/?token=REDACTED" "\\x22me\\x22"',
  );
  assert.match(second ?? '', /^"TRACE \/t HTTP\/1\.1" 405 \d+ "-" "-"$/);
  assert.match(third ?? '', /^"-" 400 \d+ "-" "-"$/);
  assert.deepEqual(more, []);
});

test('closing refuses new clients, ends idle ones at once and lets answers finish', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(get);
  const { client: idle, upstream: other } = await kit.ask(get);
  other.write(noContent);
  await idle.head();
  const closing = kit.gateway.close({ drainMs: 20_000 });
  assert.equal(await idle.rest(), '');
  await assert.rejects(rawConnect(kit.port), { code: 'ECONNREFUSED' });
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
  assert.match(await client.rest(), /Connection: close\r\n\r\ndone$/);
  client.end();
  await closing;
  assert.equal(kit.gateway.close({ drainMs: 0 }), kit.gateway.close({ drainMs: 0 }));
});

test('whoever has connected when the gateway closes is served, though not accepted yet', async (t) => {
  const kit = await GatewayKit.start(t, {
    route: { rules: [{ kind: 'return', status: 200, text: ['served'] }] },
  });
  const sockets = Array.from({ length: 40 }, () => connect(kit.port, '127.0.0.1'));
  const clients = sockets.map((socket) => new RawSocket(socket));
  await once(sockets[0] as Socket, 'connect');
  const closing = kit.gateway.close({ drainMs: 20_000 });
  for (const client of clients) client.write(get);
  for (const client of clients) {
    assert.match(await client.rest(), /Connection: close\r\n.*served$/s);
    client.end();
  }
  await closing;
});

test('what does not finish within the drain is cut', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(get);
  await kit.gateway.close({ drainMs: 20 });
  // It was the gateway that has cut it, and no upstream.
  assert.deepEqual(kit.lines, []);
  await Promise.all([client.gone(), upstream.gone()]);
  assert.deepEqual(kit.gateway.open, { clients: 0, upstreams: 0, tunnels: 0 });
});

test('a hundred clients that come, ask, upgrade and go in every way leave no socket behind', async (t) => {
  const kit = await GatewayKit.start(t);
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const upgrade = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
  const requests = ['', 'GET', get, upgrade];
  const answers = [
    '',
    'HTTP/1.1 200',
    'HTTP/1.1 200 OK\r\n\r\nx',
    noContent,
    `HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${webSocketAccept(key)}\r\n\r\n`,
  ];
  const ways = ['end', 'reset', 'destroy'] as const;
  for (let i = 0; i < 100; i++) {
    const request = requests[i % requests.length] as string;
    const client = await kit.connect();
    client.write(request);
    if (request.endsWith('\r\n\r\n')) {
      const upstream = await kit.upstream.accept();
      await upstream.head();
      const answer = answers[i % answers.length] as string;
      upstream.write(answer);
      if (answer.endsWith('x') || answer.endsWith('\r\n\r\n')) await client.head();
      upstream[ways[(i >> 1) % ways.length] as 'end']();
    }
    client[ways[i % ways.length] as 'end']();
  }
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});
