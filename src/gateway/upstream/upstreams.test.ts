import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { UpstreamServerModel } from '../../config/upstream-model.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { connectFailure } from './connect-failure.ts';
import { requestOf } from './testing/peers-kit.ts';
import { connected, idleUser, modelOf, UpstreamsKit } from './testing/upstreams-kit.ts';
import type { Upstream } from './upstream.ts';

const certificates = new TestCertificates();
after(() => certificates.remove());

/** A server that takes connections and says nothing. */
async function listen(context: TestContext, host = '127.0.0.1', port = 0) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.resume();
  });
  server.listen(port, host);
  await once(server, 'listening');
  endWith(context, server, sockets);
  return { port: (server.address() as AddressInfo).port };
}

function endWith(context: TestContext, server: Server, sockets: readonly Socket[]): void {
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

function tcp(port: number, host = '127.0.0.1'): UpstreamServerModel {
  return { kind: 'tcp', host, port };
}

/** The pool of the next request's server. */
function pick(upstream: Upstream) {
  const selection = upstream.select(requestOf());
  const pool = selection.next();
  selection.end();
  assert.ok(pool);
  return pool;
}

test('models that differ in timeouts share servers and connections, others do not', async (context) => {
  const { port } = await listen(context);
  const { upstreams } = new UpstreamsKit(context);
  const set = upstreams.set();
  const model = modelOf([tcp(port)]);
  const patient = { ...model, timeouts: { ...model.timeouts, readMs: Number.POSITIVE_INFINITY } };
  assert.equal(set.of(model), set.of(structuredClone(model)));
  assert.notEqual(set.of(model), set.of(patient));
  assert.equal(pick(set.of(model)), pick(set.of(patient)));
  assert.equal(set.of(patient).model.timeouts.readMs, Number.POSITIVE_INFINITY);
  const other = { ...model, tcpKeepAlive: false };
  assert.notEqual(pick(set.of(model)), pick(set.of(other)));
  assert.equal(set.facts().length, 2);
});

test('what the next configuration has, too, is kept with its connections; the rest is closed', async (context) => {
  const { port } = await listen(context);
  const { upstreams, counts } = new UpstreamsKit(context);
  const [kept, dropped] = [
    modelOf([tcp(port)]),
    modelOf([tcp(port)], { name: 'http://other.test' }),
  ];
  const first = upstreams.set();
  const [idle, gone, busy] = await Promise.all([
    connected(pick(first.of(kept))),
    connected(pick(first.of(dropped))),
    connected(pick(first.of(dropped))),
  ]);
  idle.release();
  gone.release();
  const second = upstreams.set();
  const pool = pick(second.of(kept));
  first.close();
  await counts.until(() => counts.upstreams === 2, 2000);
  assert.equal(pool.take(idleUser), idle);
  assert.deepEqual(
    [idle.socket.destroyed, gone.socket.destroyed, busy.socket.destroyed],
    [false, true, false],
  );
  busy.release();
  assert.ok(busy.socket.destroyed, 'nobody will use it again');
  second.close();
  idle.release();
  assert.ok(idle.socket.destroyed);
});

test('a server of this process that does not run stops the start', (context) => {
  const { upstreams } = new UpstreamsKit(context, { console: () => {} });
  const set = upstreams.set();
  set.of(modelOf([{ kind: 'in-process', name: 'console' }]));
  assert.throws(() => set.of(modelOf([{ kind: 'in-process', name: 'doctor' }])), {
    code: 'HW_NO_SERVER',
    message: /doctor/,
  });
});

test('each address of a name is a server with the options of the name', async (context) => {
  const { upstreams, names } = new UpstreamsKit(context);
  names.set('app.test', ['10.0.0.2', '10.0.0.1', '2001:db8::1']);
  const set = upstreams.set();
  const upstream = set.of(
    modelOf([
      { kind: 'tcp', host: 'app.test', port: 80, weight: 3 },
      { ...tcp(81), backup: true },
    ]),
  );
  assert.equal(pick(upstream).name, 'app.test:80', 'until there is an answer');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    set.facts()[0]?.servers.map(({ address, weight, backup }) => [address, weight, backup]),
    [
      ['10.0.0.1:80', 3, false],
      ['10.0.0.2:80', 3, false],
      ['[2001:db8::1]:80', 3, false],
      ['127.0.0.1:81', 1, true],
    ],
  );
  const picked = new Set(Array.from({ length: 3 }, () => pick(upstream).name));
  assert.equal(picked.size, 3);
  assert.deepEqual(names.asked, ['app.test']);
});

