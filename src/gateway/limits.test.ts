import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayKit } from './testing/gateway-kit.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** Longer than a busy machine takes for a step of a test, short enough to be waited for. */
const shortMs = 300;

test('a head that comes too slowly is answered with 408, a silent connection with nothing', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { headMs: shortMs } });
  const slow = await kit.connect();
  slow.write('GET / HTTP/1.1\r\n');
  assert.match(await slow.rest(), /^HTTP\/1\.1 408 .*HW_REQUEST_TIMEOUT/s);
  const silent = await kit.connect();
  assert.equal(await silent.rest(), '');
});

test('a body that comes too slowly is answered with 408', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { bodyMs: shortMs } });
  const { client, upstream } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
  );
  assert.match(await client.rest(), /^HTTP\/1\.1 408 .*HW_REQUEST_TIMEOUT/s);
  await upstream.gone();
});

test('a client that takes nothing of its answer is cut', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { bodyMs: shortMs } });
  const { client, upstream } = await kit.ask(get);
  client.socket.pause();
  upstream.write('HTTP/1.1 200 OK\r\n\r\n');
  const chunk = Buffer.alloc(1024 * 1024);
  const write = () => {
    while (upstream.socket.write(chunk));
  };
  upstream.socket.on('drain', write);
  write();
  await upstream.gone();
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('so is one that asks and asks and takes no answer, before it has cost more than its buffers', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { bodyMs: shortMs } });
  const client = await kit.connect();
  client.socket.pause();
  const requests = 40_000;
  client.write('GET /../x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(requests));
  await kit.opened({ clients: 1 });
  await kit.opened({ clients: 0 });
  assert.ok(kit.lines.length < requests, `${kit.lines.length} answers for nobody`);
});

test('an idle connection is closed, and not before', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { keepAliveMs: shortMs } });
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  client.write(get);
  await upstream.head();
  const closed = client.rest();
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.equal(await closed, 'HTTP/1.1 204 No Content\r\n\r\n');
});

test('an upstream that does not answer in time is a 504, in the middle of a body a cut', async (t) => {
  const kit = await GatewayKit.start(t, { timeouts: { readMs: shortMs } });
  const silent = await kit.ask(get);
  assert.match(await silent.client.until(')\n'), /^HTTP\/1\.1 504 .*HW_UPSTREAM_TIMEOUT/s);
  await silent.upstream.gone();
  const stuck = await kit.ask(get);
  stuck.upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  assert.match(await stuck.client.rest(), /hello$/);
});

test('an upstream that goes on sending is waited for', async (t) => {
  const kit = await GatewayKit.start(t, { timeouts: { readMs: shortMs } });
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
  // In all longer than half as long again as the limit, which is when it has passed at the latest.
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, shortMs / 6));
    upstream.write('x');
  }
  await client.head();
  assert.equal(await client.bytes(10), 'xxxxxxxxxx');
});

test('a tunnel may be silent longer than every limit', async (t) => {
  const kit = await GatewayKit.start(t, {
    upgradeTokens: ['tcp'],
    limits: { bodyMs: shortMs, headMs: shortMs, keepAliveMs: shortMs },
    timeouts: { readMs: shortMs, sendMs: shortMs, connectMs: shortMs },
  });
  const { client, upstream } = await kit.ask(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  upstream.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await client.head();
  await new Promise((resolve) => setTimeout(resolve, shortMs * 2));
  client.write('still');
  assert.equal(await upstream.bytes(5), 'still');
});

test('more connections than allowed are told so and closed', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { connections: 2 } });
  const first = await kit.ask(get);
  await kit.connect();
  await kit.opened({ clients: 2 });
  const third = await kit.connect();
  assert.match(
    await third.rest(),
    /^HTTP\/1\.1 503 .*Retry-After: 5\r\n.*HW_TOO_MANY_CONNECTIONS/s,
  );
  third.end();
  first.upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await first.client.head(), /^HTTP\/1\.1 204 /);
});

