import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { webSocketAccept } from '../../http1/upgrade.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { answerOf, Http2Client, startHttp2Gateway, testHost } from './testing/http2-kit.ts';

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
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: 1\r\nX-Two: 2\r\n\r\nhello');
  const { status, fields, body } = await answer;
  assert.equal(status, 200);
  assert.equal(body.toString(), 'hello');
  assert.equal(fields['x-two'], '1, 2');
  assert.equal(fields.connection, undefined);
  assert.match((await kit.accessLines())[0] ?? '', /^"GET \/a\?b=c HTTP\/2\.0" 200 5 /);
});

test('bodies and trailers pass in both directions', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.open({ ':method': 'POST' }, { endStream: false, waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'abc' }));
  stream.end('hello');
  const answer = answerOf(stream);
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^transfer-encoding: chunked\r$/im);
  assert.equal(await upstream.until('\r\n\r\n'), '5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n');
  upstream.write(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Md\r\n\r\n3\r\nabc\r\n',
  );
  upstream.write('0\r\nX-Md: q\r\n\r\n');
  const { body, trailers } = await answer;
  assert.equal(body.toString(), 'abc');
  assert.equal(trailers?.['x-md'], 'q');
});

test('a WebSocket is one of HTTP/1.1 for the upstream, with a key of the gateway', async (context) => {
  const kit = await startHttp2Gateway(context, certificates);
  const client = await Http2Client.connect(context, kit.port);
  const stream = client.openWebSocket({ ':path': '/ws', origin: `https://${testHost}` });
  const upstream = await kit.upstream.accept();
  const head = await upstream.head();
  assert.match(head, /^GET \/ws HTTP\/1\.1\r\n/);
  const key = /^sec-websocket-key: (.*)\r$/im.exec(head)?.[1] ?? '';
  upstream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${webSocketAccept(key)}\r\n\r\nearly`,
  );
  const [fields] = await once(stream, 'response');
  assert.equal(fields[':status'], 200);
  assert.equal(fields['sec-websocket-accept'], undefined);
  let got = '';
  stream.on('data', (chunk: Buffer) => {
    got += chunk;
  });
  stream.write('ping');
  assert.equal(await upstream.bytes(4), 'ping');
  stream.end();
  assert.equal(await upstream.rest(), '');
  upstream.end('bye');
  await once(stream, 'close');
  assert.equal(got, 'earlybye');
  await kit.opened({ tunnels: 0 });
});
