import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { after, type TestContext, test } from 'node:test';
import { TestCertificates } from '../testing/certificates.ts';
import { Http2Client, startHttp2Gateway } from './testing/http2-kit.ts';
import { openWebSocket } from './testing/web-socket-upstream.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

const totalBytes = 64 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/**
 * What may be under way to a reader that reads nothing: nearly all of it in the kernel, in front of the gateway and
 * behind it.
 */
const boundBytes = totalBytes / 4;

/** Without a drain for so long a writer counts as held back, in milliseconds. */
const stalledMs = 300;

/** No two chunks are the same, so none can be lost, doubled or moved unseen. */
function chunkAt(index: number): Buffer {
  const chunk = Buffer.alloc(chunkBytes, index);
  chunk.writeUInt32BE(index);
  return chunk;
}

/** Writes `totalBytes`, and says through `stalled` how many were written when the other side took no more. */
class Writer {
  readonly hash: Hash = createHash('sha256');
  readonly #to: Duplex;
  #index = 0;

  constructor(to: Duplex) {
    this.#to = to;
  }

  get #isDone(): boolean {
    return this.#index === totalBytes / chunkBytes;
  }

  /** Returns the bytes that were taken until nothing more was. */
  async untilStalled(): Promise<number> {
    while (!this.#isDone) {
      if (this.#write()) continue;
      const drained = await Promise.race([
        once(this.#to, 'drain').then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, stalledMs, false)),
      ]);
      if (!drained) break;
    }
    return this.#index * chunkBytes;
  }

  async rest(): Promise<void> {
    if (this.#to.writableNeedDrain) await once(this.#to, 'drain');
    while (!this.#isDone) {
      if (!this.#write()) await once(this.#to, 'drain');
    }
  }

  #write(): boolean {
    const chunk = chunkAt(this.#index++);
    this.hash.update(chunk);
    return this.#to.write(chunk);
  }
}

/** Reads so many bytes, from now on. */
function hashOf(from: Duplex, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  let count = 0;
  return new Promise((resolve, reject) => {
    from.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      count += chunk.length;
      if (count === bytes) resolve(hash);
      if (count > bytes) reject(new Error('more came than was sent'));
    });
    from.on('close', () => reject(new Error(`the end after ${count} bytes`)));
  });
}

/** The reader reads nothing at first; then everything arrives as it was sent. */
async function holdsBackAndLosesNothing(to: Duplex, from: Duplex): Promise<void> {
  from.removeAllListeners('data');
  from.pause();
  const writer = new Writer(to);
  const before = await writer.untilStalled();
  assert.ok(before < boundBytes, `${before} bytes went towards a reader that reads nothing`);
  const received = hashOf(from, totalBytes);
  from.resume();
  await writer.rest();
  assert.equal((await received).digest('hex'), writer.hash.digest('hex'));
}

async function start(context: TestContext) {
  const kit = await startHttp2Gateway(context, certificates);
  return { kit, client: await Http2Client.connect(context, kit.port) };
}

test('a slow reader of 64 MiB holds the upstream back and gets every byte', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.open();
  const upstream = await kit.upstream.accept();
  await upstream.head();
  upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${totalBytes}\r\n\r\n`);
  await once(stream, 'response');
  await holdsBackAndLosesNothing(upstream.socket, stream);
});

test('a slow upstream holds back 64 MiB of a client, and gets every byte', async (context) => {
  const { kit, client } = await start(context);
  const fields = { ':method': 'PUT', 'content-length': String(totalBytes) };
  const stream = client.open(fields, { endStream: false });
  const upstream = await kit.upstream.accept();
  await upstream.head();
  await holdsBackAndLosesNothing(stream, upstream.socket);
  stream.destroy();
});

test('a WebSocket holds back either side, and loses nothing', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.openWebSocket();
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  await once(stream, 'response');
  await holdsBackAndLosesNothing(upstream.socket, stream);
  await holdsBackAndLosesNothing(stream, upstream.socket);
  stream.destroy();
});

test('a stream that is not read holds back no other one', async (context) => {
  const { kit, client } = await start(context);
  const stuck = client.open();
  const first = await kit.upstream.accept();
  await first.head();
  first.write(`HTTP/1.1 200 OK\r\nContent-Length: ${totalBytes}\r\n\r\n`);
  await once(stuck, 'response');
  await new Writer(first.socket).untilStalled();
  const answer = client.ask({ ':path': '/other' });
  const second = await kit.upstream.accept();
  await second.head();
  second.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.equal((await answer).body.toString(), 'ok');
  stuck.destroy();
});
