import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './check.ts';
import { formatPlace } from './errors.ts';
import { loadText } from './include.ts';
import { buildLevels } from './level.ts';

function checked(text: string, version?: string): string[] {
  const options = version === undefined ? {} : { version };
  return check(buildLevels(loadText(text, 'f')), options).map(
    ({ severity, place, message }) => `${severity} ${formatPlace(place)} ${message}`,
  );
}

test('everything wrong is told at once, each at its place', () => {
  const problems = checked(`events { }
http {
  server {
    proxy_pass http://a;
    listen;
    location / {
      proxy_read_timeout 5x;
      proxy_pas http://a;
      sendfile on; sendfile off;
      alias /x {
      }
    }
  }
}`);
  assert.deepEqual(problems, [
    'error f:4:5 directive "proxy_pass" is not allowed in "server"',
    'error f:5:5 invalid number of arguments in "listen": it takes at least 1, here are 0',
    'error f:7:26 invalid value "5x" in "proxy_read_timeout", it must be a time, such as 60s or 500ms',
    'error f:8:7 unknown directive "proxy_pas"',
    'error f:9:20 directive "sendfile" is duplicate: the one at f:9:7 is in the same block',
    'error f:10:7 directive "alias" is not terminated by ";" and takes no block',
  ]);
});

test('the remedy names the blocks that are allowed, or the directive that was meant', () => {
  const level = buildLevels(
    loadText('http { location / { } proxi_pass x; server { map a b { } } }', 'f'),
  );
  assert.deepEqual(
    check(level).map(({ remedy }) => remedy),
    [
      'nginx allows it in "server", in "location"',
      'did you mean "proxy_pass"?',
      'nginx allows it in "http"',
    ],
  );
});

test('directives of other modules are warned about, not refused', () => {
  assert.deepEqual(checked('http { server { location / { content_by_lua_block { x = "}" } } } }'), [
    'warning f:1:30 directive "content_by_lua_block" belongs to the Lua module of OpenResty, which Hatchway does not know',
  ]);
});

test('a second directive that takes the place of the first is warned about', () => {
  assert.deepEqual(checked('upstream a { server b; hash x; ip_hash; }'), [
    'warning f:1:32 directive "ip_hash" takes the place of "hash", the one at f:1:24',
  ]);
});

test('what is in map, types, geo, stream and mail is left alone', () => {
  assert.deepEqual(
    checked(
      'stream { frobnicate; } http { map $a $b { frobnicate 1; } types { a/b c; } geo $g { x y; } }',
    ),
    [],
  );
});

test('a version lacks what came later and what is gone', () => {
  const text = 'http { server { http2 on; ssl on; } }';
  assert.deepEqual(checked(text), []);
  assert.deepEqual(checked(text, '1.22.1'), [
    'error f:1:17 directive "http2" came with nginx 1.25.1, this is 1.22.1',
  ]);
  assert.deepEqual(checked(text, '1.27.0'), [
    'error f:1:27 directive "ssl" is gone since nginx 1.25.1, this is 1.27.0',
  ]);
});

test('a word that came later is refused by the versions before', () => {
  assert.deepEqual(checked('proxy_http_version 2;'), []);
  assert.deepEqual(checked('proxy_http_version 2;', '1.29.4'), []);
  assert.deepEqual(checked('proxy_http_version 2;', '1.29.3'), [
    'error f:1:20 invalid value "2" in "proxy_http_version", it must be one of 1.0, 1.1',
  ]);
});

test('a part of a configuration is checked where it must have been meant for', () => {
  assert.deepEqual(checked('server { listen 80; location / { proxy_pass http://a; } }'), []);
  assert.deepEqual(checked('listen 80; location / { }'), []);
  assert.deepEqual(checked('proxy_pass http://a; proxy_set_header A b;'), []);
  assert.deepEqual(checked('map $a $b { } upstream u { server a; }'), []);
  assert.deepEqual(checked('worker_processes 1; events { } http { }'), []);
});
