import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StickyModel } from '../../config/upstream-model.ts';
import { Selection } from './selection.ts';
import { routeOfAddress, stickyOf } from './sticky.ts';
import { StickySessions } from './sticky-sessions.ts';
import { peerOf, requestOf, TestServers } from './testing/peers-kit.ts';

const noon = Date.UTC(2026, 0, 1, 12);

function serversWith(model: StickyModel): TestServers {
  const peers = ['a', 'b', 'c'].map((name) => peerOf(name, { route: `route-${name}` }));
  const servers: TestServers = new TestServers(peers, {
    sticky: stickyOf(
      model,
      () => servers.nowMs,
      () => noon,
    ) as NonNullable<ReturnType<typeof stickyOf>>,
  });
  return servers;
}

/** The server of one request that is answered. */
function ask(servers: TestServers, variables: Record<string, string> = {}): string {
  const selection = new Selection(servers, requestOf(variables));
  const name = selection.next()?.name ?? '';
  selection.succeeded();
  selection.learn(requestOf(variables));
  selection.end();
  return name;
}

test('a client keeps the server that its cookie names', () => {
  const servers = serversWith({ kind: 'cookie', name: 'Srv_Id' });
  for (let request = 0; request < 4; request++) {
    assert.equal(ask(servers, { cookie_srv_id: 'route-b' }), 'b');
  }
  assert.equal(ask(servers, { cookie_srv_id: 'route-z' }), 'a', 'nobody has that name');
});

test('a client without the right cookie is given one', () => {
  const servers = serversWith({ kind: 'cookie', name: 'srv_id' });
  const cookieFor = (cookie?: string) => {
    const variables = cookie === undefined ? {} : { cookie_srv_id: cookie };
    const selection = new Selection(servers, requestOf(variables));
    assert.equal(selection.setCookie(), undefined, 'before a server is chosen');
    selection.next();
    return selection.setCookie();
  };
  assert.equal(cookieFor(), 'srv_id=route-a; Path=/');
  assert.equal(cookieFor('route-b'), undefined);
  assert.match(cookieFor('route-z') ?? '', /^srv_id=route-[abc]; Path=\/$/);
});

test('a cookie has the attributes of the model', () => {
  const sticky = stickyOf(
    {
      kind: 'cookie',
      name: 'n',
      expiresMs: 3_600_000,
      domain: ['.', { variable: 'host' }],
      path: ['/app'],
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
    },
    () => 0,
    () => noon,
  );
  assert.equal(
    sticky?.cookie(peerOf('a', { route: 'r' }), requestOf({ host: 'x.test' })),
    'n=r; Expires=Thu, 01 Jan 2026 13:00:00 GMT; Max-Age=3600; Domain=.x.test; Path=/app; HttpOnly; Secure; SameSite=Lax',
  );
  const longest = stickyOf({ kind: 'cookie', name: 'n', expiresMs: 'max' }, () => 0);
  assert.match(longest?.cookie(peerOf('a'), requestOf()) ?? '', /; Max-Age=315360000; Path=\/$/);
});

test('a server without a route has a name that does not change and does not show its address', () => {
  assert.equal(routeOfAddress('127.0.0.1:80'), routeOfAddress('127.0.0.1:80'));
  assert.notEqual(routeOfAddress('127.0.0.1:80'), routeOfAddress('127.0.0.1:81'));
  assert.match(routeOfAddress('127.0.0.1:80'), /^[0-9a-f]{32}$/);
});

test('when the server of a client fails, another one has the request and the cookie', () => {
  const servers = serversWith({ kind: 'cookie', name: 'n' });
  const selection = new Selection(servers, requestOf({ cookie_n: 'route-b' }));
  assert.equal(selection.next()?.name, 'b');
  selection.failed();
  assert.equal(selection.next()?.name, 'a');
  assert.equal(selection.setCookie(), 'n=route-a; Path=/');
  assert.notEqual(ask(servers, { cookie_n: 'route-b' }), 'b', 'it is left alone');
});

test('servers of the same route share its clients', () => {
  const peers = [peerOf('a'), peerOf('b', { route: 'r' }), peerOf('c', { route: 'r' })];
  const sticky = stickyOf({ kind: 'route', values: [[{ variable: 'arg_r' }]] }, () => 0);
  assert.ok(sticky);
  const servers = new TestServers(peers, { sticky });
  assert.equal([1, 2, 3, 4].map(() => ask(servers, { arg_r: 'r' })).join(''), 'bcbc');
});

test('the first route that is not empty counts', () => {
  const servers = serversWith({
    kind: 'route',
    values: [[{ variable: 'first' }], [{ variable: 'second' }]],
  });
  assert.equal(ask(servers, { first: 'route-b', second: 'route-c' }), 'b');
  assert.equal(ask(servers, { first: '', second: 'route-c' }), 'c');
});

test('a session goes to the server that opened it, until it is not used for its time', () => {
  const servers = serversWith({
    kind: 'learn',
    create: [[{ variable: 'upstream_cookie_sid' }]],
    lookup: [[{ variable: 'cookie_sid' }]],
    timeoutMs: 1000,
  });
  assert.equal(ask(servers, { upstream_cookie_sid: 'one' }), 'a');
  assert.equal(ask(servers, { upstream_cookie_sid: 'two' }), 'b');
  for (let request = 0; request < 3; request++) {
    servers.nowMs += 900;
    assert.equal(ask(servers, { cookie_sid: 'two' }), 'b');
  }
  const other = ask(servers, { cookie_sid: 'one' });
  assert.equal(other, 'c', 'forgotten, so it is their turn');
});

test('of more sessions than may be, the one that was not used for longest is forgotten', () => {
  const sessions = new StickySessions({ sessions: 2 }, () => 0);
  sessions.remember('one', 'a');
  sessions.remember('two', 'b');
  assert.equal(sessions.find('one'), 'a');
  sessions.remember('three', 'c');
  assert.deepEqual(
    ['one', 'two', 'three'].map((session) => sessions.find(session)),
    ['a', undefined, 'c'],
  );
});
