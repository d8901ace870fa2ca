import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { TestCertificates } from '../testing/certificates.ts';
import { answerOf, Http2Client, startHttp2Gateway, testHost } from './testing/http2-kit.ts';
import { flags, frameTypes, pseudoFields, RawHttp2 } from './testing/raw-http2.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

test('a request comes to the upstream as one of HTTP/1.1, and the answer goes back', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const answer = client.ask({ ':path': '/a?b=c', cookie: ['a=1', 'b=2'], accept: '*/*' });
  const upstream = await kit.upstream.accept();
  const head = await upstream.head();
  assert.match(head, /^GET \/a\?b=c HTTP\/1\.1\r\n/);
  assert.match(head, new RegExp(`^Host: ${testHost}\r$`, 'im'));
  assert.match(head, /^cookie: a=1; b=2\r$/im);
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: 1\r\nX-Two: 2\xe9\r\n\r\nhello');
  const { status, fields, body } = await answer;
  assert.equal(status, 200);
  assert.equal(body.toString(), 'hello');
  assert.equal(fields['x-two'], '1, 2\xe9');
  assert.equal(fields.connection, undefined);
  assert.match((await kit.accessLines())[0] ?? '', /^"GET \/a\?b=c HTTP\/2\.0" 200 5 /);
});

test('clients that speak only HTTP/1.1 are served on the same port', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const socket = connect({ host: '127.0.0.1', port: kit.port, rejectUnauthorized: false });
  context.after(() => socket.destroy());
  socket.write(`GET /old HTTP/1.1\r\nHost: ${testHost}\r\n\r\n`);
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^GET \/old /);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  const [chunk] = await once(socket, 'data');
  assert.match(String(chunk), /^HTTP\/1\.1 204 /);
});

test('a body in chunks and trailers pass in both directions', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':method': 'POST' }, { endStream: false, waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'abc' }));
  stream.end('hello');
  const answer = answerOf(stream);
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^transfer-encoding: chunked\r$/im);
  assert.equal(await upstream.until('\r\n\r\n'), '5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n');
  upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Md\r\n\r\n');
  upstream.write('3\r\nabc\r\n0\r\nX-Md: q\r\n\r\n');
  const { body, trailers } = await answer;
  assert.equal(body.toString(), 'abc');
  assert.equal(trailers?.['x-md'], 'q');
});

test('a body in chunks without trailers ends as well', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const answer = client.ask();
  const upstream = await kit.upstream.accept();
  upstream.write('HTTP/1.1 200 OK\r\n\r\nuntil the close');
  upstream.end();
  const { body, trailers } = await answer;
  assert.equal(body.toString(), 'until the close');
  assert.equal(trailers, undefined);
});

test('a body of announced length keeps its length', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const answer = client.ask({ ':method': 'PUT', 'content-length': '5' }, 'hello');
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^content-length: 5\r$/im);
  assert.equal(await upstream.bytes(5), 'hello');
  upstream.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
  assert.equal((await answer).status, 201);
});

test('interim answers are passed on before the last one', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':method': 'POST', expect: '100-continue' }, { endStream: false });
  const answer = answerOf(stream);
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^expect: 100-continue\r$/im);
  upstream.write('HTTP/1.1 100 Continue\r\n\r\n');
  await once(stream, 'headers');
  stream.end('body');
  await upstream.until('0\r\n\r\n');
  upstream.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const { status, interim } = await answer;
  assert.equal(status, 200);
  assert.deepEqual(interim, [100, 103]);
});

const bodiless: [method: string, answer: string, status: number][] = [
  ['HEAD', '200 OK\r\nContent-Length: 5', 200],
  ['HEAD', '200 OK\r\nTransfer-Encoding: chunked', 200],
  ['GET', '204 No Content', 204],
  ['GET', '205 Reset Content\r\nContent-Length: 0', 205],
  ['GET', '304 Not Modified\r\nContent-Length: 5\r\nETag: "a"', 304],
];
for (const [method, answer, status] of bodiless) {
  test(`${method} answered with ${JSON.stringify(answer)} has no body`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    const client = await Http2Client.connect(context, kit.port);
    const asked = client.ask({ ':method': method });
    const upstream = await kit.upstream.accept();
    await upstream.head();
    upstream.write(`HTTP/1.1 ${answer}\r\n\r\n`);
    const got = await asked;
    assert.equal(got.status, status);
    assert.equal(got.body.length, 0);
    assert.equal((await client.ask({ ':method': 'TRACE' })).status, 405);
  });
}

test('an early answer arrives whole, and the client is told to send no more', async (context) => {
  const kit = await startHttp2Gateway(context, certificates, { route: { maxBodyBytes: 10 } });
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':method': 'POST' }, { endStream: false });
  const answer = answerOf(stream);
  stream.write('more than ten bytes');
  const { status, body } = await answer;
  assert.equal(status, 413);
  assert.match(body.toString(), /HW_BODY_TOO_LARGE/);
});

