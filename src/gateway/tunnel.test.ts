import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webSocketAccept } from '../http1/upgrade.ts';
import { GatewayKit } from './testing/gateway-kit.ts';
import type { RawSocket } from './testing/raw-socket.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

function handshake(changes: Record<string, string | undefined> = {}, line = 'GET /ws HTTP/1.1') {
  const fields: Record<string, string | undefined> = {
    Host: 'a.example',
    Connection: 'keep-alive, Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `${line}\r\n${lines.join('')}\r\n`;
}

const accept = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${webSocketAccept(key)}\r\n\r\n`;

/** A tunnel through the gateway, both heads read. */
async function tunnelThrough(kit: GatewayKit): Promise<{ client: RawSocket; upstream: RawSocket }> {
  const { client, upstream } = await kit.ask(handshake());
  upstream.write(accept);
  await client.head();
  return { client, upstream };
}

test('a WebSocket passes with key, accept, protocols and extensions untouched', async (t) => {
  const kit = await GatewayKit.start(t);
  const offer = {
    'Sec-WebSocket-Protocol': 'one, two',
    'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    Origin: 'https://a.example',
  };
  const { client, upstream, head } = await kit.ask(handshake(offer));
  assert.equal(
    head,
    'GET /ws HTTP/1.1\r\nHost: a.example\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: one, two\r\n` +
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n' +
      'Origin: https://a.example\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n' +
      'X-Forwarded-Host: a.example\r\nX-Forwarded-Port: 80\r\n' +
      'Forwarded: for=127.0.0.1;host=a.example;proto=http\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  upstream.write(
    accept.replace(
      'Sec-',
      'Sec-WebSocket-Protocol: two\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-',
    ),
  );
  assert.equal(
    await client.head(),
    'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: two\r\n' +
      `Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: ${webSocketAccept(key)}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  client.write('ping');
  assert.equal(await upstream.bytes(4), 'ping');
  upstream.write('pong');
  assert.equal(await client.bytes(4), 'pong');
  assert.equal(kit.gateway.open.tunnels, 1);
});

test('keeps the bytes that arrive with the request head, and sends nothing before the 101', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(`${handshake()}early`);
  client.write(' bird');
  upstream.write('HTTP/1.1 103 Early Hints\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 103 /);
  assert.equal(upstream.pending, '');
  upstream.write(accept);
  assert.equal(await upstream.bytes(10), 'early bird');
});

test('keeps the bytes that arrive with the 101', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(handshake());
  upstream.write(`${accept}prompt $ `);
  await client.head();
  assert.equal(await client.bytes(9), 'prompt $ ');
});

test('a 101 in any cut of its bytes opens the tunnel, and loses none behind it', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(handshake());
  for (const byte of `${accept}after`) {
    upstream.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.head();
  assert.equal(await client.bytes(5), 'after');
});

test('each direction ends on its own', async (t) => {
  const kit = await GatewayKit.start(t);
  const first = await tunnelThrough(kit);
  first.client.end('that is all');
  assert.equal(await first.upstream.rest(), 'that is all');
  first.upstream.write('still');
  first.upstream.end(' here');
  assert.equal(await first.client.rest(), 'still here');

  const second = await tunnelThrough(kit);
  second.upstream.end('bye');
  assert.equal(await second.client.rest(), 'bye');
  second.client.write('one more');
  assert.equal(await second.upstream.bytes(8), 'one more');
  second.client.end();
  assert.equal(await second.upstream.rest(), '');
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('a client that ends its side before the 101 still reads what follows', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(`${handshake()}input`);
  client.end();
  upstream.write(accept);
  assert.equal(await upstream.rest(), 'input');
  upstream.end('output');
  assert.match(await client.rest(), /\r\n\r\noutput$/);
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('a side that is cut cuts the other', async (t) => {
  const kit = await GatewayKit.start(t);
  const first = await tunnelThrough(kit);
  first.upstream.reset();
  assert.equal(await first.client.gone(), 'ECONNRESET');
  const second = await tunnelThrough(kit);
  second.client.reset();
  assert.equal(await second.upstream.gone(), 'ECONNRESET');
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('a refusal reaches the client with the upstream’s own status, fields and body', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(handshake({ Origin: 'https://b.example' }));
  upstream.write(
    'HTTP/1.1 403 No\r\nX-Why: origin\r\nContent-Length: 6\r\n\r\nforget HTTP/1.1 200 OK\r\n',
  );
  assert.equal(
    await client.head(),
    'HTTP/1.1 403 No\r\nX-Why: origin\r\nContent-Length: 6\r\n\r\n',
  );
  assert.equal(await client.bytes(6), 'forget');
  await upstream.gone();
  const line = await kit.logged(/upgrade refused/);
  assert.match(line.message, /403 .*Origin https:\/\/b\.example is not the Host a\.example/);
  // Without early bytes the connection is an ordinary one again.
  client.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  const next = await kit.upstream.accept();
  assert.match(await next.head(), /^GET \/ /);
});

test('early bytes of a refused upgrade are never a request', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    `${handshake()}GET /internal HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  );
  upstream.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno');
  assert.equal(
    await client.rest(),
    'HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
  );
  await upstream.gone();
  assert.equal(upstream.pending, '');
  assert.equal(kit.upstream.connections, 1);
});

test('a 426 keeps the name of what the upstream wants', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(handshake());
  upstream.write(
    'HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n',
  );
  assert.match(await client.head(), /\r\nUpgrade: other\r\nConnection: Upgrade\r\n/);
});

