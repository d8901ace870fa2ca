import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silenceMs } from '../../src/wire/frames.ts';
import { Liveness } from './liveness.ts';
import { FakeClock } from './testing/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const events: string[] = [];
  const liveness = new Liveness({
    environment: clock,
    pingMs: 10_000,
    onPingDue: () => events.push('ping'),
    onRoundTrip: (ms) => events.push(`${ms} ms`),
    onDead: (reason) => events.push(reason),
  });
  const seen = () => events.splice(0);
  return { clock, liveness, seen };
}

test('a ping is due at once and then every interval', async () => {
  const { clock, liveness, seen } = setUp();
  liveness.start();
  assert.deepEqual(seen(), ['ping']);
  await clock.advance(20_000);
  assert.deepEqual(seen(), ['ping', 'ping']);
  liveness.stop();
  assert.equal(clock.pending, 0);
});

test('the round trip is the time from the stamp to its pong', async () => {
  const { clock, liveness, seen } = setUp();
  liveness.start();
  const stamp = liveness.stamp();
  await clock.advance(42);
  liveness.pong(stamp);
  assert.deepEqual(seen(), ['ping', '42 ms']);
  liveness.stop();
});

test('a connection on which nothing is heard is dead after the silence allowed, not before', async () => {
  const { clock, liveness, seen } = setUp();
  liveness.start();
  await clock.advance(silenceMs - 1);
  liveness.heard();
  await clock.advance(silenceMs - 1);
  assert.ok(seen().every((event) => event === 'ping'));
  await clock.advance(1);
  assert.ok(seen().includes('nothing was heard for 35 s'));
  liveness.stop();
});

test('after waking up, silence is death much sooner', async () => {
  const { clock, liveness, seen } = setUp();
  liveness.start();
  liveness.expectAnswer(5000);
  assert.deepEqual(seen(), ['ping', 'ping']);
  await clock.advance(4999);
  liveness.heard();
  await clock.advance(4999);
  assert.deepEqual(seen(), []);
  liveness.expectAnswer(5000);
  await clock.advance(5000);
  assert.ok(seen().includes('no answer after waking up'));
  liveness.stop();
});
