import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DynamicUpstreamModel } from '../../config/upstream-model.ts';
import { DynamicUpstream } from './dynamic-upstream.ts';
import { requestOf } from './testing/peers-kit.ts';
import { modelOf, UpstreamsKit } from './testing/upstreams-kit.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

const group = modelOf([{ kind: 'tcp', host: '127.0.0.1', port: 81 }], { name: 'http://Backend' });

function start(context: TestContext, more: Partial<DynamicUpstreamModel> = {}, limit?: number) {
  const { upstreams, names, counts } = new UpstreamsKit(context);
  const set = upstreams.set();
  const model: DynamicUpstreamModel = {
    url: [{ variable: 'url' }],
    groups: { Backend: group },
    tls: { verify: true },
    timeouts: { connectMs: 1, readMs: 2, sendMs: 3 },
    ...more,
  };
  const dynamic = new DynamicUpstream(model, set, () => upstreams.set(), limit);
  context.after(() => dynamic.close());
  const target = (url: string, more: Readonly<Record<string, string>> = {}) =>
    dynamic.target(requestOf({ url, ...more }));
  return { dynamic, target, set, names, counts, upstreams };
}

test('a URL is read as nginx reads it', () => {
  const cases: [
    url: string,
    scheme: string,
    host: string,
    port: number | undefined,
    uri: string | undefined,
  ][] = [
    ['http://app', 'http', 'app', undefined, undefined],
    ['HTTPS://App.Test:8443/a//b?c=d#e', 'https', 'app.test', 8443, '/a//b?c=d#e'],
    ['http://10.0.0.1:80/', 'http', '10.0.0.1', 80, '/'],
    ['http://[2001:DB8::1]:81/x', 'http', '2001:db8::1', 81, '/x'],
    ['http://app?x=1', 'http', 'app', undefined, '/?x=1'],
    ['http://unix:/run/a.sock', 'http', 'unix:/run/a.sock', undefined, undefined],
    ['https://unix:/run/A.sock:/x?y', 'https', 'unix:/run/A.sock', undefined, '/x?y'],
    ['http://my_app-1/%2F ', 'http', 'my_app-1', undefined, '/%2F '],
  ];
  for (const [url, scheme, host, port, uri] of cases) {
    assert.deepEqual(parseUpstreamUrl(url), { scheme, host, port, uri }, url);
  }
});

test('what is no URL of an upstream is refused', () => {
  const bad = [
    '',
    'http://',
    'app:80',
    'ftp://app',
    'http:///x',
    'http://app:0',
    'http://app:65536',
  ];
  for (const url of [...bad, 'http://user@app/', 'http://a b/', 'http://[::1', 'http://app:80x/']) {
    assert.throws(() => parseUpstreamUrl(url), { code: 'HW_UPSTREAM_URL', status: 500 }, url);
  }
});

test('a group is meant by its name, with the timeouts of the route', (context) => {
  const { target, set } = start(context);
  const { upstream, uri } = target('http://backend/x?y');
  assert.equal(uri, '/x?y');
  assert.deepEqual(upstream.model, { ...group, timeouts: { connectMs: 1, readMs: 2, sendMs: 3 } });
  assert.equal(target('http://BACKEND').upstream, upstream);
  // The servers are the same that other routes have.
  assert.equal(upstream.select(requestOf()).next(), set.of(group).select(requestOf()).next());
  assert.equal(target('https://backend').upstream.model.tls?.serverName, 'backend');
});

test('a group has no port: with one it is a host', (context) => {
  const { target } = start(context);
  const { upstream } = target('http://backend:8080');
  assert.deepEqual(upstream.model.servers, [{ kind: 'tcp', host: 'backend', port: 8080 }]);
  assert.equal(upstream.authority, 'backend:8080');
});