test('a handshake that cannot be one is answered by the gateway', async (t) => {
  const kit = await GatewayKit.start(t);
  const cases: [request: string, answer: RegExp][] = [
    [
      handshake({ 'Sec-WebSocket-Version': '8' }),
      /^HTTP\/1\.1 426 .*Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n.*HW_WEBSOCKET_VERSION/s,
    ],
    [handshake({ 'Sec-WebSocket-Key': 'short' }), /^HTTP\/1\.1 400 .*HW_WEBSOCKET_REQUEST/s],
    [handshake({}, 'POST /ws HTTP/1.1'), /^HTTP\/1\.1 400 .*HW_WEBSOCKET_REQUEST/s],
    [`${handshake({ 'Content-Length': '4' })}body`, /^HTTP\/1\.1 400 .*HW_WEBSOCKET_REQUEST/s],
  ];
  for (const [request, answer] of cases) {
    const client = await kit.connect();
    client.write(`${request}early`);
    assert.match(await client.rest(), answer);
    client.end();
  }
  assert.equal(kit.upstream.connections, 0);
});

test('a 101 that nobody asked for, or that is not the answer, is a 502', async (t) => {
  const kit = await GatewayKit.start(t);
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const cases: [request: string, answer: string][] = [
    [get, accept],
    [handshake(), accept.replace(/Accept: .*/, 'Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
    [handshake(), accept.replace('websocket', 'h2c')],
    [handshake(), accept.replace('Connection: Upgrade\r\n', '')],
    [handshake(), accept.replace('Sec-', 'Sec-WebSocket-Protocol: unoffered\r\nSec-')],
  ];
  for (const [request, answer] of cases) {
    const { client, upstream } = await kit.ask(request);
    upstream.write(`${answer}secret`);
    assert.match(await client.until(')\n'), /^HTTP\/1\.1 502 .*HW_UPSTREAM_BAD_UPGRADE/s);
    assert.equal(client.pending.trim(), '');
    await upstream.gone();
  }
  assert.equal(kit.gateway.open.tunnels, 0);
  assert.match((await kit.logged(/101/)).message, /nobody asked for it/);
});

test('a listed token may come with a body, and its tunnel begins behind it', async (t) => {
  const kit = await GatewayKit.start(t, { upgradeTokens: ['websocket', 'tcp'] });
  const body = '{"Detach":false,"Tty":true}';
  const { client, upstream, head } = await kit.ask(
    'POST /v1.41/exec/1/start HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n${body}ls\n`,
  );
  assert.match(head, /Connection: Upgrade\r\nUpgrade: tcp\r\n/);
  assert.equal(await upstream.bytes(body.length), body);
  assert.equal(upstream.pending, '');
  upstream.write(
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n' +
      'Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n$ ',
  );
  assert.equal(
    await client.head(),
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n' +
      'Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  assert.equal(await client.bytes(2), '$ ');
  assert.equal(await upstream.bytes(3), 'ls\n');
  client.end();
  assert.equal(await upstream.rest(), '');
  upstream.end('bin\n');
  assert.equal(await client.rest(), 'bin\n');
});

test('a 101 before the whole request is none', async (t) => {
  const kit = await GatewayKit.start(t, { upgradeTokens: ['tcp'] });
  const { client, upstream } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nab',
  );
  upstream.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  assert.match(await client.rest(), /^HTTP\/1\.1 502 .*HW_UPSTREAM_BAD_UPGRADE/s);
});

test('what is not listed is passed on as an ordinary request, and the log says what to write', async (t) => {
  const kit = await GatewayKit.start(t);
  const cases: [request: string, message: RegExp][] = [
    [handshake({ Upgrade: 'h2c', 'HTTP2-Settings': 'AAA' }), /to h2c is never allowed/],
    [handshake({ Upgrade: 'tcp' }), /"upgrade: \[websocket, tcp\]"/],
    [handshake({ Upgrade: 'websocket, h2c' }), /several protocols/],
    [handshake({ Upgrade: undefined }), /dropped the Upgrade field/],
    [handshake({ Connection: 'close' }), /Connection field is "close"/],
    [handshake({}, 'GET /ws HTTP/1.0'), /as HTTP\/1\.0/],
  ];
  for (const [request, message] of cases) {
    const { client, upstream, head } = await kit.ask(request);
    assert.doesNotMatch(head, /^(upgrade|connection|http2-settings):/im);
    upstream.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    await client.head();
    assert.match((await kit.logged(message)).message, /passed on without upgrade/);
    kit.lines.length = 0;
    client.end();
  }
});

test('a tunnel is logged when it ends, with 101 and what went to the client', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(handshake({ 'User-Agent': 'w' }));
  upstream.write(`${accept}12345`);
  await client.head();
  upstream.write('67890');
  await client.bytes(10);
  client.end('123');
  upstream.end();
  await client.rest();
  await kit.opened({ tunnels: 0 });
  assert.deepEqual(await kit.accessLines(), ['"GET /ws HTTP/1.1" 101 10 "-" "w"']);
});

test('closing the gateway lets tunnels end by themselves first, then ends them', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await tunnelThrough(kit);
  const closing = kit.gateway.close({ drainMs: 10_000 });
  client.write('late');
  assert.equal(await upstream.bytes(4), 'late');
  client.end();
  upstream.end();
  await closing;

  const other = await GatewayKit.start(t);
  const open = await tunnelThrough(other);
  await other.gateway.close({ drainMs: 0 });
  await Promise.all([open.client.gone(), open.upstream.gone()]);
});
