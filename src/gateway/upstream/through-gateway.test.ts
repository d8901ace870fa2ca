/** Several servers behind one gateway, seen by a client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { RouteModel } from '../../config/route-model.ts';
import type { UpstreamModel, UpstreamServerModel } from '../../config/upstream-model.ts';
import { webSocketAccept } from '../../http1/upgrade.ts';
import { GatewayKit } from '../testing/gateway-kit.ts';
import { modelOf } from './testing/upstreams-kit.ts';

/** A server that says which one it is, unless the test has it say something else. */
async function server(
  context: TestContext,
  name: string,
  listener?: RequestListener,
): Promise<UpstreamServerModel> {
  const own = createServer(listener ?? ((_, response) => response.end(name)));
  own.listen(0, '127.0.0.1');
  await once(own, 'listening');
  context.after(() => {
    own.close();
    own.closeAllConnections();
  });
  return { kind: 'tcp', host: '127.0.0.1', port: (own.address() as AddressInfo).port };
}

/** A server that refuses connections. */
async function deadServer(): Promise<UpstreamServerModel> {
  const own = createTcpServer().listen(0, '127.0.0.1');
  await once(own, 'listening');
  const { port } = own.address() as AddressInfo;
  own.close();
  await once(own, 'close');
  return { kind: 'tcp', host: '127.0.0.1', port };
}

async function gateway(
  context: TestContext,
  servers: readonly UpstreamServerModel[],
  options: {
    readonly upstream?: Partial<UpstreamModel>;
    readonly forward?: RouteModel['forward'];
    readonly route?: Partial<RouteModel>;
  } = {},
) {
  const { upstream = {}, forward = {}, route = {} } = options;
  const kit = await GatewayKit.start(context, {
    route: { upstream: modelOf(servers, upstream), forward, ...route },
  });
  const ask = (init: RequestInit = {}, path = '/') =>
    fetch(`http://127.0.0.1:${kit.port}${path}`, init);
  /** Which servers these requests came to. */
  const names = async (count: number, init: RequestInit = {}) => {
    let text = '';
    for (let request = 0; request < count; request++) text += await (await ask(init)).text();
    return text;
  };
  return { kit, ask, names };
}

test('requests are spread by weight', async (context) => {
  const [a, b] = [await server(context, 'a'), await server(context, 'b')];
  const { names } = await gateway(context, [{ ...a, weight: 2 }, b]);
  assert.equal(await names(6), 'abaaba');
});

test('a request passes over a server that refuses it, and the next ones do not try', async (context) => {
  const { names, kit } = await gateway(context, [await deadServer(), await server(context, 'b')]);
  assert.equal(await names(3), 'bbb');
  const alone = kit.lines.filter(({ message }) => /no requests for a while/.test(message));
  assert.equal(alone.length, 1);
});

test('a body that no server has had goes to the next one', async (context) => {
  const echo = await server(context, '', (request, response) => request.pipe(response));
  const { ask } = await gateway(context, [await deadServer(), echo]);
  const answer = await ask({ method: 'POST', body: 'hello' });
  assert.equal(await answer.text(), 'hello');
});

test('a GET that was not answered is sent again, a POST is not', async (context) => {
  const seen: (string | undefined)[] = [];
  const silent = await server(context, '', (request) => {
    seen.push(request.method);
    request.socket.destroy();
  });
  const options = { upstream: { balance: { kind: 'ip_hash' } } } as const;
  const { ask } = await gateway(
    context,
    [{ ...silent, weight: 1000, maxFails: 0 }, await server(context, 'b')],
    options,
  );
  // By its number 127.0.0.1 belongs to a heavy server until that has failed.
  assert.equal(await (await ask()).text(), 'b');
  assert.equal((await ask({ method: 'POST', body: 'once' })).status, 502);
  assert.deepEqual(seen, ['GET', 'POST']);
});

/** Two servers: one that reads a request to its end and leaves, and one that says what it was sent. */
async function leaverAndEcho(context: TestContext, forward: RouteModel['forward'] = {}) {
  const seen: string[] = [];
  const leaver = await server(context, '', (request) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    request.on('end', () => {
      seen.push(`${request.method} ${body.length}`);
      request.socket.destroy();
    });
  });
  const echo = await server(context, '', (request, response) => request.pipe(response));
  const made = await gateway(
    context,
    [
      { ...leaver, maxFails: 0 },
      { ...echo, backup: true },
    ],
    {
      forward,
    },
  );
  return { ...made, seen };
}

test('a short body that one server has had goes to the next, if its method allows it', async (context) => {
  const { ask, seen } = await leaverAndEcho(context);
  assert.equal(await (await ask({ method: 'PUT', body: 'hello' })).text(), 'hello');
  assert.equal((await ask({ method: 'POST', body: 'once' })).status, 502);
  assert.equal((await ask({ method: 'PATCH', body: 'once' })).status, 502);
  const most = 'x'.repeat(65_536);
  assert.equal(await (await ask({ method: 'PUT', body: most })).text(), most);
  assert.equal((await ask({ method: 'PUT', body: `${most}x` })).status, 502);
  assert.deepEqual(seen, ['PUT 5', 'POST 4', 'PATCH 4', 'PUT 65536', 'PUT 65537']);
});

