import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestCertificates } from '../testing/certificates.ts';
import { answerOf, Http2Client, startHttp2Gateway } from './testing/http2-kit.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

const call = {
  ':method': 'POST',
  ':path': '/greeter.Greeter/SayHello',
  'content-type': 'application/grpc',
  te: 'trailers',
  'grpc-timeout': '5S',
};

/** A message with its length in front, uncompressed. */
const message = Buffer.from('\0\0\0\0\x05hello', 'latin1');

async function start(context: Parameters<typeof startHttp2Gateway>[0]) {
  const kit = await startHttp2Gateway(context, certificates);
  return { kit, client: await Http2Client.connect(context, kit.port) };
}

test('a call like those of gRPC passes with the trailers that say how it ended', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.open(call, { endStream: false });
  const answer = answerOf(stream);
  stream.write(message);
  const upstream = await kit.upstream.accept();
  const head = await upstream.head();
  assert.match(head, /^content-type: application\/grpc\r$/im);
  assert.match(head, /^grpc-timeout: 5S\r$/im);
  assert.match(head, /^transfer-encoding: chunked\r$/im);
  assert.equal(await upstream.until('hello\r\n'), `a\r\n${message.toString('latin1')}\r\n`);
  // Both directions at once: an answer begins before the request has ended.
  upstream.write(
    'HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n',
  );
  upstream.write(`a\r\n${message.toString('latin1')}\r\n`);
  stream.end(message);
  assert.equal(
    await upstream.until('0\r\n\r\n'),
    `a\r\n${message.toString('latin1')}\r\n0\r\n\r\n`,
  );
  upstream.write('0\r\ngrpc-status: 5\r\ngrpc-message: not%20found\r\n\r\n');
  const { status, fields, body, trailers } = await answer;
  assert.deepEqual([status, fields['content-type']], [200, 'application/grpc']);
  assert.deepEqual(body, message);
  assert.equal(trailers?.['grpc-status'], '5');
  assert.equal(trailers?.['grpc-message'], 'not%20found');
});

test('an answer of trailers only is one head', async (context) => {
  const { kit, client } = await start(context);
  const answer = client.ask(call, message);
  const upstream = await kit.upstream.accept();
  await upstream.until('0\r\n\r\n');
  upstream.write(
    'HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\ngrpc-status: 12\r\nContent-Length: 0\r\n\r\n',
  );
  const { fields, trailers } = await answer;
  assert.equal(fields['grpc-status'], '12');
  assert.equal(trailers, undefined);
});

test('an answer that is cut before its trailers is reset, and no call that has ended', async (context) => {
  const { kit, client } = await start(context);
  const answer = client.ask(call, message);
  const upstream = await kit.upstream.accept();
  await upstream.until('0\r\n\r\n');
  upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  upstream.end();
  await assert.rejects(answer);
});

test('trailers that would say where a message ends are refused', async (context) => {
  const { kit, client } = await start(context);
  const stream = client.open(call, { endStream: false, waitForTrailers: true });
  stream.on('error', () => {});
  stream.on('wantTrailers', () => stream.sendTrailers({ 'content-length': '3', 'x-sum': 'a' }));
  stream.end(message);
  const upstream = await kit.upstream.accept();
  const came = await upstream.rest().catch(() => upstream.pending);
  assert.doesNotMatch(came, /content-length|\r\n0\r\n/i);
});
