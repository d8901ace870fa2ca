import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webSocketAccept } from '../http1/upgrade.ts';
import { GatewayKit } from './testing/gateway-kit.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake =
  'GET /ws?token=s3cret HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
const accept =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  `Sec-WebSocket-Accept: ${webSocketAccept(key)}\r\n\r\n`;

test('a request, a tunnel and what was no request are each in the access log, with the ids of the answers', async (t) => {
  const kit = await GatewayKit.start(t, { accessLog: { format: 'json' } });
  const { client, upstream } = await kit.ask(
    'POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nUser-Agent: t\r\n\r\nhello',
  );
  await upstream.bytes(5);
  upstream.write('HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes');
  await client.head();
  await client.bytes(3);
  upstream.destroy();

  const tunnel = await kit.ask(handshake);
  tunnel.upstream.write(`${accept}welcome`);
  await tunnel.client.head();
  await tunnel.client.bytes(7);
  tunnel.client.write('hi');
  await tunnel.upstream.bytes(2);
  await kit.opened({ tunnels: 1 });
  tunnel.client.destroy();
  tunnel.upstream.destroy();
  await kit.opened({ tunnels: 0 });

  const failing = await kit.ask('GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n');
  failing.upstream.destroy();
  const failure = await failing.client.head();
  const failureId = /^X-Request-Id: (\w+)\r$/m.exec(failure)?.[1];

  const broken = await kit.connect();
  broken.write('GET / HTTP/1.1\r\n\r\n');
  const brokenId = /^X-Request-Id: (\w+)\r$/m.exec(await broken.head())?.[1];

  const lines: Record<string, unknown>[] = (await kit.accessLines()).map((line) =>
    JSON.parse(line),
  );
  assert.ok(!JSON.stringify([lines, kit.lines]).includes('s3cret'));
  const [request, opening, ending, failed, unread] = lines;
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['request', 'tunnel-open', 'tunnel-end', 'request', 'bad-request'],
  );
  const { method, target, status, bytesSent, bytesReceived, upstreamStatus, userAgent, error } =
    request ?? {};
  assert.deepEqual(
    { method, target, status, bytesSent, bytesReceived, upstreamStatus, userAgent, error },
    {
      method: 'POST',
      target: '/a',
      status: 201,
      bytesSent: 3,
      bytesReceived: 5,
      upstreamStatus: 201,
      userAgent: 't',
      error: null,
    },
  );
  assert.match(String(request?.upstream), /^127\.0\.0\.1:\d+$/);
  assert.equal(ending?.requestId, opening?.requestId);
  assert.equal(opening?.target, '/ws?token=REDACTED');
  assert.equal(ending?.bytesSent, 7);
  assert.equal(ending?.bytesReceived, 2);
  assert.equal(ending?.endedBy, 'client');
  assert.equal(failed?.error, 'HW_UPSTREAM_CLOSED');
  assert.equal(failed?.upstreamStatus, null);
  assert.equal(failed?.requestId, failureId);
  assert.equal(unread?.error, 'HW_HTTP_HOST');
  assert.equal(unread?.requestId, brokenId);
});

test('an upgrade that fails has one line, with its cause and the page about it', async (t) => {
  const kit = await GatewayKit.start(t);
  const plain = await kit.ask(handshake);
  plain.upstream.write(
    'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
  );
  plain.upstream.end();
  await plain.client.head();
  const closed = await kit.ask(handshake);
  closed.upstream.destroy();
  await closed.client.head();
  const bad = await kit.ask(handshake);
  bad.upstream.write(accept.replace(/Accept: .*/, 'Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='));
  await bad.client.head();
  const lost = await kit.ask(handshake.replace('Upgrade: websocket\r\n', ''));
  lost.upstream.write('HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n');
  await lost.client.head();
  const causes = kit.lines.flatMap(({ facts, message }) => {
    const { cause } = facts as { cause?: string };
    if (cause !== undefined) assert.ok(message.includes(`docs/websocket-failures.md#${cause}`));
    return cause === undefined ? [] : [cause];
  });
  assert.deepEqual(causes, [
    'plain-http-to-tls',
    'closed-unanswered',
    'bad-101',
    'upgrade-dropped',
  ]);
});
