import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Peer } from '../peer.ts';
import { PeerList } from '../peer-list.ts';
import { peerOf, requestOf, walkOf, weighted } from '../testing/peers-kit.ts';
import { ConsistentHashPicker, ringOf } from './consistent-hash.ts';
import { HashPicker, roundHash } from './hash.ts';
import { addressBytes, ipHash, ipHashOf } from './ip-hash.ts';

const byKey = (source: { variable(name: string): string | undefined }) =>
  source.variable('key') ?? '';

test('ip_hash: the numbers of an address are those of nginx', () => {
  const cases: [address: string, hashes: number[]][] = [
    ['127.0.0.77', [4040, 5510, 4957]],
    ['10.0.0.1', [2565, 1753, 5403]],
    ['192.168.1.200', [154, 5654, 1196]],
    ['203.0.113.9', [2592, 4547, 3065]],
    ['172.17.0.2', [3634, 658, 165]],
    ['::1', [5945, 1692, 1535]],
    ['2001:db8::1', [2600, 2675, 497]],
    ['::ffff:192.168.1.10', [3094, 4877, 2765]],
  ];
  for (const [address, expected] of cases) {
    const key = addressBytes(address);
    const first = ipHashOf(key);
    const second = ipHashOf(key, first);
    assert.deepEqual([first, second, ipHashOf(key, second)], expected, address);
  }
});

test('ip_hash: a zone is no part of an address, and clients without one are all the same', () => {
  assert.deepEqual(addressBytes('fe80::1%eth0'), addressBytes('fe80::1'));
  assert.deepEqual(addressBytes('unix:'), [0, 0, 0]);
});

test('ip_hash: a client goes where its number falls, and on with the next number', () => {
  const [a, b, c] = weighted(1, 1, 1) as [Peer, Peer, Peer];
  const list = new PeerList([a, b, c]);
  // 154, 5654, 1196 modulo 3 are 1, 2, 2; the next one is 1.
  const request = requestOf({}, '192.168.1.9');
  const tried: Peer[] = [];
  const walk = walkOf(request, tried);
  assert.equal(ipHash.pick(list, walk, 0), b);
  tried.push(b);
  assert.equal(walk.hash, 154);
  assert.equal(ipHash.pick(list, walk, 0), c);
  assert.equal(walk.hash, 5654);
});

test('ip_hash: a server that is down keeps its place, so that the others keep their clients', () => {
  const up = weighted(2, 1, 3);
  const down = [up[0] as Peer, peerOf('b', { down: true }), up[2] as Peer];
  for (let third = 0; third < 200; third++) {
    const request = requestOf({}, `10.9.${third}.1`);
    const before = ipHash.pick(new PeerList(up), walkOf(request), 0);
    const after = ipHash.pick(new PeerList(down), walkOf(request), 0);
    if (before?.name === 'b') assert.notEqual(after?.name, 'b');
    else assert.equal(after, before);
  }
});

test('ip_hash: after 20 numbers that lead nowhere, turns are taken', () => {
  const [a, b] = [peerOf('a', { weight: 100_000, down: true }), peerOf('b')];
  const walk = walkOf(requestOf({}, '192.168.1.9'));
  assert.equal(ipHash.pick(new PeerList([a, b]), walk, 0), b);
  assert.equal(walk.passed, 21);
});

test('hash: rounds are numbered as in Cache::Memcached', () => {
  // crc32('123456789') is cbf43926, the check value of this CRC.
  assert.equal(roundHash('123456789', 0), 0x4bf4);
  assert.equal(roundHash('23456789', 1), 0x4bf4);
});

test('hash: an empty key is no key, so turns are taken', () => {
  for (const picker of [new HashPicker(byKey), new ConsistentHashPicker(byKey)]) {
    const list = new PeerList(weighted(1, 1));
    const names = [1, 2, 3].map(() => picker.pick(list, walkOf(requestOf()), 0)?.name);
    assert.deepEqual(names, ['a', 'b', 'a']);
  }
});

test('hash consistent: the ring is sorted, and has 160 points a weight and server', () => {
  const ring = ringOf([
    { server: '127.0.0.1:8001', weight: 1 },
    { server: 'unix:/run/b.sock', weight: 2 },
    { server: '127.0.0.1:8001', weight: 1 },
  ]);
  assert.equal(ring.hashes.length, 480);
  assert.deepEqual(ring.hashes, ring.hashes.toSorted());
  assert.equal(ring.servers.filter((server) => server === '127.0.0.1:8001').length, 160);
});

test('hash consistent: only the keys of a server that goes away move', () => {
  const peers = Array.from({ length: 6 }, (_, index) => peerOf(`10.0.0.${index}:80`));
  const picker = new ConsistentHashPicker(byKey);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(5), (key, gone) => {
      const before = new PeerList(peers);
      const after = new PeerList(peers.filter((_, index) => index !== gone));
      const place = (list: PeerList) => picker.pick(list, walkOf(requestOf({ key })), 0);
      const first = place(before);
      if (first === peers[gone]) assert.notEqual(place(after), first);
      else assert.equal(place(after), first);
    }),
  );
});

test('hash consistent: the addresses of one server take turns at its keys', () => {
  const [a, b] = [
    peerOf('10.0.0.1:80', { server: 'app.test:80' }),
    peerOf('10.0.0.2:80', { server: 'app.test:80' }),
  ];
  const picker = new ConsistentHashPicker(byKey);
  const list = new PeerList([a, b]);
  const names = [1, 2, 3, 4].map(() => picker.pick(list, walkOf(requestOf({ key: 'k' })), 0)?.name);
  assert.deepEqual(names, [a.name, b.name, a.name, b.name]);
});
