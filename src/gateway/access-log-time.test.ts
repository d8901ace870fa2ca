import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatLocalIsoTime,
  formatLocalTime,
  localIsoTime,
  localTime,
  utcTime,
} from './access-log-time.ts';

test('a local time has its offset', () => {
  const time = new Date(2026, 10, 1, 2, 3, 4);
  const minutes = -time.getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  const zone = new Date(0);
  zone.setUTCMinutes(Math.abs(minutes));
  const offset = sign + zone.toISOString().slice(11, 16);
  assert.equal(formatLocalTime(time), `01/Nov/2026:02:03:04 ${offset.replace(':', '')}`);
  assert.equal(formatLocalIsoTime(time), `2026-11-01T02:03:04${offset}`);
});

test('a time goes on with the clock', (context) => {
  const start = Date.UTC(2026, 10, 21, 1, 8, 0);
  context.mock.timers.enable({ apis: ['Date'], now: start });
  for (const ms of [0, 999, 1000, 61_000]) {
    context.mock.timers.setTime(start + ms);
    const now = new Date(start + ms);
    assert.equal(localTime(), formatLocalTime(now));
    assert.equal(localIsoTime(), formatLocalIsoTime(now));
    assert.equal(utcTime(start + ms), now.toISOString());
  }
});
