/** WebSocket clients and servers that people use, with a site between them: all they can do works, and no bit is changed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Server as SocketIoServer } from 'socket.io';
import { io } from 'socket.io-client';
import { WebSocket, WebSocketServer } from 'ws';
import { startChild } from '../kit/child.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { startHttpServer } from '../kit/http-server.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { openSockets, socketsAreBackTo } from '../kit/open-sockets.ts';
import { run } from '../kit/run.ts';
import { atEnd } from '../kit/scope.ts';

leaveNothingBehind();

/** Where a product that fails could leave a test waiting for ever. */
const patience = { timeout: 30_000 };

const python = '/usr/bin/python3';

function siteTo(t: TestContext, port: number): Promise<Hatchway> {
  return startHatchway(t, {
    config: `sites: [{ host: localhost, to: "http://127.0.0.1:${port}" }]\n`,
  });
}

function clientPath(name: string): string {
  return join(import.meta.dirname, 'clients', name);
}

test('clients in Python, to a server in Python', patience, async (t) => {
  const server = startChild(t, python, [clientPath('websockets_server.py')]);
  const [, port] = await server.said(/port (\d+)/);
  const hatchway = await siteTo(t, Number(port));
  const before = openSockets(hatchway.pid);
  const url = `ws://localhost:${hatchway.port}/`;

  await t.test('websockets', async (inner) => {
    const ran = await run(inner, python, [clientPath('websockets_client.py'), url]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.deepEqual(ran.stdout.toString().trim().split('\n'), [
      ...['text', 'binary', 'fragments', 'ping', 'close', 'closed', 'without compression'],
    ]);
  });

  await t.test('autobahn', async (inner) => {
    const ran = await run(inner, python, [clientPath('autobahn_client.py'), url]);
    assert.equal(ran.stdout.toString(), 'clean 4321 4321\n', ran.stderr);
  });

  await socketsAreBackTo(before, hatchway.pid);
});

test('permessage-deflate is between client and server, bit for bit', patience, async (t) => {
  const { server, port } = await startHttpServer(t, (_request, response) => response.end());
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const atServer = await recordBytes(t, port);
  const hatchway = await siteTo(t, atServer.port);
  const atClient = await recordBytes(t, hatchway.port);

  const client = new WebSocket(`ws://localhost:${atClient.port}/`, {
    perMessageDeflate: { threshold: 0, clientMaxWindowBits: 10 },
    // The recorder's port is not the site's.
    headers: { host: 'localhost' },
  });
  atEnd(t, () => client.terminate());
  await once(client, 'open');
  const messages = ['a'.repeat(100_000), randomBytes(100_000), 'a'.repeat(100_000), ''];
  for (const message of messages) {
    client.send(message);
    const [answer] = (await once(client, 'message')) as [Buffer];
    assert.deepEqual(answer, Buffer.from(message));
  }
  client.close(4000, 'enough');
  assert.equal((await once(client, 'close'))[0], 4000);

  const [near, far] = [atClient.bytes(), atServer.bytes()];
  const negotiated = 'sec-websocket-extensions';
  assert.match(field(near.up, negotiated) ?? '', /client_max_window_bits=10/);
  assert.equal(field(far.up, negotiated), field(near.up, negotiated));
  assert.match(field(near.down, negotiated) ?? '', /client_max_window_bits=10/);
  assert.equal(field(near.down, negotiated), field(far.down, negotiated));
  assert.deepEqual(frames(far.up), frames(near.up));
  assert.deepEqual(frames(near.down), frames(far.down));
  assert.ok(frames(near.up).length < 150_000, 'nothing was compressed');
});

type Recorder = { port: number; bytes: () => { up: Buffer; down: Buffer } };

/** A TCP proxy that keeps what it carries, of all connections together. */
async function recordBytes(t: TestContext, to: number): Promise<Recorder> {
  const up: Buffer[] = [];
  const down: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: to, allowHalfOpen: true });
    sockets.push(near, far);
    near.on('data', (chunk: Buffer) => up.push(chunk)).on('error', () => {});
    far.on('data', (chunk: Buffer) => down.push(chunk)).on('error', () => {});
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  const bytes = () => ({ up: Buffer.concat(up), down: Buffer.concat(down) });
  return { port: address.port, bytes };
}

function field(bytes: Buffer, name: string): string | undefined {
  const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n'));
  return new RegExp(`^${name}: (.*?)\r?$`, 'im').exec(head)?.[1];
}

/** What follows the head. */
function frames(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
}

test('socket.io begins with polling, upgrades, and comes back after a cut', patience, async (t) => {
  const { server, port } = await startHttpServer(t, (_request, response) => response.end());
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => connections.add(connection));
  const sockets = new SocketIoServer(server);
  sockets.on('connection', (socket) => {
    socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer(value));
  });
  const transports = Promise.withResolvers<string[]>();
  sockets.engine.once('connection', (connection) => {
    const first = connection.transport.name;
    connection.once('upgrade', (next: { name: string }) => transports.resolve([first, next.name]));
  });
  atEnd(t, () => {
    sockets.engine.close();
  });
  const hatchway = await siteTo(t, port);
  const client = io(`http://localhost:${hatchway.port}`, {
    transports: ['polling', 'websocket'],
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
  });
  atEnd(t, () => {
    client.disconnect();
  });
  const binary = randomBytes(300_000);

  const connected = Promise.withResolvers<void>();
  client.once('connect', connected.resolve);
  await connected.promise;
  assert.equal(await client.emitWithAck('echo', 'while it upgrades'), 'while it upgrades');
  assert.deepEqual(await transports.promise, ['polling', 'websocket']);
  assert.deepEqual(await client.emitWithAck('echo', binary), binary);

  const { id } = client;
  const back = Promise.withResolvers<void>();
  client.once('connect', back.resolve);
  // As a server does that is killed: nobody says good-bye.
  for (const connection of connections) connection.destroy();
  await back.promise;
  assert.notEqual(client.id, id);
  assert.deepEqual(await client.emitWithAck('echo', binary), binary);
});
