/** A new version takes over while the old one holds what was open: `reusePort` and `drain`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { type Child, startChild } from '../kit/child.ts';
import { eventually } from '../kit/eventually.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { freePort } from '../kit/ports.ts';
import { atEnd } from '../kit/scope.ts';
import { tempFolder } from '../kit/temp.ts';

const tunnels = 200;

async function startEcho(t: TestContext): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  atEnd(t, () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A process of its own, with a data folder of its own. */
async function startGateway(t: TestContext, config: string): Promise<Child> {
  const folder = tempFolder(t, 'restart');
  const file = join(folder, 'hatchway.yaml');
  writeFileSync(file, config);
  const child = startChild(t, hatchwayPath, [
    ...['up', '-c', file, '--data-dir', join(folder, 'data')],
  ]);
  await child.said(/Hatchway is ready/);
  return child;
}

/** How many sockets listen on a port of 127.0.0.1 (proc_net_tcp: addresses in hexadecimal, state 0A). */
function listeners(port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`: ${local}`) && / 0A /.test(line)).length;
}

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(socket, 'open');
  return socket;
}

async function echoes(socket: WebSocket, text: string): Promise<void> {
  const answered = once(socket, 'message');
  socket.send(text);
  const [data] = (await answered) as [Buffer];
  assert.equal(data.toString(), text);
}

test(`${tunnels} tunnels live through a restart, and new clients come to the new process`, async (t) => {
  const [echo, port] = [await startEcho(t), await freePort()];
  const config =
    `listen: 127.0.0.1:${port}\nreusePort: true\ndrain: 1m\nconsole: { enabled: false }\naccessLog: stdout\n` +
    `sites:\n  - to: http://127.0.0.1:${echo}\n`;
  const old = await startGateway(t, config);
  const held = await Promise.all(Array.from({ length: tunnels }, () => connect(port)));
  atEnd(t, () => {
    for (const socket of held) socket.terminate();
  });
  await Promise.all(held.map((socket, i) => echoes(socket, `before ${i}`)));

  const fresh = await startGateway(t, config);
  old.signal('SIGTERM');
  await eventually('only the new process listens', () => listeners(port) === 1);
  const newcomers = await Promise.all(Array.from({ length: 20 }, () => connect(port)));
  await Promise.all(newcomers.map((socket, i) => echoes(socket, `new ${i}`)));
  await Promise.all(held.map((socket, i) => echoes(socket, `after ${i}`)));
  assert.ok(old.running);

  await Promise.all(
    held.map(async (socket) => {
      const closed = once(socket, 'close');
      socket.close(1000);
      assert.equal((await closed)[0], 1000);
    }),
  );
  assert.equal(await old.exited, 0);
  for (const socket of newcomers) socket.close();
  await Promise.all(newcomers.map((socket) => once(socket, 'close')));
  await fresh.stop();
  const inLog = (child: Child) => child.output.match(/ 101 /g)?.length ?? 0;
  assert.deepEqual([inLog(old), inLog(fresh)], [tunnels, newcomers.length]);
});

test('a WebSocket that is open when the time to drain is over gets a Close with 1001', async (t) => {
  const [echo, port] = [await startEcho(t), await freePort()];
  const child = await startGateway(
    t,
    `listen: 127.0.0.1:${port}\ndrain: 100ms\nconsole: { enabled: false }\nsites:\n  - to: http://127.0.0.1:${echo}\n`,
  );
  const socket = await connect(port);
  const closed = once(socket, 'close');
  child.signal('SIGTERM');
  assert.equal((await closed)[0], 1001);
  assert.equal(await child.exited, 0);
});
