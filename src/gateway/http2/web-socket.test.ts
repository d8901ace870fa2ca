import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { after, type TestContext, test } from 'node:test';
import { TestCertificates } from '../testing/certificates.ts';
import type { GatewayKit, KitOptions } from '../testing/gateway-kit.ts';
import type { RawServer } from '../testing/raw-socket.ts';
import { answerOf, Http2Client, startHttp2Gateway, testHost } from './testing/http2-kit.ts';
import { frameTypes, pseudoFields, RawHttp2 } from './testing/raw-http2.ts';
import { openWebSocket } from './testing/web-socket-upstream.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

/** A masked text frame (RFC 6455, 5.2) that says "Hello", as in its section 5.7. */
const maskedHello = Buffer.from('818537fa213d7f9f4d5158', 'hex');
const unmaskedHello = Buffer.from('810548656c6c6f', 'hex');

async function start(context: TestContext, options?: KitOptions) {
  const kit = await startHttp2Gateway(context, certificates, options);
  return { kit, client: await Http2Client.connect(context, kit.port) };
}

/** A WebSocket that is open on both sides. */
async function opened(context: TestContext, options?: KitOptions) {
  const { kit, client } = await start(context, options);
  const stream = client.openWebSocket({ ':path': '/ws' });
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  await once(stream, 'response');
  return { kit, client, stream, upstream };
}

/** What comes of a stream until it ends by itself. */
async function restOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function tunnelsEnded(kit: GatewayKit): Promise<void> {
  return kit.opened({ tunnels: 0, upstreams: 0, clients: 1 });
}

test('a WebSocket is one of HTTP/1.1 for the upstream, with a key of the gateway', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.openWebSocket({
    ':path': '/ws?a=b',
    origin: `https://${testHost}`,
    'sec-websocket-protocol': 'chat, superchat',
    'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
  });
  const upstream = await kit.upstream.accept();
  const lines = 'Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n';
  const head = await openWebSocket(upstream, lines);
  assert.match(head, /^GET \/ws\?a=b HTTP\/1\.1\r\n/);
  assert.match(head, /^connection: upgrade\r$/im);
  assert.match(head, /^upgrade: websocket\r$/im);
  assert.match(head, new RegExp(`^origin: https://${testHost}\r$`, 'im'));
  assert.match(head, /^sec-websocket-protocol: chat, superchat\r$/im);
  assert.match(head, /^sec-websocket-extensions: permessage-deflate; client_max_window_bits\r$/im);
  const [fields] = await once(stream, 'response');
  assert.equal(fields[':status'], 200);
  assert.equal(fields['sec-websocket-protocol'], 'chat');
  assert.equal(fields['sec-websocket-extensions'], 'permessage-deflate');
  for (const name of ['sec-websocket-accept', 'upgrade', 'connection', 'sec-websocket-key']) {
    assert.equal(fields[name], undefined, name);
  }
  stream.write(maskedHello);
  assert.equal(await upstream.bytes(maskedHello.length), maskedHello.toString('latin1'));
  upstream.write(unmaskedHello);
  const [frame] = await once(stream, 'data');
  assert.deepEqual(frame, unmaskedHello);
  stream.destroy();
  await tunnelsEnded(kit);
  const [line] = await kit.accessLines();
  assert.match(line ?? '', /^"GET \/ws\?a=b HTTP\/2\.0" 101 7 /);
});

test('bytes that come before the answer, and with it, are kept', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.openWebSocket();
  stream.write('early up');
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  upstream.write('early down');
  const [first] = await once(stream, 'data');
  assert.equal(String(first), 'early down');
  assert.equal(await upstream.bytes(8), 'early up');
  stream.destroy();
  await tunnelsEnded(kit);
});

test('the client ends its direction, and still gets what comes', async (context) => {
  const { kit, stream, upstream } = await opened(context);
  stream.end('last words');
  assert.equal(await upstream.rest(), 'last words');
  upstream.end('and an answer');
  assert.equal(await restOf(stream), 'and an answer');
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  await tunnelsEnded(kit);
});

test('the upstream ends its direction, and still gets what comes', async (context) => {
  const { kit, stream, upstream } = await opened(context);
  upstream.end('last words');
  assert.equal(await restOf(stream), 'last words');
  stream.end('and an answer');
  assert.equal(await upstream.rest(), 'and an answer');
  await tunnelsEnded(kit);
});

