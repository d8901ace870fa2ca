import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrustModel } from '../../config/model.ts';
import {
  GatewayKit,
  routeModel,
  siteModel,
  tcpServer,
  upstreamModel,
} from '../testing/gateway-kit.ts';
import { RawServer } from '../testing/raw-socket.ts';
import { AddressCounts } from './address-counts.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('an address has its number of places, and gives them back', () => {
  const counts = new AddressCounts(2);
  assert.ok(counts.acquire('192.0.2.1'));
  assert.ok(counts.acquire('192.0.2.1'));
  assert.ok(!counts.acquire('192.0.2.1'));
  assert.ok(counts.acquire('192.0.2.2'));
  assert.ok(counts.acquire('2001:db8::1'));
  assert.ok(counts.acquire('2001:db8::2'));
  assert.ok(!counts.acquire('2001:db8::3'));
  counts.release('192.0.2.1');
  assert.ok(counts.acquire('192.0.2.1'));
  for (let i = 0; i < 5; i++) assert.ok(counts.acquire('unix:'));
  for (const address of [
    '192.0.2.1',
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8::9',
    '2001:db8::9',
    'unix:',
  ]) {
    counts.release(address);
  }
  assert.equal(counts.size, 0);
});

test('more connections of one address than allowed are told so and closed', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { connectionsPerAddress: 2 } });
  const first = await kit.ask(get);
  const second = await kit.connect();
  await kit.opened({ clients: 2 });
  const third = await kit.connect();
  assert.match(await third.rest(), /^HTTP\/1\.1 429 .*HW_TOO_MANY_FROM_ADDRESS/s);
  third.end();
  second.end();
  await kit.opened({ clients: 1 });
  const { client, upstream } = first;
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 204 /);
  const fourth = await kit.connect();
  fourth.write(get);
  await upstream.head();
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await fourth.head(), /^HTTP\/1\.1 204 /);
});

test('a connection counts for whom the PROXY protocol names, a trusted proxy for nobody', async (t) => {
  const upstream = await RawServer.listen();
  t.after(() => upstream.close());
  const routes = [routeModel('/', upstreamModel(tcpServer(upstream.port)))];
  const start = (trust: TrustModel, proxyProtocol: boolean) =>
    GatewayKit.start(t, {
      limits: { connectionsPerAddress: 1 },
      listener: { proxyProtocol },
      sites: [siteModel(undefined, routes, { trust })],
    });

  const named = await start({ from: ['127.0.0.1'], header: 'proxy_protocol' }, true);
  const connectAs = async (source: string) => {
    const client = await named.connect();
    client.write(`PROXY TCP4 ${source} 10.0.0.1 1 2\r\n${get}`);
    return client;
  };
  for (const source of ['192.0.2.1', '192.0.2.2']) {
    await connectAs(source);
    const connection = await upstream.accept();
    await connection.head();
  }
  const refused = await connectAs('192.0.2.1');
  assert.match(await refused.rest(), /^HTTP\/1\.1 429 /);
  refused.end();

  const many = await start({ from: ['127.0.0.1'] }, false);
  for (let i = 0; i < 3; i++) {
    const client = await many.connect();
    client.write(get);
    const connection = await upstream.accept();
    await connection.head();
  }
});
