import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestCertificates } from '../testing/certificates.ts';
import type { GatewayKit } from '../testing/gateway-kit.ts';
import type { RawSocket } from '../testing/raw-socket.ts';
import { Http2Client, startHttp2Gateway } from './testing/http2-kit.ts';
import { frameTypes, pseudoFields, RawHttp2 } from './testing/raw-http2.ts';
import { openWebSocket } from './testing/web-socket-upstream.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

const mebibyte = 1024 * 1024;

/** What each upstream would like to send; all of them write the same memory. */
const bulk = Buffer.alloc(16 * mebibyte, 'x');

/** As long as nothing moves in it, nothing will, in milliseconds. */
const quietMs = 300;

/** Memory of buffers that grew with one stream at most: what two streams hold, and what was read last. */
const memoryOfStreamBytes = 512 * 1024;

async function answerAllWithBulk(kit: GatewayKit, taken: RawSocket[]): Promise<void> {
  for (;;) {
    const upstream = await kit.upstream.accept();
    taken.push(upstream);
    const answer = () => {
      upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bulk.length}\r\n\r\n`);
      upstream.write(bulk);
    };
    upstream.head().then(answer, () => {});
  }
}

async function untilQuiet(measure: () => number): Promise<void> {
  for (let last = -1, now = measure(); now !== last; now = measure()) {
    last = now;
    await sleep(quietMs);
  }
}

test('a client that opens 100 streams and reads none costs little memory, and 28 more are as many as it gets', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const upstreams: RawSocket[] = [];
  void answerAllWithBulk(kit, upstreams);
  const raw = await RawHttp2.connect(context, kit.port);
  await raw.nextOf(frameTypes.settings);
  raw.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const streams = 100;
  for (let i = 0; i < streams; i++) raw.request(1 + 2 * i, pseudoFields());
  await kit.opened({ upstreams: streams });
  await untilQuiet(() => upstreams.reduce((sum, { socket }) => sum + socket.writableLength, 0));
  const grown = process.memoryUsage().arrayBuffers - before;
  context.diagnostic(`${Math.round(grown / streams / 1024)} KiB a stream`);
  assert.ok(grown < streams * memoryOfStreamBytes, `${grown} bytes for ${streams} streams`);
  raw.socket.resume();
  for (let i = streams; i < 130; i++) raw.request(1 + 2 * i, pseudoFields());
  const refused = new Set<number>();
  while (refused.size < 2) {
    const reset = await raw.nextOf(frameTypes.rstStream);
    assert.ok(reset !== undefined, 'the connection lives');
    refused.add(reset.stream);
  }
  assert.deepEqual([...refused], [257, 259]);
  raw.socket.destroy();
  await kit.opened({ clients: 0, upstreams: 0 });
});

/** An open WebSocket: its stream and the upstream's end. */
async function openOne(kit: GatewayKit, client: Http2Client) {
  const stream = client.openWebSocket();
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  await once(stream, 'response');
  return { stream, upstream };
}

async function startWithSockets(context: TestContext, count: number) {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const small = [];
  for (let i = 0; i < count; i++) small.push(await openOne(kit, client));
  return { kit, client, small };
}

/** How long one small message may take there and back beside a bulk tunnel, in milliseconds; usual are a few. */
const echoMs = 1000;

test('small messages of many WebSockets get through beside one that sends all it can', async (context) => {
  const { kit, client, small } = await startWithSockets(context, 20);
  const big = await openOne(kit, client);
  let moved = 0;
  big.stream.on('data', (chunk: Buffer) => {
    moved += chunk.length;
  });
  const fill = () => {
    if (!big.upstream.socket.destroyed)
      while (big.upstream.socket.write(bulk.subarray(0, mebibyte)));
  };
  big.upstream.socket.on('drain', fill);
  fill();
  const rounds = 20;
  const times: number[] = [];
  const atStart = moved;
  await Promise.all(
    small.map(async ({ stream, upstream }, i) => {
      for (let round = 0; round < rounds; round++) {
        const message = `message ${round} of ${i}`;
        const start = performance.now();
        stream.write(message);
        upstream.write(await upstream.bytes(message.length));
        const [echo] = await once(stream, 'data');
        times.push(performance.now() - start);
        assert.equal(String(echo), message);
      }
    }),
  );
  times.sort((a, b) => a - b);
  const slowest = times.at(-1) ?? 0;
  const median = times[times.length >> 1] ?? 0;
  context.diagnostic(
    `${Math.round(moved / mebibyte)} MiB beside ${times.length} echoes: ${median.toFixed(1)} ms, ${slowest.toFixed(1)} ms at most`,
  );
  assert.ok(moved - atStart > mebibyte, 'the bulk stood still');
  assert.ok(slowest < echoMs, `one took ${slowest} ms`);
  client.session.destroy();
  await kit.opened({ tunnels: 0, upstreams: 0 });
});

test('a WebSocket that is not read is held back alone, and the others go on', async (context) => {
  const { kit, client, small } = await startWithSockets(context, 3);
  const stuck = await openOne(kit, client);
  stuck.stream.pause();
  stuck.upstream.write(bulk);
  await untilQuiet(() => stuck.upstream.socket.writableLength);
  assert.ok(stuck.upstream.socket.writableLength > 0, 'all of it was taken');
  for (const { stream, upstream } of small) {
    stream.write('ping');
    assert.equal(await upstream.bytes(4), 'ping');
    upstream.write('pong');
    assert.equal(String((await once(stream, 'data'))[0]), 'pong');
  }
  client.session.destroy();
  await kit.opened({ tunnels: 0, upstreams: 0 });
});