test('an address that stays keeps what is known of it, one that goes keeps its connections under way', async (context) => {
  const { port } = await listen(context, '127.0.0.1');
  await listen(context, '127.0.0.2', port);
  const kit = new UpstreamsKit(context);
  const { upstreams, names } = kit;
  names.set('app.test', ['127.0.0.1', '127.0.0.2'], 5);
  const set = upstreams.set();
  const known = kit.logged(/are known/);
  const upstream = set.of(modelOf([tcp(port, 'app.test')]));
  await known;
  const pools = [pick(upstream), pick(upstream)].sort((a, b) => a.name.localeCompare(b.name));
  const [stays, goes] = pools;
  assert.ok(stays && goes);
  const busy = await connected(goes);
  const changed = kit.logged(/are known/);
  names.set('app.test', ['127.0.0.1', '127.0.0.3']);
  await changed;
  const now = new Set([pick(upstream), pick(upstream)]);
  assert.ok(now.has(stays));
  assert.ok(!now.has(goes));
  assert.ok(!busy.socket.destroyed);
  busy.abandon();
});

test('a request does not wait for the name, its connection does', async (context) => {
  const { port } = await listen(context);
  const { upstreams, names } = new UpstreamsKit(context);
  names.set('app.test', ['127.0.0.1']);
  const pool = pick(upstreams.set().of(modelOf([tcp(port, 'app.test')])));
  assert.equal(pool.name, `app.test:${port}`);
  const connection = await connected(pool);
  assert.ok(connection.ready);
  connection.abandon();
});

test('an unknown name fails the connection with its name, and is found later', async (context) => {
  const { port } = await listen(context);
  const kit = new UpstreamsKit(context);
  const model = modelOf([tcp(port, 'app.test')], { name: 'http://app.test' });
  const upstream = kit.upstreams.set().of(model);
  await assert.rejects(connected(pick(upstream)), (error: Error) => {
    const failure = connectFailure(error, model, pick(upstream).name);
    assert.equal(failure.code, 'HW_UPSTREAM_UNREACHABLE');
    assert.equal(failure.status, 502);
    assert.match(failure.message, /http:\/\/app\.test .*its name is not known/);
    return true;
  });
  kit.names.set('app.test', ['127.0.0.1']);
  const connection = await connected(pick(upstream));
  connection.abandon();
  assert.equal(pick(upstream).name, `127.0.0.1:${port}`);
});

test('localhost is one server, at whichever of its addresses it listens', async (context) => {
  const { port } = await listen(context);
  const { upstreams, names } = new UpstreamsKit(context);
  const set = upstreams.set();
  const connection = await connected(pick(set.of(modelOf([tcp(port, 'localhost')]))));
  connection.abandon();
  assert.deepEqual(names.asked, []);
  assert.equal(set.facts()[0]?.servers.length, 1);
});

test('name servers are those of the model', (context) => {
  const { upstreams, names } = new UpstreamsKit(context);
  const resolver = { servers: ['127.0.0.11:53'], validMs: 10_000 };
  upstreams.set().of(modelOf([tcp(1)], { resolver }));
  assert.deepEqual(names.resolvers, [resolver]);
});

