/** What holds for every way of choosing a server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BalanceModel } from '../../../config/upstream-model.ts';
import type { Peer } from '../peer.ts';
import { PeerList } from '../peer-list.ts';
import { peerOf, requestOf, walkOf } from '../testing/peers-kit.ts';
import { pickerOf } from './pickers.ts';

const key = [{ variable: 'key' }];

const balances: readonly [name: string, balance: BalanceModel | undefined][] = [
  ['nothing said', undefined],
  ['round_robin', { kind: 'round_robin' }],
  ['least_conn', { kind: 'least_conn' }],
  ['ip_hash', { kind: 'ip_hash' }],
  ['hash', { kind: 'hash', key, consistent: false }],
  ['hash consistent', { kind: 'hash', key, consistent: true }],
  ['random', { kind: 'random', two: false }],
  ['random two', { kind: 'random', two: true }],
];

const now = 1_000_000;

/** Of what is drawn here; that of the properties is fast-check's own. */
const seed = 20_261_121;

/** Numbers from 0 to below 1 that look random (the generator of Numerical Recipes). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Servers in any state, each with whether it may be chosen. */
const anyServers = fc.array(
  fc.record({
    weight: fc.integer({ min: 1, max: 20 }),
    isDown: fc.boolean(),
    isUnhealthy: fc.boolean(),
    isFailing: fc.boolean(),
    isFull: fc.boolean(),
    wasTried: fc.boolean(),
    busy: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 8 },
);

type AnyServer = typeof anyServers extends fc.Arbitrary<readonly (infer Server)[]> ? Server : never;

function peerIn(state: AnyServer, index: number): Peer {
  const { weight, isDown, isFull, busy } = state;
  const limit = isFull ? { maxConnections: busy } : {};
  const peer = peerOf(`10.0.0.${index}:80`, { weight, down: isDown, ...limit });
  peer.busy = busy;
  if (state.isUnhealthy) peer.unhealthy = 'the test says so';
  if (state.isFailing) peer.failed(now - 1);
  return peer;
}

for (const [name, balance] of balances) {
  test(`${name}: a server is chosen as long as there is one that is available and untried, and no other`, () => {
    fc.assert(
      fc.property(anyServers, fc.string(), fc.ipV4(), (states, value, address) => {
        const peers = states.map(peerIn);
        const tried = peers.filter((_, index) => states[index]?.wasTried);
        const may = peers.filter((peer) => peer.isAvailable(now) && !tried.includes(peer));
        const walk = walkOf(requestOf({ key: value }, address), tried);
        const peer = pickerOf(balance, randomFrom(seed)).pick(new PeerList(peers), walk, now);
        if (may.length === 0) assert.equal(peer, undefined);
        else assert.ok(peer !== undefined && may.includes(peer));
      }),
    );
  });

  test(`${name}: one walk comes to every server once`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.string(), (count, value) => {
        const peers = Array.from({ length: count }, (_, index) => peerOf(`10.0.1.${index}:80`));
        const list = new PeerList(peers);
        const picker = pickerOf(balance, randomFrom(seed));
        const tried: Peer[] = [];
        const walk = walkOf(requestOf({ key: value }), tried);
        for (let step = 0; step < count; step++) {
          const peer = picker.pick(list, walk, now);
          assert.ok(peer !== undefined && !tried.includes(peer));
          tried.push(peer);
        }
        assert.equal(picker.pick(list, walk, now), undefined);
      }),
    );
  });

  test(`${name}: over many clients, shares follow the weights`, () => {
    const picker = pickerOf(balance, randomFrom(seed));
    const peers = [1, 2, 5].map((weight, index) => peerOf(`10.0.2.${index}:80`, { weight }));
    const list = new PeerList(peers);
    const chosen = new Map(peers.map((peer) => [peer, 0]));
    const rounds = 4000;
    for (let client = 0; client < rounds; client++) {
      const address = `10.${client % 200}.${Math.floor(client / 200)}.1`;
      const peer = picker.pick(list, walkOf(requestOf({ key: `client-${client}` }, address)), now);
      assert.ok(peer !== undefined);
      chosen.set(peer, (chosen.get(peer) ?? 0) + 1);
      // None of them ends, so that those who look at what is under way see a difference.
      peer.busy++;
    }
    for (const [peer, count] of chosen) {
      const share = count / rounds;
      const due = peer.weight / list.totalWeight;
      assert.ok(Math.abs(share - due) < 0.06, `${peer.name} has ${share} instead of ${due}`);
    }
  });
}
