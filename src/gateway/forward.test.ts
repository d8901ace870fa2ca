import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayKit } from './testing/gateway-kit.ts';

const get = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';
const get10 = 'GET / HTTP/1.0\r\n\r\n';

/** The parts of a head that say how the message is framed and whether the connection stays. */
function framingOf(head: string): string {
  return head
    .split('\r\n')
    .filter((line) => /^(content-length|transfer-encoding|connection):/i.test(line))
    .join(', ');
}

test('a request and its answer pass with their fields, and the line upstream is the one the client sent', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream, head } = await kit.ask(
    'GET /a//b/../%2F?x=%20 HTTP/1.1\r\nHost: A.example:80\r\nOrigin: https://a.example\r\n' +
      'Cookie: a=1\r\nX-Odd:  two  words \r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\r\n',
  );
  assert.equal(
    head,
    'GET /a//b/../%2F?x=%20 HTTP/1.1\r\nHost: A.example:80\r\nOrigin: https://a.example\r\n' +
      'Cookie: a=1\r\nX-Odd: two  words\r\n' +
      'X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: A.example:80\r\n' +
      'X-Forwarded-Port: 80\r\nForwarded: for=127.0.0.1;host="A.example:80";proto=http\r\n\r\n',
  );
  upstream.write(
    'HTTP/1.1 200 Fine\r\nServer: x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello',
  );
  assert.equal(
    await client.head(),
    'HTTP/1.1 200 Fine\r\nServer: x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\n',
  );
  assert.equal(await client.bytes(5), 'hello');
});

test('every framing of an answer reaches every version of client', async (t) => {
  const kit = await GatewayKit.start(t);
  const answers = {
    length: ['Content-Length: 10\r\n\r\n', 'helloworld'],
    chunked: ['Transfer-Encoding: chunked\r\n\r\n', '5;x=y\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'],
    'until-close': ['\r\n', 'helloworld'],
  } as const;
  const cases: [client: string, answer: keyof typeof answers, framing: string, body: string][] = [
    [get, 'length', 'Content-Length: 10', 'helloworld'],
    [get, 'chunked', 'Transfer-Encoding: chunked', 'a\r\nhelloworld\r\n0\r\n\r\n'],
    [get, 'until-close', 'Transfer-Encoding: chunked', 'a\r\nhelloworld\r\n0\r\n\r\n'],
    [get10, 'length', 'Content-Length: 10, Connection: close', 'helloworld'],
    [get10, 'chunked', 'Connection: close', 'helloworld'],
    [get10, 'until-close', 'Connection: close', 'helloworld'],
  ];
  for (const [request, answer, framing, body] of cases) {
    const name = `${request.slice(6, 14)} ${answer}`;
    const { client, upstream } = await kit.ask(request);
    upstream.write(`HTTP/1.1 200 OK\r\n${answers[answer].join('')}`);
    if (answer === 'until-close') upstream.end();
    assert.equal(framingOf(await client.head()), framing, name);
    assert.equal(await client.bytes(body.length), body, name);
    if (request === get10) assert.equal(await client.rest(), '', name);
    client.destroy();
    upstream.destroy();
    await kit.opened({ clients: 0, upstreams: 0 });
  }
});

test('an answer in any cut of its bytes is the same answer', async (t) => {
  const kit = await GatewayKit.start(t);
  const answer =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n';
  for (const step of [1, 7]) {
    const { client, upstream } = await kit.ask(get);
    for (let at = 0; at < answer.length; at += step) {
      upstream.write(answer.slice(at, at + step));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await client.head(), /chunked/);
    const body = await client.until('0\r\n\r\n');
    const data = body.replace(/[0-9a-f]+\r\n(.*?)\r\n/g, '$1');
    assert.equal(data, 'helloyou');
    upstream.destroy();
    client.destroy();
    await kit.opened({ upstreams: 0 });
  }
});