test('a POST goes to the next server only when the route says that it may', async (context) => {
  const retry = { on: ['error', 'non_idempotent'] } as const;
  const { ask } = await leaverAndEcho(context, { retry });
  assert.equal(await (await ask({ method: 'POST', body: 'twice' })).text(), 'twice');
});

test('a body that is gathered first goes to the next server though it is long', async (context) => {
  const { ask } = await leaverAndEcho(context, { buffersBody: true });
  const long = 'x'.repeat(1024 * 1024);
  assert.equal(await (await ask({ method: 'PUT', body: long })).text(), long);
  assert.equal((await ask({ method: 'PUT', body: `${long}x` })).status, 502);
});

test('a short body goes along when a status is for another server', async (context) => {
  const busy = await server(context, '', (request, response) => {
    request.resume().on('end', () => response.writeHead(503).end('busy'));
  });
  const echo = await server(context, '', (request, response) => request.pipe(response));
  const { ask } = await gateway(context, [busy, { ...echo, backup: true }], {
    forward: { retry: { on: ['http_503'] } },
  });
  assert.equal(await (await ask({ method: 'PUT', body: 'hello' })).text(), 'hello');
});

test('a status is an answer, unless the route lists it', async (context) => {
  const busy = await server(context, '', (_, response) => response.writeHead(503).end('busy'));
  const b = await server(context, 'b');
  const first = [{ ...busy, maxFails: 0 }, b];
  const plain = await gateway(context, first);
  assert.equal(await plain.names(2), 'busyb');
  const retried = await gateway(context, first, { forward: { retry: { on: ['http_503'] } } });
  assert.equal(await retried.names(2), 'bb');
});

test('when no server is left the client is told so, and the log why', async (context) => {
  const [a, b] = [await deadServer(), await deadServer()];
  const { ask, kit } = await gateway(context, [a, b]);
  const json = { headers: { accept: 'application/json' } };
  assert.match(await (await ask(json)).text(), /HW_UPSTREAM_UNREACHABLE/);
  const answer = await ask(json);
  assert.equal(answer.status, 502);
  assert.match(await answer.text(), /HW_NO_LIVE_UPSTREAM/);
  const log = JSON.stringify(kit.lines);
  assert.match(log, /no live upstreams \([^)]*: 1 request failed; [^)]*: 1 request failed\)/);
});

test('a browser keeps its server by the cookie it was given', async (context) => {
  const servers = [await server(context, 'a'), await server(context, 'b')];
  const { ask, names } = await gateway(context, servers, {
    upstream: { sticky: { kind: 'cookie', name: 'srv', httpOnly: true } },
  });
  const first = await ask();
  assert.equal(await first.text(), 'a');
  const cookie = first.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^srv=[0-9a-f]{32}; Path=\/; HttpOnly$/);
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  assert.equal((await ask({ headers })).headers.get('set-cookie'), null);
  assert.equal(await names(4, { headers }), 'aaaa');
});

test('a session that a server has opened comes back to it', async (context) => {
  const opening = (name: string): RequestListener => {
    return (_, response) => response.setHeader('Set-Cookie', `sid=of-${name}`).end(name);
  };
  const servers = await Promise.all(['a', 'b'].map((name) => server(context, name, opening(name))));
  const { names } = await gateway(context, servers, {
    upstream: {
      sticky: {
        kind: 'learn',
        create: [[{ variable: 'upstream_cookie_sid' }]],
        lookup: [[{ variable: 'cookie_sid' }]],
      },
    },
  });
  assert.equal(await names(2), 'ab');
  assert.equal(await names(3, { headers: { cookie: 'sid=of-b' } }), 'bbb');
});

test('a tunnel counts as under way until it ends', async (context) => {
  const tunnels: { destroy(): void }[] = [];
  const one = createServer((_, response) => response.end('a'));
  one.on('upgrade', (request, socket) => {
    tunnels.push(socket);
    const accept = webSocketAccept(request.headers['sec-websocket-key'] ?? '');
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  });
  one.listen(0, '127.0.0.1');
  await once(one, 'listening');
  context.after(() => {
    for (const tunnel of tunnels) tunnel.destroy();
    one.close();
    one.closeAllConnections();
  });
  const { port } = one.address() as AddressInfo;
  const { kit, ask } = await gateway(context, [
    { kind: 'tcp', host: '127.0.0.1', port, maxConnections: 1 },
  ]);
  const client = await kit.connect();
  client.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  assert.equal((await ask()).status, 502);
  client.end();
  tunnels[0]?.destroy();
  await client.gone();
  assert.equal(await (await ask()).text(), 'a');
});

test('a URL that is computed leads to another server a request', async (context) => {
  const [a, b] = [await server(context, 'a'), await server(context, 'b')];
  const { ask } = await gateway(context, [], {
    route: {
      upstream: {
        url: ['http://', { variable: 'arg_to' }],
        groups: { first: modelOf([a]) },
        tls: { verify: true },
        timeouts: { connectMs: 5000, readMs: 5000, sendMs: 5000 },
      },
    },
  });
  assert.equal(await (await ask({}, '/?to=first')).text(), 'a');
  const port = b.kind === 'tcp' ? b.port : 0;
  assert.equal(await (await ask({}, `/?to=127.0.0.1:${port}`)).text(), 'b');
  assert.equal((await ask({}, '/?to=')).status, 500);
});