test('a large early answer with trailers arrives whole, too', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':method': 'POST' }, { endStream: false });
  const answer = answerOf(stream);
  stream.write('never ends');
  const upstream = await kit.upstream.accept();
  const size = 1024 * 1024;
  upstream.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n');
  upstream.write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\nX-End: yes\r\n\r\n`);
  const { status, body, trailers } = await answer;
  assert.equal(status, 403);
  assert.equal(body.length, size);
  assert.equal(trailers?.['x-end'], 'yes');
});

const cutShort: [what: string, start: string][] = [
  ['announced length', 'Content-Length: 10\r\n\r\nhello'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
];
for (const [what, start] of cutShort) {
  test(`an answer of ${what} that is cut short never looks whole`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    const client = await Http2Client.connect(context, kit.port);
    const stream = client.open();
    const upstream = await kit.upstream.accept();
    await upstream.head();
    upstream.write(`HTTP/1.1 200 OK\r\n${start}`);
    await once(stream, 'response');
    upstream.reset();
    await assert.rejects(answerOf(stream), { code: 'ERR_HTTP2_STREAM_ERROR' });
    assert.equal(client.session.closed, false);
  });
}

test('a client that breaks off leaves the upstream, and is in the log', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':path': '/slow' });
  const upstream = await kit.upstream.accept();
  await upstream.head();
  stream.close(constants.NGHTTP2_CANCEL);
  await upstream.gone();
  await kit.opened({ upstreams: 0, clients: 1 });
  assert.match((await kit.accessLines())[0] ?? '', /^"GET \/slow HTTP\/2\.0" 499 /);
});

for (const code of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR]) {
  test(`a body broken off with code ${code} is never taken for a whole one`, async (context) => {
    const kit = await startHttp2Gateway(context, certificates);
    const raw = await RawHttp2.connect(context, kit.port);
    raw.request(1, pseudoFields('POST'), false);
    raw.send(frameTypes.data, 0, 1, 'hello');
    const upstream = await kit.upstream.accept();
    await upstream.until('hello\r\n');
    raw.send(frameTypes.rstStream, 0, 1, Buffer.of(0, 0, 0, code));
    await upstream.gone();
    assert.equal(upstream.pending, '');
  });
}

test('a body shorter than announced is reset, and the upstream never has a whole one', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const raw = await RawHttp2.connect(context, kit.port);
  raw.request(1, [...pseudoFields('POST'), 'content-length', '5'], false);
  const upstream = await kit.upstream.accept();
  await upstream.head();
  raw.send(frameTypes.data, flags.endStream, 1, 'abc');
  const reset = await raw.nextOf(frameTypes.rstStream, frameTypes.headers);
  assert.equal(reset?.type, frameTypes.rstStream);
  assert.equal(reset?.payload.readUInt32BE(), constants.NGHTTP2_PROTOCOL_ERROR);
  await upstream.gone();
  assert.ok(upstream.pending.length < 5);
});

test('a body longer than announced ends the connection, and nothing of it is taken for more', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const raw = await RawHttp2.connect(context, kit.port);
  raw.request(1, [...pseudoFields('POST'), 'content-length', '5'], false);
  const upstream = await kit.upstream.accept();
  await upstream.head();
  raw.send(frameTypes.data, flags.endStream, 1, 'abcdeGET /smuggled HTTP/1.1\r\n\r\n');
  const goaway = await raw.nextOf(frameTypes.goaway, frameTypes.headers);
  assert.equal(goaway?.type, frameTypes.goaway);
  await upstream.gone();
  assert.ok(upstream.pending.length < 5);
});

test('what the gateway refuses itself is answered on the stream, with a line in the log', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const { status, body } = await client.ask({ host: 'other.test' });
  assert.equal(status, 400);
  assert.match(body.toString(), /HW_HTTP2_REQUEST/);
  const asHead = await client.ask({ ':method': 'HEAD', host: 'other.test' });
  assert.deepEqual([asHead.status, asHead.body.length], [400, 0]);
  await kit.logged(/its :authority and its Host field differ/);
  assert.equal((await client.ask({ ':method': 'CONNECT', ':authority': 'a.test:1' })).status, 405);
  const other = { ':method': 'CONNECT', ':protocol': 'connect-udp' };
  assert.equal((await client.ask(other, '')).status, 501);
  assert.equal(kit.upstream.connections, 0);
  const lines = await kit.accessLines();
  assert.deepEqual(
    lines.map((line) => / (\d{3}) /.exec(line)?.[1]),
    ['400', '400', '405', '501'],
  );
});

test('fields are counted and measured together, as in HTTP/1.1', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`x-${i}`, 'a']));
  assert.equal((await client.ask(many)).status, 431);
  const large = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'v'.repeat(12_000)]));
  assert.equal((await client.ask(large)).status, 431);
  const tooMany = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'a']));
  await assert.rejects(client.ask(tooMany), /ENHANCE_YOUR_CALM/);
});

test('200 requests at once on one connection each get their own answer', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
  const answers = Promise.all(paths.map((path) => client.ask({ ':path': path })));
  let answered = 0;
  const serve = async () => {
    for (;;) {
      const upstream = await kit.upstream.accept();
      void (async () => {
        for (;;) {
          const path = /^GET (\S+)/.exec(await upstream.head())?.[1] ?? '';
          upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
          answered++;
        }
      })().catch(() => {});
    }
  };
  void serve();
  assert.deepEqual(
    (await answers).map(({ body }) => body.toString()),
    paths,
  );
  assert.equal(answered, 200);
  assert.equal(kit.gateway.open.clients, 1);
});