test('answers without a body end with their head', async (t) => {
  const kit = await GatewayKit.start(t);
  const cases: [method: string, head: string][] = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked'],
    ['GET', 'HTTP/1.1 204 No Content'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000'],
  ];
  const client = await kit.connect();
  for (const [method, head] of cases) {
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    const upstream = await kit.upstream.accept();
    await upstream.head();
    upstream.write(`${head}\r\n\r\n`);
    assert.equal(await client.head(), `${head.replace(/\r\nTransfer.*/, '')}\r\n\r\n`);
    upstream.destroy();
    await kit.opened({ upstreams: 0 });
  }
});

test('a body goes up by its framing, chunks without their extensions', async (t) => {
  const kit = await GatewayKit.start(t);
  const length = await kit.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  length.client.write('world');
  assert.match(length.head, /Content-Length: 10\r\n/);
  assert.equal(await length.upstream.bytes(10), 'helloworld');

  const chunked = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n',
  );
  assert.match(chunked.head, /Transfer-Encoding: chunked\r\n/);
  assert.equal(await chunked.upstream.until('hello\r\n'), '5\r\nhello\r\n');
  chunked.client.write('0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n');
  assert.equal(await chunked.upstream.until('\r\n\r\n'), '0\r\nX-Sum: 1\r\n\r\n');
});

test('pipelined requests are answered in order, on one connection upstream', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = await kit.connect();
  client.write(
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3',
  );
  const upstream = await kit.upstream.accept();
  assert.match(await upstream.head(), /^GET \/1 /);
  assert.equal(upstream.pending, '');
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1');
  assert.match(await upstream.head(), /^POST \/2 /);
  assert.equal(await upstream.bytes(3), 'abc');
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2');
  client.write(' HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(await upstream.head(), /^GET \/3 /);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3');
  const answers = await client.rest();
  assert.deepEqual(answers.match(/\d$|\d(?=HTTP)/g), ['1', '2', '3']);
  assert.equal(kit.upstream.connections, 1);
});

test('a thousand pipelined requests that fail at once are answered one by one', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = await kit.connect();
  client.write('GET /../x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000));
  for (let i = 0; i < 1000; i++) {
    assert.match(await client.until(')\n'), /^HTTP\/1\.1 400 /);
  }
});

test('an idle connection upstream is used again', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = await kit.connect();
  let upstream: Awaited<ReturnType<typeof kit.upstream.accept>> | undefined;
  for (let i = 0; i < 3; i++) {
    client.write(get);
    upstream ??= await kit.upstream.accept();
    await upstream.head();
    upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
    await client.head();
  }
  assert.equal(kit.upstream.connections, 1);
});

test('a connection upstream is not used again when its answer says so or leaves a doubt', async (t) => {
  const kit = await GatewayKit.start(t);
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than announced',
  ];
  const client = await kit.connect();
  for (const answer of answers) {
    client.write(get);
    const upstream = await kit.upstream.accept();
    await upstream.head();
    upstream.write(answer);
    assert.equal(framingOf(await client.head()), 'Content-Length: 0');
    await upstream.gone();
  }
  await kit.opened({ upstreams: 0 });
});

test('an upstream asked with another method than the client’s has its answer read by the one, and passed on by the other', async (t) => {
  const asking = async (method: string) => {
    const kit = await GatewayKit.start(t, { route: { forward: { method: [method] } } });
    return { kit, client: await kit.connect() };
  };
  const { kit: heads, client: getting } = await asking('HEAD');
  getting.write(get);
  const answering = await heads.upstream.accept();
  assert.match(await answering.head(), /^HEAD \/ /);
  answering.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
  assert.equal(framingOf(await getting.head()), 'Content-Length: 0');
  getting.write(get);
  await answering.head();
  answering.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  assert.equal(framingOf(await getting.head()), 'Content-Length: 0');

  const { kit: gets, client: heading } = await asking('GET');
  heading.write(get.replace('GET', 'HEAD'));
  const upstream = await gets.upstream.accept();
  assert.match(await upstream.head(), /^GET \/ /);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
  assert.equal(framingOf(await heading.head()), 'Content-Length: 4');
  // Its body has not come yet, and would be taken for the next answer.
  await upstream.gone();
});

