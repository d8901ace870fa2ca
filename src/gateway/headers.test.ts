import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseHeadReader } from '../http1/head.ts';
import { Forward } from './forward.ts';
import { clientHead, upstreamHead } from './headers.ts';
import { limits } from './testing/gateway-kit.ts';
import { requestState } from './testing/request-kit.ts';

function request(
  text: string,
  options: { upgradeTo?: string; inProcess?: boolean } = {},
): string[] {
  const { upgradeTo, inProcess = false } = options;
  return upstreamHead(requestState(text), new Forward({}, '/'), {
    upgradeTo,
    inProcess,
    passBody: true,
  })
    .split('\r\n')
    .slice(1, -2);
}

function response(text: string, options: Partial<Parameters<typeof clientHead>[1]> = {}): string[] {
  const head = new ResponseHeadReader(limits).push(Buffer.from(text, 'latin1'));
  assert.ok(head);
  const all = { framing: 'as-announced', keepAlive: true, http10: false, ...options } as const;
  return clientHead(head, all).split('\r\n').slice(0, -2);
}

test('the forwarded fields say what the gateway saw, not what a client makes up', () => {
  assert.deepEqual(
    request(
      'GET / HTTP/1.1\r\nHost: a.example:8443\r\nX-Forwarded-For: 10.0.0.1\r\nx-forwarded-for: 10.0.0.2\r\n' +
        'X-Forwarded-Proto: http\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nX-Real-IP: 1\r\n' +
        'Forwarded: for=1\r\nX-Forwarded-Prefix: /p\r\n\r\n',
    ),
    [
      'Host: a.example:8443',
      'X-Forwarded-Prefix: /p',
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: a.example:8443',
      'X-Forwarded-Port: 8443',
      'Forwarded: for=192.0.2.7;host="a.example:8443";proto=https',
    ],
  );
});

test('no spelling of a field that the gateway writes comes through from a client', () => {
  const sent = [
    'X-Hatchway-Upgrade: websocket',
    'x-hatchway-anything: 1',
    'X_Hatchway_Upgrade: 1',
    'X_Forwarded_For: 1',
    'X-Forwarded_Proto: 1',
    'x_real_ip: 1',
  ];
  const kept = request(`GET / HTTP/1.1\r\nHost: a\r\nX_Own: 1\r\n${sent.join('\r\n')}\r\n\r\n`);
  assert.deepEqual(kept.slice(0, 3), ['Host: a', 'X_Own: 1', 'X-Forwarded-For: 192.0.2.7']);
});

test('a Connection field cannot take away what the gateway or the upstream relies on', () => {
  const kept = request(
    'GET / HTTP/1.1\r\nHost: a\r\nCookie: c\r\nX-Hop: 1\r\n' +
      'Connection: X-Hop, Cookie, X-Forwarded-For, X-Hatchway-Upgrade\r\nX-Forwarded-For: 1\r\n\r\n',
  );
  assert.deepEqual(kept.slice(0, 3), ['Host: a', 'Cookie: c', 'X-Forwarded-For: 192.0.2.7']);
});

test('a request of HTTP/1.0 is one that an upstream of 1.1 can answer', () => {
  assert.deepEqual(request('GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n'), [
    'Host: ',
    'X-Forwarded-For: 192.0.2.7',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'Forwarded: for=192.0.2.7;proto=https',
  ]);
});

test('servers in this process are told what arrived, others are not', () => {
  const text =
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n';
  assert.deepEqual(request(text, { inProcess: true, upgradeTo: 'websocket' }).slice(-5), [
    'Via: 1.1 hatchway',
    'X-Hatchway-Upgrade: WebSocket',
    'X-Hatchway-Connection: keep-alive, Upgrade',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]);
  assert.deepEqual(
    request('GET / HTTP/1.0\r\nHost: a\r\nConnection: close\r\n\r\n', { inProcess: true }).slice(
      -2,
    ),
    ['Via: 1.0 hatchway', 'X-Hatchway-Connection: close'],
  );
  assert.ok(!request(text).some((line) => /hatchway/i.test(line)));
});

test('an answer’s Connection says what this connection does', () => {
  const answer = 'HTTP/1.0 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nServer: s\r\n\r\n';
  assert.deepEqual(response(answer), ['HTTP/1.1 200 OK', 'Server: s']);
  assert.deepEqual(response(answer, { keepAlive: false, framing: 'chunked' }), [
    'HTTP/1.1 200 OK',
    'Server: s',
    'Transfer-Encoding: chunked',
    'Connection: close',
  ]);
  assert.deepEqual(response(answer, { http10: true }), [
    'HTTP/1.1 200 OK',
    'Server: s',
    'Connection: keep-alive',
  ]);
});

test('an answer that has no body names no length', () => {
  for (const status of [100, 103, 204]) {
    const answer = `HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nServer: s\r\n\r\n`;
    assert.deepEqual(response(answer), [`HTTP/1.1 ${status} X`, 'Server: s']);
  }
  const notModified = 'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n';
  assert.deepEqual(response(notModified), ['HTTP/1.1 304 X', 'Content-Length: 5']);
});

test('an Upgrade field of an upstream passes only with a 426', () => {
  const fields = 'Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n\r\n';
  assert.deepEqual(response(`HTTP/1.1 200 OK\r\n${fields}`), ['HTTP/1.1 200 OK']);
  assert.deepEqual(response(`HTTP/1.1 426 No\r\n${fields}`, { keepAlive: false }), [
    'HTTP/1.1 426 No',
    'Upgrade: h2c, websocket',
    'Connection: close, Upgrade',
  ]);
});
