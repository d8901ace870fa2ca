import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Peer } from '../peer.ts';
import { PeerList } from '../peer-list.ts';
import { peerOf, walkOf, weighted } from '../testing/peers-kit.ts';
import { leastConn } from './least-conn.ts';
import type { Picker } from './picker.ts';
import { RandomPicker } from './random.ts';
import { roundRobin } from './round-robin.ts';

function turns(peers: readonly Peer[], count: number, picker: Picker = roundRobin): string {
  const list = new PeerList(peers);
  let names = '';
  for (let turn = 0; turn < count; turn++) names += picker.pick(list, walkOf(), 0)?.name ?? '-';
  return names;
}

test('turns are spread as nginx spreads them', () => {
  assert.equal(turns(weighted(1, 1, 1), 7), 'abcabca');
  assert.equal(turns(weighted(5, 1, 1), 14), 'aabacaaaabacaa');
  assert.equal(turns(weighted(3, 2), 10), 'ababaababa');
});

test('in every round each server has as many turns as it has weight', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
      (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const peers = weighted(...weights);
        const names = turns(peers, total);
        for (const peer of peers) assert.equal(names.split(peer.name).length - 1, peer.weight);
      },
    ),
  );
});

test('a server that failed comes back step by step', () => {
  const [a, b] = [
    peerOf('a', { weight: 4, maxFails: 2, failTimeoutMs: 10 }),
    peerOf('b', { weight: 4 }),
  ];
  a.failed(-100);
  assert.equal(a.effectiveWeight, 2);
  turns([a, b], 1);
  assert.equal(a.effectiveWeight, 3);
  turns([a, b], 5);
  assert.equal(a.effectiveWeight, 4);
  for (let fails = 0; fails < 3; fails++) a.failed(-100);
  assert.equal(a.effectiveWeight, 0);
});

test('least_conn: fewer requests for its weight is what counts, and equals take turns', () => {
  const [a, b, c] = weighted(1, 2, 1) as [Peer, Peer, Peer];
  a.busy = 2;
  b.busy = 3;
  c.busy = 2;
  assert.equal(turns([a, b, c], 3, leastConn), 'bbb');
  b.busy = 4;
  assert.equal(turns([a, b, c], 8, leastConn), turns(weighted(1, 2, 1), 8));
});

test('random: draws fall on servers by weight', () => {
  const draws = [0, 0.24, 0.25, 0.74, 0.75, 0.999];
  const picker = new RandomPicker(false, () => draws.shift() ?? 0);
  assert.equal(turns(weighted(1, 2, 1), 6, picker), 'aabbcc');
});

test('random two: the less busy one of two is taken', () => {
  const [a, b, c] = weighted(1, 1, 1) as [Peer, Peer, Peer];
  a.busy = 3;
  b.busy = 1;
  c.busy = 2;
  const draws = [0.1, 0.5, 0.9, 0.1, 0.9, 0.9, 0.5];
  const picker = new RandomPicker(true, () => draws.shift() ?? 0);
  assert.equal(turns([a, b, c], 3, picker), 'bcb');
  assert.equal(draws.length, 0, 'the same one twice is drawn again');
});
