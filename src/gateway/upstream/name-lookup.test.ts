import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookUpAt, lookUpInSystem } from './name-lookup.ts';
import { NameServer } from './testing/name-server.ts';

test('a name server is asked for both kinds of addresses or one of them, and how long they hold', async (context) => {
  const server = await NameServer.start(context);
  server.set('both.test', { addresses: ['10.0.0.1', '10.0.0.2', '2001:db8::7'], ttl: 20 });
  server.set('four.test', { addresses: ['10.0.0.3'], ttl: 300 });
  server.set('six.test', { addresses: ['2001:db8::8'], ttl: 0 });
  const lookup = lookUpAt({ servers: [server.address] });
  const both = await lookup('both.test');
  assert.deepEqual([...both.addresses].sort(), ['10.0.0.1', '10.0.0.2', '2001:db8::7']);
  assert.equal(both.validMs, 20_000);
  assert.deepEqual(await lookup('four.test'), { addresses: ['10.0.0.3'], validMs: 300_000 });
  assert.deepEqual(await lookup('six.test'), { addresses: ['2001:db8::8'], validMs: 1000 });
  const only = async (kind: 'ipv4' | 'ipv6', name: string) =>
    (await lookUpAt({ servers: [server.address], only: kind })(name)).addresses;
  assert.deepEqual((await only('ipv4', 'both.test')).toSorted(), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(await only('ipv6', 'both.test'), ['2001:db8::7']);
  await assert.rejects(only('ipv6', 'four.test'), { code: 'ENOTFOUND' });
  const impatient = lookUpAt({ servers: [server.address], validMs: 5000 });
  assert.equal((await impatient('four.test')).validMs, 5000);
});

test('a name server may have a name itself', async (context) => {
  const server = await NameServer.start(context);
  server.set('app.test', { addresses: ['10.0.0.1'], ttl: 20 });
  const port = server.address.split(':')[1];
  const lookup = lookUpAt({ servers: [`localhost:${port}`, server.address] });
  assert.deepEqual((await lookup('app.test')).addresses, ['10.0.0.1']);
});

test('an unknown name differs from a name server that does not answer', async (context) => {
  const server = await NameServer.start(context);
  server.set('empty.test', { addresses: [], ttl: 1 });
  server.set('refused.test', 'refused');
  server.set('silent.test', 'silent');
  const lookup = lookUpAt({ servers: [server.address], timeoutMs: 60 });
  await assert.rejects(lookup('unknown.test'), { code: 'ENOTFOUND', message: /^unknown\.test: / });
  await assert.rejects(lookup('empty.test'), { code: 'ENOTFOUND' });
  await assert.rejects(lookup('refused.test'), { code: 'EAI_AGAIN' });
  await assert.rejects(lookup('silent.test'), { code: 'EAI_AGAIN' });
});

test('without name servers the system is asked', async () => {
  const { addresses, validMs } = await lookUpInSystem('localhost');
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'));
  assert.equal(validMs, 30_000);
});
