import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionZone } from './connection-zone.ts';

test('a key has as many places as it is given, and gives them back', () => {
  const zone = new ConnectionZone({ bytes: 65_536 });
  assert.ok(zone.acquire('a', 2));
  assert.ok(zone.acquire('a', 2));
  assert.ok(!zone.acquire('a', 2));
  assert.ok(zone.acquire('a', 3), 'where another route allows three');
  assert.ok(zone.acquire('b', 1));
  for (const key of ['a', 'a', 'a', 'b']) zone.release(key);
  assert.equal(zone.size, 0);
  zone.release('a');
  assert.ok(zone.acquire('a', 1));
});

test('a zone that is full has no place for another key, until one is given back', () => {
  // 36 bytes and a short key are a slot of 64.
  const zone = new ConnectionZone({ bytes: 2 * 64 });
  assert.ok(zone.acquire('a', 1));
  assert.ok(zone.acquire('b', 1));
  assert.ok(!zone.acquire('c', 1));
  zone.release('a');
  assert.ok(!zone.acquire('x'.repeat(100), 1));
  assert.ok(zone.acquire('c', 1));
});
