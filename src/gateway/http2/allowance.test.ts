import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

/** How many of so many attempts at one time are allowed. */
function taken(allowance: Allowance, attempts: number, now: number): number {
  return Array.from({ length: attempts }, () => allowance.take(now)).filter(Boolean).length;
}

test('so many are allowed at once, and no more', () => {
  assert.equal(taken(new Allowance(5, 10, 0), 20, 0), 5);
});

test('it fills up again by its rate, up to the burst', () => {
  const allowance = new Allowance(5, 10, 1000);
  taken(allowance, 5, 1000);
  assert.equal(taken(allowance, 20, 1250), 2);
  assert.equal(taken(allowance, 20, 1300), 1);
  assert.equal(taken(allowance, 20, 60_000), 5);
});
