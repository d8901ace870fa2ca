import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expires } from './expires.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const nothing = { variable: () => undefined };

function linesOf(
  t: { mock: typeof import('node:test').mock },
  when: string,
  sinceModified = false,
): string[] {
  t.mock.timers.enable({ apis: ['Date'], now });
  const lines = new Expires({ when: [when], sinceModified }).lines(
    nothing,
    'Sat, 31 Jan 2026 11:00:00 GMT',
  );
  t.mock.timers.reset();
  return lines.split('\r\n').slice(0, -1);
}

test('a time counts from now on, or from when the file was changed', (t) => {
  assert.deepEqual(linesOf(t, '2h'), [
    'Expires: Sat, 31 Jan 2026 14:00:00 GMT',
    'Cache-Control: max-age=7200',
  ]);
  assert.deepEqual(linesOf(t, '+1d'), [
    'Expires: Sun, 01 Feb 2026 12:00:00 GMT',
    'Cache-Control: max-age=86400',
  ]);
  assert.deepEqual(linesOf(t, '2h', true), [
    'Expires: Sat, 31 Jan 2026 13:00:00 GMT',
    'Cache-Control: max-age=3600',
  ]);
});

test('what is over may not be kept', (t) => {
  assert.deepEqual(linesOf(t, '-1h'), [
    'Expires: Sat, 31 Jan 2026 11:00:00 GMT',
    'Cache-Control: no-cache',
  ]);
  assert.deepEqual(linesOf(t, '30m', true), [
    'Expires: Sat, 31 Jan 2026 11:30:00 GMT',
    'Cache-Control: no-cache',
  ]);
  assert.deepEqual(linesOf(t, 'epoch')[1], 'Cache-Control: no-cache');
});

test('a time of the day is the next one', (t) => {
  for (const when of ['@0h', '@13h30m', '@24h']) {
    const [expires = '', cacheControl = ''] = linesOf(t, when);
    const seconds = Number(/max-age=(\d+)/.exec(cacheControl)?.[1]);
    assert.ok(seconds > 0 && seconds <= 86_400, when);
    assert.equal(Date.parse(expires.slice('Expires: '.length)), now + seconds * 1000);
  }
});

test('what is off, or cannot be read, says nothing', (t) => {
  for (const when of ['off', '', 'soon', '@25h', '1x'])
    assert.deepEqual(linesOf(t, when), [], when);
});
