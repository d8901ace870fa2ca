import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { HealthModel, UpstreamModel } from '../../config/upstream-model.ts';
import { webSocketAccept } from '../../http1/upgrade.ts';
import { requestOf } from './testing/peers-kit.ts';
import { modelOf, UpstreamsKit } from './testing/upstreams-kit.ts';
import type { UpstreamSet } from './upstreams.ts';

const out = /is taken out/;
const back = /is back/;

async function serve(context: TestContext, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

/** Upstreams of one server that is checked every few milliseconds. */
function check(
  context: TestContext,
  server: TcpServer,
  health: HealthModel,
  more: Partial<UpstreamModel> = {},
) {
  const kit = new UpstreamsKit(context);
  const { port } = server.address() as AddressInfo;
  const set = kit.upstreams.set();
  const upstream = set.of(
    modelOf([{ kind: 'tcp', host: '127.0.0.1', port }], {
      health: { intervalMs: 5, timeoutMs: 2000, ...health },
      ...more,
    }),
  );
  return { kit, set, upstream };
}

function stateOf(set: UpstreamSet) {
  const [facts] = set.facts();
  const [server] = facts?.servers ?? [];
  return { state: server?.state, why: server?.why };
}

test('http: a server is taken out while it answers with a wrong status, and gets no requests', async (context) => {
  let status = 200;
  const requests: IncomingMessage[] = [];
  const server = await serve(context, (request, response) => {
    requests.push(request);
    response.writeHead(status).end();
  });
  const { kit, set, upstream } = check(context, server, {
    kind: 'http',
    path: '/health?deep',
    host: 'app.test',
  });
  assert.equal(stateOf(set).state, 'up', 'before anything is known');
  await once(server, 'request');
  assert.equal(requests[0]?.url, '/health?deep');
  assert.equal(requests[0]?.headers.host, 'app.test');

  const taken = kit.logged(out);
  status = 500;
  const { facts } = await taken;
  assert.equal(facts.reason, 'it answered with 500');
  assert.deepEqual(stateOf(set), { state: 'unhealthy', why: 'it answered with 500' });
  assert.equal(upstream.select(requestOf()).next(), undefined);
  assert.match(upstream.noLive().message, /no live upstreams \(127.*: it answered with 500\)/);

  const returned = kit.logged(back);
  status = 399;
  await returned;
  assert.deepEqual(stateOf(set), { state: 'up', why: undefined });
  assert.notEqual(upstream.select(requestOf()).next(), undefined);
});

test('http: only the statuses of the model are good, interim answers say nothing', async (context) => {
  const server = await serve(context, (_, response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' });
    response.writeHead(204).end();
  });
  const { kit } = check(context, server, { kind: 'http', statuses: [200, 203] });
  const { facts } = await kit.logged(out);
  assert.equal(facts.reason, 'it answered with 204');
});

test('as many checks in a row have to fail or to pass as the model says', async (context) => {
  const statuses = [500, 200, 500, 500, 500, 200, 500, 200, 200];
  let asked = 0;
  const server = await serve(context, (_, response) => {
    response.writeHead(statuses[asked++] ?? 200).end();
  });
  const { kit } = check(context, server, { kind: 'http', fails: 3, passes: 2 });
  await kit.logged(out);
  assert.equal(asked, 5);
  await kit.logged(back);
  assert.equal(asked, 9);
});

test('what is no HTTP, and what is no answer, is not up', async (context) => {
  const answers = [
    (end: (text: string) => void) => end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    (end: (text: string) => void) => end(''),
  ];
  for (const [index, answer] of answers.entries()) {
    const server = await serve(context, () => {});
    server.on('connection', (socket) => answer((text) => socket.end(text)));
    const { kit } = check(context, server, { kind: 'http' });
    const { facts } = await kit.logged(out);
    assert.match(String(facts.reason), index === 0 ? /HTTP/ : /it closed the connection/);
  }
});

test('a server that takes too long is not up', async (context) => {
  const server = await serve(context, () => {});
  const { kit } = check(context, server, { kind: 'http', timeoutMs: 20 });
  const { facts } = await kit.logged(out);
  assert.equal(facts.reason, 'no answer within 20 ms');
});

test('tcp: a connection is enough, and one that is refused is not up', async (context) => {
  const server = await serve(context, () => {});
  const { kit, set } = check(context, server, { kind: 'tcp' });
  await once(server, 'connection');
  await once(server, 'connection');
  assert.equal(stateOf(set).state, 'up');
  const taken = kit.logged(out);
  server.close();
  const { facts } = await taken;
  assert.match(String(facts.reason), /the connection was refused/);
});

test('websocket: only a 101 with the right Accept is up', async (context) => {
  let accept = (key: string) => webSocketAccept(key);
  const server = await serve(context, (_, response) => response.end('a page'));
  server.on('upgrade', (request, socket) => {
    const answer = accept(request.headers['sec-websocket-key'] ?? '');
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Accept: ${answer}\r\n\r\n`,
    );
  });
  const { kit, set } = check(context, server, { kind: 'websocket', path: '/ws' });
  await once(server, 'upgrade');
  await once(server, 'upgrade');
  assert.equal(stateOf(set).state, 'up');
  const taken = kit.logged(out);
  accept = () => webSocketAccept('another key');
  const { facts } = await taken;
  assert.match(String(facts.reason), /it opens no WebSocket/);
  const returned = kit.logged(back);
  accept = webSocketAccept;
  await returned;
});

test('no check is made of a server that is marked as down, nor after the end', async (context) => {
  const asked: (string | undefined)[] = [];
  const server = await serve(context, (request, response) => {
    asked.push(request.url);
    response.end();
  });
  const { port } = server.address() as AddressInfo;
  const kit = new UpstreamsKit(context);
  const set = kit.upstreams.set();
  const health = { kind: 'http', intervalMs: 5 } as const;
  set.of(modelOf([{ kind: 'tcp', host: '127.0.0.1', port, down: true }], { health }));
  set.of(
    modelOf([{ kind: 'tcp', host: '127.0.0.1', port }], { health: { ...health, path: '/up' } }),
  );
  await once(server, 'request');
  await once(server, 'request');
  set.close();
  await kit.counts.until(() => kit.counts.upstreams === 0, 2000);
  const before = asked.length;
  // Another upstream's checks show that time passes.
  kit.upstreams.set().of(
    modelOf([{ kind: 'tcp', host: '127.0.0.1', port }], {
      health: { ...health, path: '/other' },
    }),
  );
  for (let checks = 0; checks < 5; checks++) await once(server, 'request');
  assert.deepEqual(new Set(asked.slice(0, before)), new Set(['/up']));
  assert.deepEqual(new Set(asked.slice(before)), new Set(['/other']));
});
