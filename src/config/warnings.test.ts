import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from './compile.ts';
import { defaults } from './defaults.ts';
import { configSchema } from './schema.ts';
import { parseListenAddress } from './values/listen-address.ts';
import { warningsOf } from './warnings.ts';

function warnings(config: unknown, listen: string): string[] {
  const options = { listen: [parseListenAddress(listen)], baseFolder: '/', dataFolder: '/' };
  return warningsOf(compile(configSchema.parse(config), options));
}

test('the default configuration has nothing to warn of', () => {
  assert.deepEqual(warnings({}, '127.0.0.1:8022'), []);
});

test('a console on the network without TLS is said aloud', () => {
  const [warning, ...more] = warnings({}, '0.0.0.0:8022');
  assert.match(warning ?? '', /^the console on 0\.0\.0\.0:8022 .* without TLS/);
  assert.deepEqual(more, []);
});

test('with TLS it is not', () => {
  assert.deepEqual(warnings({ console: { cert: 'c', key: 'k' } }, '0.0.0.0:443'), []);
});

test('an upstream whose certificate is not verified is named once', () => {
  const site = { to: 'https://a:9443', upstreamTls: { verify: false } };
  const sites = [
    { host: 'a.example', ...site },
    { host: 'b.example', ...site },
  ];
  assert.deepEqual(warnings({ sites }, '127.0.0.1:8022'), [
    'the certificate of https://a:9443 is not verified (verify: false, or in an nginx.conf no proxy_ssl_verify): it could be anybody',
  ]);
});

test('metrics on the network are said aloud', () => {
  assert.deepEqual(warnings({ admin: '127.0.0.1:9022' }, '127.0.0.1:8022'), []);
  const [warning, ...more] = warnings({ admin: '0.0.0.0:9022' }, '127.0.0.1:8022');
  assert.match(warning ?? '', /^metrics and states on 0\.0\.0\.0:9022/);
  assert.deepEqual(more, []);
});

test('an upstream that is not verified is named wherever it is nested, and also when its URL is computed', () => {
  const [listener] = compile(configSchema.parse({}), {
    listen: [parseListenAddress('127.0.0.1:8022')],
    baseFolder: '/',
    dataFolder: '/',
  }).listeners;
  assert.ok(listener);
  const path = { kind: 'prefix', path: '/', beforeRegex: false } as const;
  const timeouts = { connectMs: 1, readMs: 1, sendMs: 1 };
  const upstream = {
    url: ['https://', { variable: 'host' }],
    groups: {},
    tls: { verify: false },
    timeouts,
  };
  const inner = { path, upgradeTokens: [], upstream };
  const site = { ...listener.defaultSite, routes: [{ path, upgradeTokens: [], routes: [inner] }] };
  const model = {
    listeners: [{ ...listener, sites: [site], defaultSite: site }],
    limits: defaults.limits,
  };
  assert.deepEqual(warningsOf(model), [
    'the certificate of https://$host is not verified (verify: false, or in an nginx.conf no proxy_ssl_verify): it could be anybody',
  ]);
});
