import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from './peer.ts';
import { leastConn } from './pick/least-conn.ts';
import { Selection } from './selection.ts';
import { peerOf, requestOf, TestServers, weighted } from './testing/peers-kit.ts';

/** One request that is answered, or fails at every server in `broken`. Returns whom it came to. */
function ask(servers: TestServers, ...broken: readonly Peer[]): string {
  const selection = new Selection(servers, requestOf());
  let walk = '';
  while (selection.next() !== undefined) {
    walk += selection.serverName;
    if (!broken.some(({ name }) => name === selection.serverName)) {
      selection.succeeded();
      break;
    }
    selection.failed();
  }
  selection.end();
  return walk;
}

/** The first request that comes to a server. */
function untilChosen(servers: TestServers, name: string): Selection {
  for (let request = 0; request < 10; request++) {
    const selection = new Selection(servers, requestOf());
    if (selection.next()?.name === name) return selection;
    selection.end();
  }
  throw new Error(`nothing comes to ${name}`);
}

test('no server is tried twice, and then there is none', () => {
  const peers = weighted(1, 1, 1);
  const servers = new TestServers(peers);
  const selection = new Selection(servers, requestOf());
  assert.equal(selection.serverName, '');
  for (const name of ['a', 'b', 'c']) {
    assert.equal(selection.next()?.name, name);
    assert.equal(selection.serverName, name);
  }
  assert.equal(selection.next(), undefined);
  assert.equal(selection.serverName, 'c');
  assert.deepEqual(
    peers.map(({ busy }) => busy),
    [0, 0, 0],
  );
});

test('requests are counted from the choice of a server to the end, once', () => {
  const [a, b] = weighted(1, 1) as [Peer, Peer];
  const servers = new TestServers([a, b], { picker: leastConn });
  const selections = [1, 2, 3].map(() => new Selection(servers, requestOf()));
  for (const selection of selections) selection.next();
  assert.deepEqual([a.busy, b.busy], [1, 2]);
  const [first] = selections as [Selection];
  first.succeeded();
  assert.equal(a.busy, 1);
  first.end();
  first.end();
  first.failed();
  assert.deepEqual([a.busy, b.busy, a.fails], [0, 2, 0]);
});

test('a server that failed is left alone for its time, then one request shows whether it is back', () => {
  const [a, b] = weighted(1, 1) as [Peer, Peer];
  const servers = new TestServers([a, b]);
  assert.equal(ask(servers, a), 'ab');
  assert.deepEqual(servers.leftAlonePeers, ['a']);
  assert.equal(a.state(servers.now()), 'failing');
  servers.nowMs += 10_000;
  for (let request = 0; request < 4; request++) assert.equal(ask(servers, a), 'b');

  servers.nowMs += 1;
  const probe = untilChosen(servers, 'a');
  assert.equal(ask(servers), 'b', 'while the one is under way, there is no other');
  assert.equal(ask(servers), 'b');
  probe.failed();
  servers.nowMs += 10_001;
  const second = untilChosen(servers, 'a');
  second.succeeded();
  assert.equal(a.fails, 0);
  assert.equal(a.state(servers.now()), 'up');
});

test('failures count within their time only, and as many as the server may have', () => {
  const a = peerOf('a', { maxFails: 2, failTimeoutMs: 1000 });
  const servers = new TestServers([a, peerOf('b')]);
  ask(servers, a);
  assert.equal(a.fails, 1);
  // A request that was let through after that time, and was answered, has them forgotten.
  servers.nowMs += 1001;
  assert.match(ask(servers) + ask(servers), /a/);
  assert.equal(a.fails, 0);
  ask(servers, a);
  ask(servers, a);
  while (a.fails < 2) ask(servers, a);
  assert.equal(a.state(servers.now()), 'failing');
});

test('an answer to a request that was chosen before the failure says nothing', () => {
  const [a, b] = weighted(1, 1) as [Peer, Peer];
  const servers = new TestServers([a, b]);
  const early = new Selection(servers, requestOf());
  early.next();
  ask(servers);
  assert.equal(ask(servers, a), 'ab');
  early.succeeded();
  assert.equal(a.fails, 1);
});

test('a server without company never goes down, and is tried once a request', () => {
  const only = peerOf('a');
  const servers = new TestServers([only]);
  for (let request = 0; request < 5; request++) assert.equal(ask(servers, only), 'a');
  assert.equal(only.fails, 0);
  assert.deepEqual(servers.leftAlonePeers, []);
  only.unhealthy = 'the test says so';
  assert.equal(ask(servers), '');
});

test('with max_fails of 0 nothing counts', () => {
  const a = peerOf('a', { maxFails: 0 });
  const servers = new TestServers([a, peerOf('b')]);
  const walks = [1, 2, 3, 4].map(() => ask(servers, a));
  assert.deepEqual(walks, ['ab', 'b', 'ab', 'b']);
});

test('backups are asked when no other server is available, and only then', () => {
  const [a, b] = [peerOf('a'), peerOf('b', { down: true })];
  const servers = new TestServers([
    peerOf('x', { backup: true }),
    a,
    b,
    peerOf('y', { backup: true }),
  ]);
  assert.equal(ask(servers) + ask(servers), 'aa');
  assert.equal(ask(servers, a), 'ax');
  assert.equal(ask(servers) + ask(servers), 'yx');
  servers.nowMs += 10_001;
  assert.equal(ask(servers), 'a');
});

test('a server gets no more requests at a time than it may have', () => {
  const servers = new TestServers([peerOf('a', { maxConnections: 2 })]);
  const selections = [1, 2, 3].map(() => new Selection(servers, requestOf()));
  assert.deepEqual(
    selections.map((selection) => selection.next()?.name),
    ['a', 'a', undefined],
  );
  selections[0]?.end();
  assert.equal(new Selection(servers, requestOf()).next()?.name, 'a');
});
