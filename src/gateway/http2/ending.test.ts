import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Deadlines } from '../deadlines.ts';
import { TestCertificates } from '../testing/certificates.ts';
import type { RawServer } from '../testing/raw-socket.ts';
import { StreamBridge } from './stream-bridge.ts';
import { answerOf, Http2Client, startHttp2Gateway } from './testing/http2-kit.ts';
import { frameTypes, pseudoFields, RawHttp2 } from './testing/raw-http2.ts';
import { openWebSocket } from './testing/web-socket-upstream.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

test('a gateway that closes says so, and answers what is under way', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const answer = client.ask();
  const upstream = await kit.upstream.accept();
  await upstream.head();
  const goaway = once(client.session, 'goaway');
  const closed = kit.gateway.close({ drainMs: 20_000 });
  assert.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast');
  assert.equal((await answer).body.toString(), 'last');
  await closed;
});

/** Turns of the event loop between a request and the close: everything that a request passes through fits in. */
const turns = 12;

for (let turn = 0; turn < turns; turn++) {
  test(`around a GOAWAY, ${turn} turns after a request, each is answered or may be sent again`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    void answerAll(kit.upstream);
    const raw = await RawHttp2.connect(context, kit.port);
    await raw.nextOf(frameTypes.settings);
    raw.request(1, pseudoFields());
    for (let i = 0; i < turn; i++) await setImmediate();
    const closed = kit.gateway.close({ drainMs: 20_000 });
    const last = 41;
    for (let stream = 3; stream <= last; stream += 2) {
      raw.request(stream, pseudoFields());
      await setImmediate();
    }
    const answered: number[] = [];
    let lastTaken: number | undefined;
    for (let frame = await raw.next(); frame !== undefined; frame = await raw.next()) {
      if (frame.type === frameTypes.goaway) {
        lastTaken = Math.min(lastTaken ?? last, frame.payload.readUInt32BE(0));
      } else if (frame.type === frameTypes.headers) answered.push(frame.stream);
      else if (frame.type === frameTypes.rstStream) {
        assert.equal(frame.payload.readUInt32BE(0), constants.NGHTTP2_REFUSED_STREAM);
      }
    }
    assert.ok(lastTaken !== undefined, 'it was said');
    const taken = Array.from({ length: (lastTaken + 1) / 2 }, (_, i) => 1 + 2 * i);
    assert.deepEqual(
      answered.sort((a, b) => a - b),
      taken,
    );
    await closed;
  });
}

/** Answers one request a connection. */
async function answerAll(upstream: RawServer): Promise<never> {
  for (;;) {
    const connection = await upstream.accept();
    connection.head().then(
      () => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      () => {},
    );
  }
}

test('a WebSocket goes on while the gateway drains', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.openWebSocket();
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  await once(stream, 'response');
  const goaway = once(client.session, 'goaway');
  const closed = kit.gateway.close({ drainMs: 20_000 });
  await goaway;
  stream.write('still here');
  assert.equal(await upstream.bytes(10), 'still here');
  stream.end();
  stream.resume();
  await upstream.rest();
  upstream.end();
  await closed;
});

test('idle connections are closed at once when the gateway closes', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const ended = once(client.session, 'close');
  await kit.gateway.close({ drainMs: 20_000 });
  await ended;
});

test('what has not ended by then is cut', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open();
  let isAnswered = false;
  stream
    .on('error', () => {})
    .on('response', () => {
      isAnswered = true;
    });
  const closed = once(stream, 'close');
  const upstream = await kit.upstream.accept();
  await upstream.head();
  await kit.gateway.close({ drainMs: 0 });
  await Promise.all([closed, upstream.gone()]);
  assert.equal(isAnswered, false);
});

test('a connection without requests is closed after the keep-alive time', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { keepAliveMs: 200 } });
  const client = await Http2Client.connect(context, kit.port);
  const answer = client.ask();
  const upstream = await kit.upstream.accept();
  await upstream.head();
  const goaway = once(client.session, 'goaway');
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.equal((await answer).status, 204);
  assert.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR);
  await kit.opened({ clients: 0 });
});

test('a client that shakes hands and asks nothing is closed after the time for a head', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { headMs: 200 } });
  await Http2Client.connect(context, kit.port);
  await kit.opened({ clients: 1 });
  await kit.opened({ clients: 0 });
});

test('a head that never ends is not waited for, and who does not go when told is cut', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { headMs: 200 } });
  const raw = await RawHttp2.connect(context, kit.port);
  raw.send(frameTypes.headers, 0, 1, '');
  assert.equal((await raw.nextOf(frameTypes.goaway))?.payload.readUInt32BE(4), 0);
  while ((await raw.next()) !== undefined);
  await kit.opened({ clients: 0 });
});

test('a body that never comes is answered with 408', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { bodyMs: 200 } });
  const client = await Http2Client.connect(context, kit.port);
  const answer = answerOf(client.open({ ':method': 'POST' }, { endStream: false }));
  const upstream = await kit.upstream.accept();
  await upstream.head();
  assert.equal((await answer).status, 408);
});

test('an answer that is not taken is given up, the connection is not', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { bodyMs: 200 } });
  const raw = await RawHttp2.connect(context, kit.port);
  raw.request(1, pseudoFields());
  const upstream = await kit.upstream.accept();
  await upstream.head();
  // More than the window of a stream, which this client never opens again; and all of it is the gateway's at once.
  const size = 100_000;
  upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
  const reset = await raw.nextOf(frameTypes.rstStream);
  assert.equal(reset?.stream, 1);
  raw.request(3, pseudoFields('TRACE'));
  assert.equal((await raw.nextOf(frameTypes.headers))?.stream, 3);
});

test('a client that says goodbye and then breaks the protocol leaves nothing', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { limits: { bodyMs: 200 } });
  const raw = await RawHttp2.connect(context, kit.port);
  raw.request(1, pseudoFields('POST'), false);
  raw.send(frameTypes.goaway, 0, 0, Buffer.alloc(8));
  // No frame may be that large (RFC 9113, 4.2): nghttp2 says nothing more on this connection.
  raw.send(frameTypes.data, 0, 1, 'x'.repeat(20_000));
  await kit.opened({ clients: 1 });
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a client that ends its side of the TCP connection has gone', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const raw = await RawHttp2.connect(context, kit.port);
  raw.request(1, pseudoFields());
  const upstream = await kit.upstream.accept();
  await upstream.head();
  raw.socket.end();
  await upstream.gone();
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a stream that the client breaks off is watched no more', async (context) => {
  const add = context.mock.method(Deadlines.prototype, 'add');
  const remove = context.mock.method(Deadlines.prototype, 'remove');
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({}, { endStream: true });
  stream.on('error', () => {});
  await (await kit.upstream.accept()).head();
  stream.close(constants.NGHTTP2_CANCEL);
  await kit.opened({ upstreams: 0 });
  const bridges = (calls: typeof add.mock.calls) =>
    calls.map(({ arguments: [watched] }) => watched).filter((one) => one instanceof StreamBridge);
  assert.deepEqual(bridges(remove.mock.calls), bridges(add.mock.calls));
});