/** The same by a client that ends nothing before it resets, as Node's does. */
async function openedRaw(context: TestContext) {
  const kit = await startHttp2Gateway(context, certificates);
  const raw = await RawHttp2.connect(context, kit.port);
  const fields = [':protocol', 'websocket', 'sec-websocket-version', '13'];
  raw.request(1, [...pseudoFields('CONNECT', '/ws'), ...fields], false);
  const upstream = await kit.upstream.accept();
  await openWebSocket(upstream);
  assert.equal((await raw.nextOf(frameTypes.headers))?.stream, 1);
  return { kit, raw, upstream };
}

test('a client that resets its stream cuts the upstream', async (context) => {
  const { kit, raw, upstream } = await openedRaw(context);
  raw.send(frameTypes.rstStream, 0, 1, Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL));
  assert.equal(await upstream.gone(), 'ECONNRESET');
  await tunnelsEnded(kit);
});

test('an upstream that is cut resets the stream, which is not ended before', async (context) => {
  const { kit, raw, upstream } = await openedRaw(context);
  upstream.reset();
  const next = await raw.nextOf(frameTypes.data, frameTypes.rstStream, frameTypes.headers);
  assert.equal(next?.type, frameTypes.rstStream);
  assert.equal(next?.payload.readUInt32BE(), constants.NGHTTP2_CANCEL);
  await tunnelsEnded(kit);
});

test('other streams outlive a WebSocket that was cut', async (context) => {
  const { kit, client, stream, upstream } = await opened(context);
  upstream.reset();
  stream.resume();
  await once(stream, 'close');
  const again = client.openWebSocket();
  await openWebSocket(await kit.upstream.accept());
  assert.equal((await once(again, 'response'))[0][':status'], 200);
  again.destroy();
  await tunnelsEnded(kit);
});

test('a client whose connection breaks cuts the upstream', async (context) => {
  const { kit, client, upstream } = await opened(context);
  client.session.destroy();
  await upstream.gone();
  await kit.opened({ tunnels: 0, upstreams: 0, clients: 0 });
});

test('an upstream that refuses is heard, body and all', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.openWebSocket();
  const answer = answerOf(stream);
  const upstream = await kit.upstream.accept();
  await upstream.head();
  upstream.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno way');
  const { status, body } = await answer;
  assert.equal(status, 403);
  assert.equal(body.toString(), 'no way');
});

for (const upgradeTokens of [[], ['websocket']]) {
  test(`what is sent to a WebSocket that does not open is no request (allowed: ${upgradeTokens})`, async (context) => {
    const { kit, client } = await start(context, { upgradeTokens });
    void refuseAll(kit.upstream);
    const stream = client.openWebSocket();
    stream.write(`GET /smuggled HTTP/1.1\r\nHost: ${testHost}\r\n\r\n`);
    assert.equal((await answerOf(stream)).status, 403);
    assert.equal((await client.ask({ ':path': '/other' })).status, 403);
    assert.deepEqual(
      (await kit.accessLines()).map((line) => line.slice(1, line.indexOf(' HTTP'))),
      ['GET /', 'GET /other'],
    );
  });
}

/** Answers every request of every connection with 403. */
async function refuseAll(upstream: RawServer): Promise<never> {
  for (;;) {
    const connection = await upstream.accept();
    void (async () => {
      for (;;) {
        await connection.head();
        connection.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      }
    })().catch(() => {});
  }
}

test('a success that opens nothing is none to the client, for whom any would be an open WebSocket', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.openWebSocket();
  const upstream = await kit.upstream.accept();
  await upstream.head();
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsign in');
  const answer = await answerOf(stream);
  assert.deepEqual([answer.status, answer.body.toString()], [502, 'sign in']);
});

test('a 101 with the wrong Accept opens nothing', async (context) => {
  const { kit, client } = await start(context);
  const answer = answerOf(client.openWebSocket());
  const upstream = await kit.upstream.accept();
  await upstream.head();
  upstream.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  );
  assert.equal((await answer).status, 502);
});

test('another version than 13 is answered with the one that is spoken', async (context) => {
  const { client } = await start(context);
  const { status, fields } = await answerOf(client.openWebSocket({ 'sec-websocket-version': '8' }));
  assert.equal(status, 426);
  assert.equal(fields['sec-websocket-version'], '13');
});

test('a route without upgrades passes it on as an ordinary request', async (context) => {
  const { kit, client } = await start(context, { upgradeTokens: [] });
  const answer = answerOf(client.openWebSocket());
  const upstream = await kit.upstream.accept();
  assert.doesNotMatch(await upstream.head(), /^upgrade:/im);
  upstream.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  assert.equal((await answer).status, 400);
});
