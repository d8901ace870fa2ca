import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs, upgradeDelayMs } from './backoff.ts';

test('the first try comes at once, later ones after a random part of 0.5 to 10 s', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => retryDelayMs(attempt, () => 1));
  assert.deepEqual(longest, [0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  assert.equal(
    retryDelayMs(7, () => 0),
    0,
  );
});

test('the WebSocket is tried in the background after 5 s and then ever more seldom', () => {
  const delays = [0, 1, 2, 3, 4, 50].map(upgradeDelayMs);
  assert.deepEqual(delays, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});