test('handshakes that come at once open no more tunnels than are allowed', async (t) => {
  const kit = await GatewayKit.start(t, { upgradeTokens: ['tcp'], limits: { tunnels: 2 } });
  const handshake = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
  const switching = 'HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
  const refused = async () => {
    const client = await kit.connect();
    client.write(handshake);
    assert.match(
      await client.until(')\n'),
      /^HTTP\/1\.1 503 .*Retry-After: 10\r\n.*HW_TOO_MANY_TUN/s,
    );
    client.destroy();
  };
  const first = await kit.ask(handshake);
  const second = await kit.ask(handshake);
  await refused();
  first.upstream.write(switching);
  await first.client.head();
  await refused();
  // One that is refused, whose client goes or whose upstream goes, gives its place back at once.
  second.upstream.write('HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\n');
  await second.client.head();
  const third = await kit.ask(handshake);
  await refused();
  third.client.reset();
  await third.upstream.gone();
  const fourth = await kit.ask(handshake);
  await refused();
  fourth.upstream.reset();
  assert.match(await fourth.client.head(), /^HTTP\/1\.1 502 /);
  const fifth = await kit.ask(handshake);
  fifth.upstream.write(switching);
  await fifth.client.head();
  await kit.opened({ tunnels: 2 });
  await refused();
  // So does a tunnel.
  first.client.reset();
  await kit.opened({ tunnels: 1 });
  const sixth = await kit.ask(handshake);
  sixth.upstream.write(switching);
  assert.match(await sixth.client.head(), /^HTTP\/1\.1 101 /);
});

test('heads above the limits are refused, and nothing reaches the upstream', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { headBytes: 200, headFields: 4 } });
  const cases: [request: string, status: string][] = [
    [`GET /${'x'.repeat(300)} HTTP/1.1\r\nHost: a\r\n\r\n`, '414'],
    [`GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'x'.repeat(300)}\r\n\r\n`, '431'],
    [`GET / HTTP/1.1\r\nHost: a\r\n${'A: 1\r\n'.repeat(5)}\r\n`, '431'],
  ];
  for (const [request, status] of cases) {
    const client = await kit.connect();
    client.write(request);
    assert.equal((await client.rest()).slice(9, 12), status);
    client.end();
  }
  assert.equal(kit.upstream.connections, 0);
});

test('what is no clear HTTP is refused before anybody can disagree about it', async (t) => {
  const kit = await GatewayKit.start(t);
  const cases: [request: string, status: string][] = [
    ['GET / HTTP/1.1\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', '400'],
    [
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400',
    ],
    ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', '501'],
    ['GET / HTTP/1.1\nHost: a\n\n', '400'],
    ['GET / HTTP/2.0\r\n\r\n', '505'],
    ['TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '405'],
    ['CONNECT a:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '405'],
    ['GET /../etc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '400'],
  ];
  for (const [request, status] of cases) {
    const client = await kit.connect();
    client.write(request);
    assert.equal((await client.rest()).slice(9, 12), status, request);
    client.end();
  }
  assert.equal(kit.upstream.connections, 0);
});

test('a chunked body that breaks its framing is a 400, and its upstream is left', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  client.write('5\nhello\r\n');
  assert.match(await client.rest(), /^HTTP\/1\.1 400 .*HW_HTTP_BODY/s);
  await upstream.gone();
});

test('an error is a page or JSON, as the client prefers, and its id is in the log', async (t) => {
  const kit = await GatewayKit.start(t, { server: { kind: 'unix', path: '/nowhere.sock' } });
  const page = await kit.connect();
  page.write('GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*\r\n\r\n');
  assert.match(await page.head(), /502 Bad Gateway\r\nDate: .*\r\nContent-Type: text\/html\r\n/);
  const html = await page.until('</html>\n');
  assert.doesNotMatch(html, /nowhere/);
  const json = await kit.connect();
  json.write('GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nConnection: close\r\n\r\n');
  assert.match(await json.head(), /Content-Type: application\/json\r\n/);
  const problem = JSON.parse(await json.rest());
  assert.equal(problem.code, 'HW_UPSTREAM_UNREACHABLE');
  const line = kit.lines.find(
    ({ facts }) => (facts as { requestId: string }).requestId === problem.requestId,
  );
  assert.match(line?.message ?? '', /unix:\/nowhere\.sock.*does not exist/);

  const head = await kit.connect();
  head.write('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(await head.rest(), /Content-Length: [1-9]\d*\r\n.*\r\n\r\n$/s);
});