test('bytes that an idle upstream sends unasked are nobody’s answer', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  await upstream.gone();
  client.write(get);
  const next = await kit.upstream.accept();
  await next.head();
  next.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
  await client.head();
  assert.equal(await client.bytes(4), 'good');
});

test('a request without body is sent again when an idle connection turns out to be closed', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  client.write(get);
  await upstream.head();
  upstream.end();
  const fresh = await kit.upstream.accept();
  await fresh.head();
  fresh.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.match(await client.head(), /^HTTP\/1\.1 200 /);
  assert.equal(await client.bytes(2), 'ok');
});

test('whether a request may be sent again is said by the method that the upstream was asked with', async (t) => {
  const kit = await GatewayKit.start(t, { route: { forward: { method: ['POST'] } } });
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  client.write(get);
  assert.match(await upstream.head(), /^POST \/ /);
  upstream.end();
  assert.match(await client.head(), /^HTTP\/1\.1 502 /);
  assert.equal(kit.upstream.connections, 1);
});

test('only once, and never for what may have had an effect', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = await kit.connect();
  const warmUp = async () => {
    client.write(get);
    const upstream = await kit.upstream.accept();
    await upstream.head();
    upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
    await client.head();
    return upstream;
  };
  const again = await warmUp();
  client.write(get);
  await again.head();
  again.reset();
  const second = await kit.upstream.accept();
  await second.head();
  second.end();
  assert.match(await client.head(), /^HTTP\/1\.1 502 /);
  await client.until(')\n');

  const tooMuch = 65_537;
  const requests = [
    'POST / HTTP/1.1\r\nHost: a\r\n\r\n',
    `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${tooMuch}\r\n\r\n${'x'.repeat(tooMuch)}`,
  ];
  for (const request of requests) {
    const upstream = await warmUp();
    client.write(request);
    await upstream.head();
    if (request.startsWith('PUT')) await upstream.bytes(tooMuch);
    const { connections } = kit.upstream;
    upstream.end();
    assert.match(await client.head(), /^HTTP\/1\.1 502 /);
    await client.until(')\n');
    assert.equal(kit.upstream.connections, connections);
  }
});

test('a short body goes again with its request, from its first byte, and nothing behind it does', async (t) => {
  const kit = await GatewayKit.start(t);
  const client = await kit.connect();
  client.write(get);
  const first = await kit.upstream.accept();
  await first.head();
  first.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  client.write('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
  await first.head();
  assert.equal(await first.bytes(8), '3\r\none\r\n');
  first.end();
  const second = await kit.upstream.accept();
  assert.match(await second.head(), /^PUT .*chunked/s);
  assert.equal(await second.bytes(8), '3\r\none\r\n');
  client.write(`3\r\ntwo\r\n0\r\n\r\n${get}`);
  assert.equal(await second.until('0\r\n\r\n'), '3\r\ntwo\r\n0\r\n\r\n');
  second.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 201 /);
  assert.match(await second.head(), /^GET /);
  second.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
});

test('interim answers reach clients of HTTP/1.1, and Expect reaches the upstream', async (t) => {
  const kit = await GatewayKit.start(t);
  const request = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
  const { client, upstream, head } = await kit.ask(request);
  assert.match(head, /Expect: 100-continue\r\n/);
  upstream.write('HTTP/1.1 100 Continue\r\n\r\n');
  assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
  client.write('hi');
  assert.equal(await upstream.bytes(2), 'hi');
  upstream.write(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  );
  assert.equal(await client.head(), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 200 OK/);
  upstream.destroy();

  const old = await kit.ask(
    'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
  );
  assert.doesNotMatch(old.head, /Expect/);
  old.upstream.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await old.client.rest(), /^HTTP\/1\.1 204 /);
});