test('a connection is used again as often and as long as the model says', async (context) => {
  const { port } = await listen(context);
  const { upstreams, counts } = new UpstreamsKit(context);
  const set = upstreams.set();
  const poolWith = (keepAlive: object) => pick(set.of(modelOf([tcp(port)], { keepAlive })));

  const twice = poolWith({ requests: 2 });
  const first = await connected(twice);
  first.release();
  assert.equal(twice.take(idleUser), first);
  first.release();
  assert.equal(twice.take(idleUser), undefined);

  const none = poolWith({ connections: 0 });
  (await connected(none)).release();
  assert.equal(none.idle, 0);

  const one = poolWith({ connections: 1 });
  const both = await Promise.all([connected(one), connected(one)]);
  for (const connection of both) connection.release();
  assert.equal(one.idle, 1);

  const young = poolWith({ ageMs: -1 });
  (await connected(young)).release();
  assert.equal(young.idle, 0, 'it is too old at once');

  const brief = poolWith({ idleMs: 1 });
  const waits = await connected(brief);
  waits.release();
  assert.equal(brief.idle, 1);
  await once(waits.socket, 'close');
  assert.equal(brief.idle, 0);
  assert.ok(await counts.until(() => counts.upstreams === 1, 2000));
});

test('TLS sessions are used again, and nobody is trusted who was not before', async (context) => {
  const own = certificates.make('own.example');
  const sockets: TLSSocket[] = [];
  const resumed: boolean[] = [];
  const server = createTlsServer(
    { cert: readFileSync(own.certPath), key: readFileSync(own.keyPath) },
    (socket) => {
      sockets.push(socket);
      resumed.push(socket.isSessionReused());
      socket.on('error', () => {});
      socket.write('welcome');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endWith(context, server, sockets);
  const { port } = server.address() as AddressInfo;
  const { upstreams } = new UpstreamsKit(context);
  const set = upstreams.set();
  const tls = { verify: true, serverName: 'own.example', caPath: own.certPath };
  const pool = pick(set.of(modelOf([tcp(port)], { tls })));
  const first = await connected(pool);
  // The server sends its tickets when it likes; both connections are open until it has.
  await once(first.socket, 'session');
  const second = await connected(pool);
  await once(second.socket, 'data');
  assert.deepEqual(resumed, [false, true]);
  first.abandon();
  second.abandon();
  const wrong = pick(
    set.of(modelOf([tcp(port)], { tls: { ...tls, serverName: 'other.example' } })),
  );
  for (let connections = 0; connections < 3; connections++) {
    await assert.rejects(connected(wrong), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  }
});

test('an upstream whose certificate files have changed is another one', async (context) => {
  const { upstreams } = new UpstreamsKit(context);
  const [one, two] = [certificates.make('one.example'), certificates.make('two.example')];
  const caPath = join(certificates.folder, 'changing.pem');
  writeFileSync(caPath, readFileSync(one.certPath));
  const model = modelOf([tcp(1)], { tls: { verify: true, serverName: 'one.example', caPath } });
  const before = pick(upstreams.set().of(model));
  assert.equal(pick(upstreams.set().of(model)), before);
  writeFileSync(caPath, readFileSync(two.certPath));
  assert.notEqual(pick(upstreams.set().of(model)), before);
});

test('why there is nobody to ask is said of each server', (context) => {
  const { upstreams, lines } = new UpstreamsKit(context);
  const set = upstreams.set();
  const upstream = set.of(
    modelOf([{ ...tcp(1), down: true }, tcp(2), { ...tcp(3), maxConnections: 1, maxFails: 0 }]),
  );
  const selection = upstream.select(requestOf());
  while (selection.next()?.name === '127.0.0.1:3') selection.end();
  selection.failed();
  const busy = upstream.select(requestOf());
  assert.equal(busy.next()?.name, '127.0.0.1:3');
  assert.equal(upstream.select(requestOf()).next(), undefined);
  const { code, status, message } = upstream.noLive();
  assert.deepEqual([code, status], ['HW_NO_LIVE_UPSTREAM', 502]);
  assert.equal(
    message,
    'upstream http://up.test: no live upstreams (127.0.0.1:1: it is marked as down; ' +
      '127.0.0.1:2: 1 request failed; 127.0.0.1:3: it may have no more than 1 requests at a time)',
  );
  assert.deepEqual(
    set.facts()[0]?.servers.map(({ state, busy, fails }) => [state, busy, fails]),
    [
      ['down', 0, 0],
      ['failing', 0, 1],
      ['up', 1, 0],
    ],
  );
  assert.equal(lines.at(-1)?.facts.server, '127.0.0.1:2');
});
