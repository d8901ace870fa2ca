import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ResponseHead, ResponseHeadReader } from '../../http1/head.ts';
import { http2Response, http2Trailers } from './response-head.ts';

function head(text: string): ResponseHead {
  const reader = new ResponseHeadReader({ headBytes: 4096, headFields: 100 });
  const read = reader.push(Buffer.from(text, 'latin1'));
  assert.ok(read !== undefined);
  return read;
}

/** As entries, because what has no prototype equals nothing that has. */
function sent(text: string): [string, unknown][] {
  return Object.entries(http2Response(head(text)));
}

test('names are in lower case, and what is about the connection is left out', () => {
  const text =
    'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n' +
    'Transfer-Encoding: chunked\r\nUpgrade: websocket\r\nProxy-Connection: close\r\nHTTP2-Settings: a\r\n\r\n';
  assert.deepEqual(sent(text), [
    [':status', 404],
    ['content-type', 'text/plain'],
  ]);
});

test('repeated fields stay apart and in order', () => {
  const text =
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX: 1\r\nset-cookie: b=2\r\nSET-COOKIE: c=3\r\n\r\n';
  assert.deepEqual(sent(text), [
    [':status', 200],
    ['set-cookie', ['a=1', 'b=2', 'c=3']],
    ['x', '1'],
  ]);
});

test('a name that every object has is a name like others', () => {
  assert.deepEqual(sent('HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\n\r\n'), [
    [':status', 200],
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

test('a 101 is a 200 without what belongs to the handshake of HTTP/1.1', () => {
  const text =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n';
  assert.deepEqual(sent(text), [
    [':status', 200],
    ['sec-websocket-protocol', 'chat'],
  ]);
});

test('a status that HTTP/2 has no number for is a 500, as its readers take it', () => {
  assert.deepEqual(sent('HTTP/1.1 799 Odd\r\n\r\n'), [[':status', 500]]);
  assert.deepEqual(sent('HTTP/1.1 599 Last\r\n\r\n'), [[':status', 599]]);
});

test('trailers have no status', () => {
  const { fields } = head('HTTP/1.1 200 OK\r\nX-Sum: a\r\n\r\n');
  assert.deepEqual(Object.entries(http2Trailers(fields)), [['x-sum', 'a']]);
});
