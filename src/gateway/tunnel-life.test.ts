import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayKit } from './testing/gateway-kit.ts';
import type { RawSocket } from './testing/raw-socket.ts';

const handshake =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const accepted =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

async function open(kit: GatewayKit): Promise<{ client: RawSocket; upstream: RawSocket }> {
  const { client, upstream } = await kit.ask(handshake);
  upstream.write(accepted);
  await client.head();
  return { client, upstream };
}

/** A text frame of one byte, as a server sends it. */
const letter = '\x81\x01x';

/** A Ping of the gateway, and the Pong of a client that answers it. */
async function pingOf(client: RawSocket): Promise<{ pong: string }> {
  assert.equal(await client.bytes(2), '\x89\x08');
  const payload = Buffer.from(await client.bytes(8), 'latin1');
  const mask = Buffer.from([1, 2, 3, 4]);
  const hidden = payload.map((byte, i) => byte ^ (mask[i % 4] as number));
  return { pong: Buffer.concat([Buffer.from([0x8a, 0x88]), mask, hidden]).toString('latin1') };
}

test('a quiet WebSocket is pinged, between frames and never in one', async (t) => {
  const kit = await GatewayKit.start(t, { route: { tunnel: { pingMs: 100 } } });
  const { client, upstream } = await open(kit);
  await pingOf(client);
  upstream.write(letter.slice(0, 2));
  assert.equal(await client.bytes(2), letter.slice(0, 2));
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(client.pending, '');
  upstream.write(letter.slice(2));
  assert.equal(await client.bytes(1), 'x');
  await pingOf(client);
});

test('the Pong to a Ping of the gateway is not for the upstream, any other one is', async (t) => {
  const kit = await GatewayKit.start(t, { route: { tunnel: { pingMs: 100 } } });
  const { client, upstream } = await open(kit);
  const other = '\x8a\x80\x00\x00\x00\x00';
  const { pong } = await pingOf(client);
  client.write(`${other}${pong}${other}`);
  assert.equal(await upstream.bytes(12), other + other);
  const { pong: next } = await pingOf(client);
  client.write(next.slice(0, 9));
  await pingOf(client);
  client.write(next.slice(9) + other);
  assert.equal(await upstream.bytes(6), other);
});

test('answers to the gateway are no sign of life to the idle limit', async (t) => {
  const kit = await GatewayKit.start(t, { route: { tunnel: { pingMs: 100, idleMs: 600 } } });
  const { client } = await open(kit);
  for (let pings = 0; pings < 2; pings++) client.write((await pingOf(client)).pong);
  assert.match((await kit.logged(/tunnel ended by the gateway/)).message, /idle/);
});

test('a tunnel that is silent for too long is ended, one that is not goes on', async (t) => {
  const kit = await GatewayKit.start(t, { route: { tunnel: { idleMs: 300 } } });
  const { client, upstream } = await open(kit);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    upstream.write(letter);
    assert.equal(await client.bytes(3), letter);
  }
  assert.equal(await client.rest(), '');
  assert.equal(await upstream.rest(), '');
  client.end();
  upstream.end();
  const line = await kit.logged(/tunnel ended by the gateway/);
  assert.match(line.message, /idle/);
});

test('when the gateway ends, both sides of a WebSocket get a Close with 1001', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await open(kit);
  upstream.write(letter);
  assert.equal(await client.bytes(3), letter);
  const closed = kit.gateway.close({ drainMs: 0 });
  assert.equal(await client.bytes(4), '\x88\x02\x03\xe9');
  assert.equal(await upstream.bytes(8), '\x88\x82\x00\x00\x00\x00\x03\xe9');
  client.end();
  upstream.end();
  await closed;
  assert.match((await kit.logged(/tunnel ended by the gateway/)).message, /shutdown/);
});

test('the Close of the gateway waits for the end of a frame that is under way', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await open(kit);
  upstream.write('\x81\x04ab');
  assert.equal(await client.bytes(4), '\x81\x04ab');
  const closed = kit.gateway.close({ drainMs: 0 });
  assert.equal(await upstream.bytes(8), '\x88\x82\x00\x00\x00\x00\x03\xe9');
  upstream.write(`cd${letter}`);
  assert.equal(await client.rest(), 'cd\x88\x02\x03\xe9');
  client.end();
  upstream.end();
  await closed;
});

test('what the gateway ends and nobody else closes is cut', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client } = await open(kit);
  await kit.gateway.close({ drainMs: 0 });
  assert.equal(await client.bytes(4), '\x88\x02\x03\xe9');
  await kit.opened({ clients: 0, upstreams: 0, tunnels: 0 });
});

test('the log says who ended a tunnel, and with which code', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await open(kit);
  upstream.write('\x88\x02\x0f\xa1');
  upstream.end();
  assert.equal(await client.rest(), '\x88\x02\x0f\xa1');
  client.end();
  const line = await kit.logged(/tunnel ended/);
  assert.match(line.message, /by the upstream after .*close-frame/);
  assert.equal((line.facts as { closeCode?: number }).closeCode, 4001);
});

test('whoever sends the first Close ends a WebSocket, though the server closes the connection', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await open(kit);
  const close = '\x88\x82\x00\x00\x00\x00\x03\xe8';
  client.write(close);
  assert.equal(await upstream.bytes(8), close);
  upstream.write('\x88\x02\x03\xe8');
  upstream.end();
  assert.equal(await client.rest(), '\x88\x02\x03\xe8');
  client.end();
  const line = await kit.logged(/tunnel ended/);
  assert.match(line.message, /by the client after .*close-frame/);
  assert.equal((line.facts as { closeCode?: number }).closeCode, 1000);
});
