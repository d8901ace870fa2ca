import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { costOf, isPassword } from './password-hash.ts';

function opensslHash(scheme: string, password: string): string {
  return execFileSync('openssl', ['passwd', scheme, '-stdin'], {
    input: password,
    encoding: 'utf8',
  }).trim();
}

function ssha(password: string, salt: string): string {
  const digest = createHash('sha1')
    .update(password + salt)
    .digest();
  return `{SSHA}${Buffer.concat([digest, Buffer.from(salt)]).toString('base64')}`;
}

/** Beside them, the lengths at which blocks of digests end. */
const passwords = [
  'x',
  'correct horse',
  'pässwörd €',
  ...[15, 16, 17, 31, 32, 33, 63, 64, 65, 128].map((n) => 'ab'.repeat(n).slice(0, n)),
];

test('passwords that OpenSSL hashed are recognised, others are not', () => {
  for (const scheme of ['-1', '-apr1', '-5', '-6']) {
    for (const password of passwords) {
      const stored = opensslHash(scheme, password);
      assert.ok(isPassword(Buffer.from(password), stored), `${stored} ${password}`);
      assert.ok(!isPassword(Buffer.from(`${password}x`), stored), stored);
      assert.equal(costOf(stored), 'slow');
    }
  }
});

test('so are those of bcrypt under all its names', () => {
  const stored = hashSync('pässwörd €', 4);
  for (const name of ['$2a$', '$2b$', '$2y$']) {
    const renamed = stored.replace(/^\$2.\$/, name);
    assert.ok(isPassword(Buffer.from('pässwörd €'), renamed));
    assert.ok(!isPassword(Buffer.from('passwörd €'), renamed));
    assert.equal(costOf(renamed), 'slow');
  }
});

test('and those of LDAP', () => {
  const cases: [stored: string, password: string][] = [
    ['{PLAIN}secret', 'secret'],
    ['{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=', 'test'],
    [ssha('secret', 'salt'), 'secret'],
    [ssha('secret', ''), 'secret'],
  ];
  for (const [stored, password] of cases) {
    assert.ok(isPassword(Buffer.from(password), stored), stored);
    assert.ok(!isPassword(Buffer.from(`${password} `), stored), stored);
    assert.ok(!isPassword(Buffer.alloc(0), stored), stored);
    assert.equal(costOf(stored), 'quick');
  }
});

test('rounds of their own are made', () => {
  const stored = '$5$rounds=1234$abcdefgh$';
  const hash = execFileSync('perl', ['-e', `print crypt('secret', '${stored}')`], {
    encoding: 'utf8',
  });
  assert.match(hash, /^\$5\$rounds=1234\$abcdefgh\$.{43}$/);
  assert.ok(isPassword(Buffer.from('secret'), hash));
});

test('damaged and empty hashes fit no password', () => {
  const good = opensslHash('-6', 'secret');
  const damaged = [
    '',
    '*',
    '!',
    'x',
    '$6$',
    '$6$salt',
    '$6$salt$',
    good.slice(0, -1),
    `${good}x`,
    '$6$rounds=1$salt$abc',
    '$1$',
    '$apr1$salt$',
    '$2y$',
    '$2y$10$',
    '$2y$99$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyz12345',
    '{SHA}',
    '{SSHA}',
    '{SSHA}????',
    '{MD5}x',
    '{PLAIN',
  ];
  for (const stored of damaged) {
    for (const password of ['', 'secret', stored]) {
      assert.ok(!isPassword(Buffer.from(password), stored), `${stored} / ${password}`);
    }
  }
  for (const stored of [
    '',
    '*',
    'rqXexS6ZhobKA',
    '$y$j9T$abc$def',
    '$2x$10$abc',
    '{MD5}x',
    '{crypt}x',
  ]) {
    assert.equal(costOf(stored), 'unknown', stored);
  }
});

test('a password does not end at a zero byte', () => {
  for (const stored of ['{PLAIN}secret', opensslHash('-1', 'secret'), hashSync('secret', 4)]) {
    assert.ok(!isPassword(Buffer.from('secret\0more'), stored), stored);
  }
});
