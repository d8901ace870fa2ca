import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { SignIn } from './sign-in.ts';

const token = 'the-token';
const origin = 'https://sweet.domain.com';

function signedIn(options: { publicUrl?: string; from?: string } = {}): {
  signIn: SignIn;
  cookie: string;
  setCookie: string;
} {
  const signIn = new SignIn({
    token,
    instance: 'i1',
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
  });
  const setCookie = signIn.signIn(token, { origin: options.from ?? origin });
  return { signIn, setCookie, cookie: setCookie.split(';')[0] ?? '' };
}

function outcome(signIn: SignIn, headers: IncomingHttpHeaders, changing: boolean): string {
  try {
    return signIn.require(headers, changing).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('the token is exchanged for a cookie that scripts cannot read and other sites cannot send', () => {
  const overTls = signedIn();
  assert.match(
    overTls.setCookie,
    /^hatchway-i1=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  const plain = signedIn({ from: 'http://127.0.0.1:8022' });
  assert.doesNotMatch(plain.setCookie, /Secure/);
  assert.notEqual(overTls.cookie, signedIn().cookie);
});

test('a wrong token, or a sign-in that names no origin, gives no cookie', () => {
  const { signIn } = signedIn();
  for (const wrong of ['', 'the-toke', 'the-token ', 'x'.repeat(10_000)]) {
    assert.throws(() => signIn.signIn(wrong, { origin }), { code: 'HW_TOKEN_WRONG' });
  }
  for (const headers of [{}, { origin: 'null' }, { origin: 'file://' }]) {
    assert.throws(() => signIn.signIn(token, headers), { code: 'HW_ORIGIN_FOREIGN' });
  }
});

test('a cookie is good for the origin that signed in, and for publicUrl', () => {
  const { signIn, cookie } = signedIn({ publicUrl: 'https://console.example.com/' });
  const cases: [IncomingHttpHeaders, boolean, string][] = [
    [{ cookie }, false, 'cookie'],
    [{ cookie, origin }, false, 'cookie'],
    [{ cookie, origin }, true, 'cookie'],
    [{ cookie: `a=b; ${cookie}; c=d`, origin }, true, 'cookie'],
    [{ cookie, origin: 'https://console.example.com' }, true, 'cookie'],
    [{ cookie }, true, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, origin: 'https://evil.test' }, true, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, origin: 'https://evil.test' }, false, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, origin: 'null' }, true, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, origin: `${origin}:8443` }, true, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, origin: 'http://sweet.domain.com' }, true, 'HW_ORIGIN_FOREIGN'],
    [{ cookie, 'sec-fetch-site': 'cross-site' }, false, 'HW_ORIGIN_FOREIGN'],
    [{ origin }, true, 'HW_NOT_SIGNED_IN'],
    [{}, false, 'HW_NOT_SIGNED_IN'],
    [{ cookie: 'hatchway-i1=guess', origin }, true, 'HW_NOT_SIGNED_IN'],
    [{ cookie: cookie.replace('i1', 'i2'), origin }, true, 'HW_NOT_SIGNED_IN'],
  ];
  for (const [headers, changing, expected] of cases) {
    assert.equal(
      outcome(signIn, headers, changing),
      expected,
      JSON.stringify({ headers, changing }),
    );
  }
});

test('the command line sends the token itself, and no browser of another site can', () => {
  const { signIn } = signedIn({ publicUrl: 'https://console.example.com' });
  const authorization = `Bearer ${token}`;
  assert.equal(outcome(signIn, { authorization }, true), 'token');
  assert.equal(
    outcome(signIn, { authorization, origin: 'https://console.example.com' }, true),
    'token',
  );
  assert.equal(outcome(signIn, { authorization, origin }, true), 'HW_ORIGIN_FOREIGN');
  assert.equal(outcome(signIn, { authorization: 'Bearer nope' }, false), 'HW_NOT_SIGNED_IN');
  assert.equal(outcome(signIn, { authorization: `Basic ${token}` }, false), 'HW_NOT_SIGNED_IN');
});

test('a cookie ends with signing out, and after 30 days without use', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const day = 24 * 60 * 60_000;
  const first = signedIn();
  assert.equal(outcome(first.signIn, { cookie: first.cookie }, false), 'cookie');
  assert.match(first.signIn.signOut({ cookie: first.cookie }), /Max-Age=0/);
  assert.equal(outcome(first.signIn, { cookie: first.cookie }, false), 'HW_NOT_SIGNED_IN');

  const second = signedIn();
  t.mock.timers.tick(29 * day);
  assert.equal(outcome(second.signIn, { cookie: second.cookie }, false), 'cookie');
  t.mock.timers.tick(29 * day);
  assert.equal(outcome(second.signIn, { cookie: second.cookie }, false), 'cookie');
  t.mock.timers.tick(31 * day);
  assert.equal(outcome(second.signIn, { cookie: second.cookie }, false), 'HW_NOT_SIGNED_IN');
});

test('of too many cookies the one that was not used for longest gives way', () => {
  const { signIn, cookie } = signedIn();
  const second = signIn.signIn(token, { origin }).split(';')[0] ?? '';
  for (let i = 0; i < 998; i++) signIn.signIn(token, { origin });
  assert.equal(outcome(signIn, { cookie }, false), 'cookie');
  signIn.signIn(token, { origin });
  assert.equal(outcome(signIn, { cookie: second }, false), 'HW_NOT_SIGNED_IN');
  assert.equal(outcome(signIn, { cookie }, false), 'cookie');
});
