import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { GatewayModel, ListenAddress } from '../config/model.ts';
import type { RouteModel } from '../config/route-model.ts';
import {
  GatewayKit,
  limits,
  routeModel,
  siteModel,
  tcpServer,
  upstreamModel,
} from './testing/gateway-kit.ts';
import { RawServer, rawConnect } from './testing/raw-socket.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
const switching = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

function answering(text: string): RouteModel {
  return {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upgradeTokens: [],
    rules: [{ kind: 'return', status: 200, text: [text] }],
  };
}

function modelOf(
  address: ListenAddress,
  route: RouteModel,
  more: readonly ListenAddress[] = [],
): GatewayModel {
  const site = siteModel(undefined, [route]);
  const listeners = [address, ...more].map((at) => ({
    address: at,
    tls: false,
    sites: [site],
    defaultSite: site,
  }));
  return { listeners, limits };
}

const anyPort: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** The kit's model says port 0; a reload names the same address as the model before, so here it has to be known. */
async function startOn(kit: GatewayKit, route: RouteModel): Promise<ListenAddress> {
  const [address] = await kit.gateway.replace(modelOf(anyPort, route));
  assert.ok(address);
  return address;
}

test('new requests get the new model on the same socket, what is under way ends as it began', async (t) => {
  const kit = await GatewayKit.start(t, { upgradeTokens: ['tcp'] });
  const tunnel = await kit.ask(upgrade);
  tunnel.upstream.write(switching);
  await tunnel.client.head();
  const answer = await kit.ask(get);
  answer.upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  await answer.client.head();
  assert.equal(await answer.client.bytes(5), 'hello');

  const address = await startOn(kit, answering('new'));
  assert.deepEqual(address, kit.address);

  const next = await kit.connect();
  next.write(get);
  await next.head();
  assert.equal(await next.bytes(3), 'new');
  answer.upstream.write('world');
  assert.equal(await answer.client.bytes(5), 'world');
  tunnel.client.write('still');
  assert.equal(await tunnel.upstream.bytes(5), 'still');
  tunnel.upstream.write('here');
  assert.equal(await tunnel.client.bytes(4), 'here');
});

test('a connection gets the new model for its next request, busy or idle', async (t) => {
  const kit = await GatewayKit.start(t);
  const idle = await kit.connect();
  await kit.opened({ clients: 1 });
  const busy = await kit.ask(get);
  await startOn(kit, answering('new'));
  await startOn(kit, answering('newer'));
  busy.upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold');
  assert.doesNotMatch(await busy.client.head(), /connection: close/i);
  assert.equal(await busy.client.bytes(3), 'old');
  for (const client of [busy.client, idle]) {
    client.write(get);
    assert.match(await client.head(), /^HTTP\/1\.1 200 OK/);
    assert.equal(await client.bytes(5), 'newer');
  }
});

test('a connection whose address asks for other things now ends after its request', async (t) => {
  const kit = await GatewayKit.start(t);
  const idle = await kit.connect();
  await kit.opened({ clients: 1 });
  const busy = await kit.ask(get);
  const next = modelOf(anyPort, answering('new'));
  const listeners = next.listeners.map((listener) => ({ ...listener, proxyProtocol: true }));
  await kit.gateway.replace({ ...next, listeners });
  assert.equal(await idle.rest(), '');
  busy.upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold');
  assert.match(await busy.client.rest(), /connection: close\r\n.*old$/is);
});

test('no request of a connection that is kept is lost while models change', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('0') });
  const client = await kit.connect();
  let done = false;
  const asking = (async () => {
    let count = 0;
    for (; !done; count++) {
      client.write(get);
      const head = await client.head();
      const [, length = ''] = /content-length: (\d+)/i.exec(head) ?? [];
      await client.bytes(Number(length));
    }
    return count;
  })();
  for (let i = 1; i <= 20; i++) await startOn(kit, answering(String(i)));
  done = true;
  assert.ok((await asking) > 0);
});

test('no client is refused while models change', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('0') });
  let done = false;
  const asking = (async () => {
    let count = 0;
    while (!done) {
      const client = await kit.connect();
      client.write(get);
      assert.match(await client.head(), /^HTTP\/1\.1 200 OK/);
      client.destroy();
      count++;
    }
    return count;
  })();
  for (let i = 1; i <= 20; i++) await startOn(kit, answering(String(i)));
  done = true;
  assert.ok((await asking) > 0);
});