test('any other host is looked up with the resolver of the route, and kept', async (context) => {
  const resolver = { servers: ['127.0.0.11'] };
  const { target, names, dynamic } = start(context, { resolver });
  names.set('app.test', ['10.0.0.1']);
  const { upstream, uri } = target('http://app.test');
  assert.equal(uri, undefined);
  assert.equal(upstream.authority, 'app.test');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(upstream.select(requestOf()).next()?.name, '10.0.0.1:80');
  assert.equal(target('http://app.test:80/x').upstream, upstream);
  assert.equal(dynamic.size, 1);
  assert.deepEqual(
    dynamic.facts().map(({ name, servers }) => [name, servers.map(({ address }) => address)]),
    [['http://app.test', ['10.0.0.1:80']]],
  );
  assert.deepEqual(names.asked, ['app.test']);
  assert.deepEqual(names.resolvers.at(-1), resolver);
});

test('an https URL is verified for its host, or for the name that the route gives', (context) => {
  const own = start(context).target('https://app.test:8443').upstream;
  assert.deepEqual(own.model.tls, { verify: true, serverName: 'app.test' });
  assert.equal(own.authority, 'app.test:8443');
  const tls = { verify: true, serverName: 'given.test' };
  const given = start(context, { tls }).target('https://10.0.0.1').upstream;
  assert.deepEqual(given.model.tls, tls);
  assert.deepEqual(given.model.servers, [{ kind: 'tcp', host: '10.0.0.1', port: 443 }]);
});

test('a name that is computed has connections of its own, and a port behind it is none of it', (context) => {
  const { target, dynamic } = start(context, { serverName: [{ variable: 'name' }] });
  const named = (name: string, url = 'https://app.test') => target(url, { name }).upstream;
  const a = named('a.test');
  assert.deepEqual(a.model.tls, { verify: true, serverName: 'a.test' });
  assert.equal(a.authority, 'app.test');
  assert.equal(named('a.test:8443'), a);
  assert.notEqual(named('b.test'), a);
  assert.equal(named('[2001:db8::1]:443').model.tls?.serverName, '2001:db8::1');
  assert.equal(named('').model.tls?.serverName, '');
  assert.equal(named('c.test', 'https://backend').model.tls?.serverName, 'c.test');
  assert.deepEqual(named('c.test', 'https://backend').model.servers, group.servers);
  assert.equal(named('d.test', 'http://app.test').model.tls, undefined);
  assert.equal(dynamic.size, 6);
});

test('sockets and IPv6 addresses are upstreams, too', (context) => {
  const { target } = start(context);
  const socket = target('http://unix:/run/app.sock:/x');
  assert.deepEqual(socket.upstream.model.servers, [{ kind: 'unix', path: '/run/app.sock' }]);
  assert.equal(socket.upstream.authority, 'localhost');
  const six = target('http://[::1]:81').upstream;
  assert.deepEqual(six.model.servers, [{ kind: 'tcp', host: '::1', port: 81 }]);
  assert.equal(six.authority, '[::1]:81');
});

test('so many are kept, and the one that was not used for longest goes', (context) => {
  const { target, dynamic } = start(context, {}, 2);
  const one = target('http://10.0.0.1').upstream;
  const two = target('http://10.0.0.2').upstream;
  assert.equal(target('http://10.0.0.1').upstream, one);
  target('http://10.0.0.3');
  assert.equal(dynamic.size, 2);
  assert.equal(target('http://10.0.0.1').upstream, one);
  assert.notEqual(target('http://10.0.0.2').upstream, two);
});

test('what nobody asks for any more is forgotten, and its name is looked up no more', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  const { target, dynamic, names } = start(context);
  names.set('app.test', ['10.0.0.1'], 1000);
  const pass = async (ms: number) => {
    now += ms;
    context.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  target('http://app.test');
  await pass(0);
  await pass(1000);
  assert.equal(names.asked.length, 2);
  await pass(299_000);
  assert.equal(dynamic.size, 1);
  await pass(60_000);
  assert.equal(dynamic.size, 0);
  const asked = names.asked.length;
  await pass(10_000);
  assert.equal(names.asked.length, asked);
});
