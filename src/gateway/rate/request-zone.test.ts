import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestZone } from './request-zone.ts';

/** One request, counted whatever the excess. */
function take(zone: RequestZone, key: string, ms: number): number {
  const excess = zone.excessAt(key, ms);
  zone.count(key, excess, ms);
  return excess;
}

test('what comes above the rate adds up in thousandths, and drains with time', () => {
  const zone = new RequestZone({ perSecond: 2, bytes: 65_536 });
  assert.equal(take(zone, 'a', 0), 0);
  assert.equal(take(zone, 'a', 0), 1000);
  assert.equal(take(zone, 'a', 250), 1500);
  assert.equal(take(zone, 'a', 1500), 0);
});

test('asking counts nothing', () => {
  const zone = new RequestZone({ perSecond: 1, bytes: 65_536 });
  assert.equal(take(zone, 'a', 0), 0);
  for (let i = 0; i < 5; i++) assert.equal(zone.excessAt('a', 0), 1000);
});

test('a zone holds the buckets that its size has slots for, and forgets the one that was not seen for longest', () => {
  // 80 bytes and a short key are a slot of 128.
  const zone = new RequestZone({ perSecond: 1, bytes: 3 * 128 });
  for (const key of ['a', 'b', 'c']) take(zone, key, 0);
  assert.equal(zone.excessAt('a', 0), 1000, 'seen again');
  take(zone, 'd', 0);
  assert.equal(zone.size, 3);
  assert.equal(zone.excessAt('b', 0), 0, 'forgotten, and now there again in place of c');
  assert.equal(zone.excessAt('a', 0), 1000);
});

test('a long key costs more, and one that no zone has room for is over every burst', () => {
  const zone = new RequestZone({ perSecond: 1, bytes: 4 * 128 });
  for (const key of ['a', 'b', 'c', 'd']) take(zone, key, 0);
  take(zone, 'x'.repeat(100), 0);
  assert.equal(zone.size, 3, 'two short ones made room for 256 bytes');
  assert.equal(zone.excessAt('x'.repeat(1000), 0), Number.POSITIVE_INFINITY);
  assert.equal(zone.size, 3);
});

test('buckets that have been empty for a minute make room before the zone is full', () => {
  const zone = new RequestZone({ perSecond: 1, bytes: 65_536 });
  for (const key of ['a', 'b', 'c']) take(zone, key, 0);
  take(zone, 'd', 59_999);
  assert.equal(zone.size, 4);
  take(zone, 'e', 60_000);
  assert.equal(zone.size, 3, 'two at a time');
  take(zone, 'f', 60_000);
  assert.equal(zone.size, 3);
});
