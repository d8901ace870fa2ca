import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { PasswordChecks } from './password-checks.ts';

const secret = Buffer.from('secret');
const stored = hashSync('secret', 4);
const attempt = { user: 'ann', password: secret, stored, remoteAddress: '192.0.2.1' };

function start(t: TestContext, now?: () => number): PasswordChecks {
  const checks = new PasswordChecks(now);
  t.after(() => checks.close());
  return checks;
}

function wrong(n: number): Buffer {
  return Buffer.from(`wrong ${n}`);
}

test('quick formats are answered at once, slow ones later', async (t) => {
  const checks = start(t);
  assert.equal(checks.check({ ...attempt, stored: '{PLAIN}secret' }), true);
  assert.equal(checks.check({ ...attempt, stored: '{PLAIN}other' }), false);
  const slow = checks.check(attempt);
  assert.ok(slow instanceof Promise);
  assert.equal(await slow, true);
  assert.equal(await checks.check({ ...attempt, password: wrong(1) }), false);
});

test('a right password is remembered for a minute, for this user and this hash', async (t) => {
  let now = 0;
  const checks = start(t, () => now);
  await checks.check(attempt);
  assert.equal(checks.check(attempt), true);
  for (const other of [
    { user: 'bob' },
    { stored: hashSync('secret', 4) },
    { password: wrong(1) },
  ]) {
    const asked = checks.check({ ...attempt, ...other });
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, other.password === undefined);
  }
  now = 59_999;
  assert.equal(checks.check(attempt), true);
  now = 60_000;
  const again = checks.check(attempt);
  assert.ok(again instanceof Promise);
  assert.equal(await again, true);
});

test('a wrong password is not remembered', async (t) => {
  const checks = start(t);
  for (let i = 0; i < 2; i++) {
    const asked = checks.check({ ...attempt, password: wrong(1) });
    assert.ok(asked instanceof Promise);
    assert.equal(await asked, false);
  }
});

test('requests that come together ask once', async (t) => {
  const checks = start(t);
  const answers = Array.from({ length: 50 }, () => checks.check(attempt));
  assert.equal(new Set(answers).size, 1);
  assert.equal(await answers[0], true);
});

test('one address cannot take all the places, all of them not more than there are', async (t) => {
  const checks = start(t);
  const pending: unknown[] = [];
  const ask = (remoteAddress: string) =>
    pending.push(checks.check({ ...attempt, password: wrong(pending.length), remoteAddress }));
  for (let i = 0; i < 8; i++) ask(`2001:db8::${i}`);
  assert.throws(() => ask('2001:db8::99'), { code: 'HW_TOO_MANY_SIGN_INS', status: 429 });
  for (let i = 8; i < 64; i++) ask(`192.0.2.${i >> 3}`);
  assert.throws(() => ask('198.51.100.1'), { code: 'HW_SIGN_IN_BUSY', status: 503 });
  assert.deepEqual(new Set(await Promise.all(pending)), new Set([false]));
  ask('2001:db8::99');
  assert.equal(await pending.at(-1), false);
});

test('a format that nobody can check is an error that names the user and not the hash', (t) => {
  const checks = start(t);
  assert.throws(
    () => checks.check({ ...attempt, stored: 'rqXexS6ZhobKA' }),
    (error: Error) => {
      assert.equal((error as Error & { code: string }).code, 'HW_PASSWORD_HASH');
      assert.match(error.message, /ann/);
      assert.doesNotMatch(error.message, /rqXexS6ZhobKA|secret/);
      return true;
    },
  );
});

test('closing fails what waits, and what comes later is checked all the same', async (t) => {
  const checks = start(t);
  const lost = [0, 1].map((n) => checks.check({ ...attempt, password: wrong(n) }));
  checks.close();
  for (const check of lost) await assert.rejects(async () => check, { code: 'HW_PASSWORD_HASH' });
  assert.equal(await checks.check(attempt), true);
});

test('nothing else waits while a slow password is checked', async (t) => {
  const checks = start(t);
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  t.after(() => clearInterval(ticking));
  await checks.check({ ...attempt, stored: hashSync('secret', 11) });
  assert.ok(turns > 10, `${turns} turns of the event loop`);
});