test('a model that cannot be served leaves the old one as it was', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('old') });
  const taken = kit.upstream.port;
  const busy = modelOf(anyPort, answering('new'), [
    { kind: 'tcp', host: '127.0.0.1', port: taken },
  ]);
  await assert.rejects(kit.gateway.replace(busy), { code: 'HW_LISTEN_IN_USE' });
  const broken = modelOf(anyPort, answering('new'));
  const [listener] = broken.listeners;
  assert.ok(listener);
  await assert.rejects(
    kit.gateway.replace({ ...broken, listeners: [{ ...listener, tls: true }] }),
    { code: 'HW_CERTIFICATE' },
  );
  const client = await kit.connect();
  client.write(get);
  await client.head();
  assert.equal(await client.bytes(3), 'old');
});

test('an address that is gone accepts nothing more, and a new one does', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('old') });
  const other: ListenAddress = { kind: 'unix', path: `/tmp/hw-reload-${process.pid}.sock` };
  await kit.gateway.replace(modelOf(other, answering('new')));
  const client = await rawConnect(other.path);
  client.write(get);
  await client.head();
  assert.equal(await client.bytes(3), 'new');
  client.destroy();
  await assert.rejects(kit.connect(), /ECONNREFUSED/);
});

test('an address that is in the way of another one makes room for it, and does not for nothing', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('old') });
  const free = await RawServer.listen();
  const { port } = free;
  await free.close();
  const answer = async () => {
    const client = await rawConnect(port);
    client.write(get);
    await client.head();
    const text = await client.bytes(3);
    client.destroy();
    return text;
  };
  const one: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port };
  await kit.gateway.replace(modelOf(one, answering('one')));
  const every: ListenAddress = { kind: 'tcp', host: '0.0.0.0', port };
  const [address] = await kit.gateway.replace(modelOf(every, answering('all')));
  assert.deepEqual(address, every);
  assert.equal(await answer(), 'all');
  await kit.gateway.replace(modelOf(one, answering('one')));
  assert.equal(await answer(), 'one');

  const reusable = modelOf(one, answering('two'));
  const listeners = reusable.listeners.map((listener) => ({ ...listener, reusePort: true }));
  await kit.gateway.replace({ ...reusable, listeners });
  assert.equal(await answer(), 'two');
  await kit.gateway.replace(modelOf(one, answering('six')));
  assert.equal(await answer(), 'six');

  const stranger = createServer().listen(port, '127.0.0.2');
  await once(stranger, 'listening');
  t.after(() => stranger.close());
  const failing = kit.gateway.replace(modelOf(every, answering('bad')));
  await assert.rejects(failing, { code: 'HW_LISTEN_IN_USE' });
  assert.equal(await answer(), 'six');
});

test('who has connected when an address becomes wider or narrower is answered', async (t) => {
  const kit = await GatewayKit.start(t, { route: answering('old') });
  const free = await RawServer.listen();
  const { port } = free;
  await free.close();
  const one: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port };
  const every: ListenAddress = { kind: 'tcp', host: '0.0.0.0', port };
  await kit.gateway.replace(modelOf(one, answering('one')));
  for (const address of [every, one, every]) {
    // The kernel has them all, and the gateway none of them yet.
    const clients = Array.from({ length: 200 }, () => rawConnect(port));
    await new Promise((resolve) => process.nextTick(resolve));
    const replaced = kit.gateway.replace(modelOf(address, answering('one')));
    for (const connecting of clients) {
      const client = await connecting;
      client.write(get);
      assert.match(await client.head(), /^HTTP\/1\.1 200 OK/);
      client.destroy();
    }
    await replaced;
  }
});

test('an upstream that both models have keeps its connections', async (t) => {
  const kit = await GatewayKit.start(t);
  const upstream = upstreamModel(tcpServer(kit.upstream.port));
  await startOn(kit, routeModel('/', upstream));
  const { client, upstream: connection } = await kit.ask(get);
  connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await client.head();
  await startOn(
    kit,
    routeModel('/', { ...upstream, timeouts: { ...upstream.timeouts, readMs: 5000 } }),
  );
  const again = await kit.connect();
  again.write(get);
  assert.match(await connection.head(), /^GET \/ /);
});
