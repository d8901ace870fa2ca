import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { webSocketAccept } from '../http1/upgrade.ts';
import { GatewayKit } from './testing/gateway-kit.ts';
import { RawSocket } from './testing/raw-socket.ts';

const totalBytes = 256 * 1024 * 1024;
const chunk = Buffer.alloc(1024 * 1024, 'x');

/** What two connections and the gateway may hold; nearly all of it is the kernel’s, which sizes its buffers itself. */
const boundBytes = totalBytes / 4;

/** Without a drain for so long a writer counts as held back, in milliseconds. */
const stalledMs = 300;

/** Writes until all is written, or until the other side has taken nothing for a while. Returns the bytes accepted. */
async function writeUntilStalled(to: Duplex, bytes: number): Promise<number> {
  let written = 0;
  while (written < bytes) {
    const taken = to.write(chunk);
    written += chunk.length;
    if (taken) continue;
    const drained = await Promise.race([
      once(to, 'drain').then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, stalledMs, false)),
    ]);
    if (!drained) break;
  }
  return written;
}

async function writeRest(to: Duplex, bytes: number): Promise<void> {
  for (let written = 0; written < bytes; written += chunk.length) {
    if (!to.write(chunk)) await once(to, 'drain');
  }
}

/** A reader that reads nothing until `go`, and then counts. */
function slowReader(from: Duplex): { go(): void; received(bytes: number): Promise<void> } {
  from.removeAllListeners('data');
  from.pause();
  let count = 0;
  let look = () => {};
  from.on('data', (data: Buffer) => {
    count += data.length;
    look();
  });
  from.pause();
  return {
    go: () => from.resume(),
    received: (bytes) =>
      new Promise((resolve) => {
        look = () => {
          if (count >= bytes) resolve();
        };
        look();
      }),
  };
}

async function holdsBack(writer: Duplex, reader: Duplex): Promise<void> {
  const slow = slowReader(reader);
  const before = await writeUntilStalled(writer, totalBytes);
  assert.ok(before < boundBytes, `${before} bytes went towards a reader that reads nothing`);
  slow.go();
  await writeRest(writer, totalBytes - before);
  await slow.received(totalBytes);
}

async function answer(t: TestContext, head: string): Promise<void> {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  upstream.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
  await client.head();
  await holdsBack(upstream.socket, client.socket);
}

test('a slow reader of 256 MiB costs bounded memory', (t) =>
  answer(t, `Content-Length: ${totalBytes}\r\n`));

test('so does one whose answer is sent in chunks', (t) => answer(t, ''));

test('a slow upstream holds back the client’s body', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${totalBytes}\r\n\r\n`,
  );
  await holdsBack(client.socket, upstream.socket);
});

test('a server in this process is held back like any other', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const kit = await GatewayKit.start(t, {
    server: { kind: 'in-process', name: 'console' },
    inProcess: { console: resolve },
  });
  const client = await kit.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const server = new RawSocket(await promise);
  await server.head();
  server.write(`HTTP/1.1 200 OK\r\nContent-Length: ${totalBytes}\r\n\r\n`);
  await client.head();
  await holdsBack(server.socket, client.socket);
});

test('a tunnel holds back either side', async (t) => {
  const kit = await GatewayKit.start(t);
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const { client, upstream } = await kit.ask(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  upstream.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${webSocketAccept(key)}\r\n\r\n`,
  );
  await client.head();
  await holdsBack(upstream.socket, client.socket);
  await holdsBack(client.socket, upstream.socket);
});