test('an answer that comes before the whole request is passed on, and ends the connection', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nfirst',
  );
  await upstream.bytes(5);
  upstream.write('HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nstop');
  client.write('x'.repeat(50_000));
  const answer = await client.rest();
  assert.match(answer, /^HTTP\/1\.1 413 Too Large\r\n.*Connection: close\r\n\r\nstop$/s);
  client.end();
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('body and answer can flow at the same time', async (t) => {
  const kit = await GatewayKit.start(t);
  const { client, upstream } = await kit.ask(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  upstream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  await client.head();
  for (const word of ['one', 'two', 'three']) {
    client.write(`${word.length}\r\n${word}\r\n`);
    await upstream.until(`${word}\r\n`);
    upstream.write(`${word.length}\r\n${word}\r\n`);
    assert.equal(await client.until(`${word}\r\n`), `${word.length}\r\n${word}\r\n`);
  }
  client.write('0\r\n\r\n');
  await upstream.until('0\r\n\r\n');
  upstream.write('0\r\n\r\n');
  assert.equal(await client.rest(), '0\r\n\r\n');
});

test('an upstream that ends too early is told by its stage', async (t) => {
  const kit = await GatewayKit.start(t);
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const stages: [sent: string, seen: RegExp][] = [
    ['', /^HTTP\/1\.1 502 .*HW_UPSTREAM_CLOSED/s],
    ['HTTP/1.1 200 OK\r\nContent-Le', /^HTTP\/1\.1 502 .*HW_UPSTREAM_CLOSED/s],
    ['nonsense\r\n\r\n', /^HTTP\/1\.1 502 .*HW_HTTP_RESPONSE/s],
    [`${chunked}x\r\n`, /^HTTP\/1\.1 502 .*HW_HTTP_RESPONSE/s],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
      /Content-Length: 10\r\nConnection: close\r\n\r\nhello$/,
    ],
    [`${chunked}5\r\nhe`, /\r\n\r\n2\r\nhe\r\n$/],
    [`${chunked}5\r\nhello\r\n`, /\r\n\r\n5\r\nhello\r\n$/],
  ];
  for (const [sent, seen] of stages) {
    const { client, upstream } = await kit.ask(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    upstream.end(sent);
    assert.match(await client.rest(), seen);
    client.end();
    await kit.opened({ clients: 0, upstreams: 0 });
  }
});

test('an upstream that is reset in the middle of a body leaves no answer that looks complete', async (t) => {
  const kit = await GatewayKit.start(t);
  const cases: [request: string, answer: string, outcome: 'end' | 'ECONNRESET'][] = [
    [get, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'end'],
    [get, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'end'],
    [get, 'HTTP/1.1 200 OK\r\n\r\nhello', 'end'],
    [get10, 'HTTP/1.1 200 OK\r\n\r\nhello', 'ECONNRESET'],
    [get10, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'ECONNRESET'],
  ];
  for (const [request, answer, outcome] of cases) {
    const { client, upstream } = await kit.ask(request);
    upstream.write(answer);
    await client.until('hello');
    upstream.reset();
    assert.equal((await client.gone()) ?? 'end', outcome, answer);
    assert.doesNotMatch(client.pending, /0\r\n\r\n$/);
    client.end();
    await kit.opened({ clients: 0, upstreams: 0 });
  }
});

test('a client that goes takes its request with it', async (t) => {
  const kit = await GatewayKit.start(t);
  const stages: [sent: string, answer: string | undefined][] = [
    [get, undefined],
    [get, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello', undefined],
  ];
  for (const way of ['end', 'reset'] as const) {
    for (const [sent, answer] of stages) {
      const { client, upstream } = await kit.ask(sent);
      if (answer !== undefined) {
        upstream.write(answer);
        await client.until('hello');
      }
      client[way]();
      await upstream.gone();
      await kit.opened({ clients: 0, upstreams: 0 });
    }
  }
  const lines = await kit.accessLines();
  assert.deepEqual(
    lines.map((line) => line.split(' ')[3]),
    ['499', '200', '499', '499', '200', '499'],
  );
});
