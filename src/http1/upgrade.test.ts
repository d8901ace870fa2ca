import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RequestHead,
  RequestHeadReader,
  type ResponseHead,
  ResponseHeadReader,
} from './head.ts';
import {
  checkWebSocketRequest,
  upgradeRefusal,
  webSocketAccept,
  webSocketRefusal,
} from './upgrade.ts';

const limits = { headBytes: 4096, headFields: 50 };

function requestOf(...lines: string[]): RequestHead {
  const head = new RequestHeadReader(limits).push(
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
  );
  assert.ok(head !== undefined);
  return head;
}

function responseOf(...lines: string[]): ResponseHead {
  const head = new ResponseHeadReader(limits).push(
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
  );
  assert.ok(head !== undefined);
  return head;
}

/** The example of RFC 6455, 1.3. */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const opening = {
  line: 'GET /chat HTTP/1.1',
  host: 'Host: a.example',
  connection: 'Connection: keep-alive, Upgrade',
  upgrade: 'Upgrade: websocket',
  key: `Sec-WebSocket-Key: ${key}`,
  version: 'Sec-WebSocket-Version: 13',
  protocol: 'Sec-WebSocket-Protocol: chat, v2.Chat',
  extensions: 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-other',
};

const answer = {
  line: 'HTTP/1.1 101 Switching Protocols',
  connection: 'Connection: upgrade',
  upgrade: 'Upgrade: WebSocket',
  accept: `Sec-WebSocket-Accept: ${accept}`,
};

function openingOf(changes: Partial<Record<keyof typeof opening | 'more', string>> = {}) {
  const lines = Object.values({ ...opening, ...changes }).filter((line) => line !== '');
  return checkWebSocketRequest(requestOf(...lines));
}

test('the accept value is the one of the standard', () => {
  assert.equal(webSocketAccept(key), accept);
});

test('a browser’s opening request is one, and what it offers is kept', () => {
  assert.deepEqual(openingOf(), {
    ok: true,
    opening: {
      key,
      protocols: ['chat', 'v2.Chat'],
      extensions: ['permessage-deflate', 'x-other'],
    },
  });
  assert.equal(openingOf({ protocol: '', extensions: '', more: 'Content-Length: 0' }).ok, true);
});

test('an opening request is refused for what is wrong with it', () => {
  const cases = [
    [{ line: 'POST /chat HTTP/1.1' }, 400, 'the method is POST'],
    [{ line: 'GET /chat HTTP/1.0' }, 400, 'HTTP/1.0'],
    [{ upgrade: 'Upgrade: h2c' }, 400, 'websocket and nothing else'],
    [{ upgrade: 'Upgrade: websocket, h2c' }, 400, 'websocket and nothing else'],
    [{ upgrade: 'Upgrade: websocket/13' }, 400, 'websocket and nothing else'],
    [{ connection: 'Connection: keep-alive' }, 400, 'websocket and nothing else'],
    [{ more: 'Content-Length: 1' }, 400, 'a body'],
    [{ more: 'Transfer-Encoding: chunked' }, 400, 'a body'],
    [{ version: '' }, 426, 'not 13'],
    [{ version: 'Sec-WebSocket-Version: 8' }, 426, 'not 13'],
    [{ version: 'Sec-WebSocket-Version: 13, 8' }, 426, 'not 13'],
    [{ more: 'Sec-WebSocket-Version: 13' }, 426, 'not 13'],
    [{ key: '' }, 400, 'not 16 bytes'],
    [{ key: 'Sec-WebSocket-Key: abc' }, 400, 'not 16 bytes'],
    [{ key: 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==' }, 400, 'not 16 bytes'],
    [{ key: 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=' }, 400, 'not 16 bytes'],
    [{ key: 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-==' }, 400, 'not 16 bytes'],
    [{ more: `Sec-WebSocket-Key: ${key}` }, 400, 'not 16 bytes'],
  ] as const;
  for (const [changes, status, reason] of cases) {
    const verdict = openingOf(changes);
    assert.ok(!verdict.ok, JSON.stringify(changes));
    assert.equal(verdict.status, status, JSON.stringify(changes));
    assert.ok(verdict.reason.includes(reason), `${verdict.reason} / ${reason}`);
  }
});

test('an upstream’s 101 opens the WebSocket only when it answers this request', () => {
  const verdict = openingOf();
  assert.ok(verdict.ok);
  const refusalOf = (changes: Partial<Record<keyof typeof answer | 'more', string>>) => {
    const lines = Object.values({ ...answer, ...changes }).filter((line) => line !== '');
    return webSocketRefusal(verdict.opening, responseOf(...lines));
  };
  const good = [
    {},
    { more: 'Sec-WebSocket-Protocol: v2.Chat' },
    { more: 'Sec-WebSocket-Extensions: Permessage-Deflate; server_no_context_takeover' },
    { connection: 'Connection: x, Upgrade' },
    { line: 'HTTP/1.1 101 ' },
  ];
  for (const changes of good) assert.equal(refusalOf(changes), undefined, JSON.stringify(changes));
  const bad = [
    [{ line: 'HTTP/1.1 200 OK' }, 'status is 200'],
    [{ line: 'HTTP/1.0 101 Switching Protocols' }, 'do not say websocket'],
    [{ connection: '' }, 'do not say websocket'],
    [{ connection: 'Connection: close' }, 'do not say websocket'],
    [{ upgrade: '' }, 'do not say websocket'],
    [{ upgrade: 'Upgrade: h2c' }, 'do not say websocket'],
    [{ upgrade: 'Upgrade: websocket, h2c' }, 'do not say websocket'],
    [{ accept: '' }, 'not the one of the key'],
    [{ accept: `Sec-WebSocket-Accept: ${accept.toLowerCase()}` }, 'not the one of the key'],
    [{ more: `Sec-WebSocket-Accept: ${accept}` }, 'not the one of the key'],
    [{ more: 'Sec-WebSocket-Protocol: v2.chat' }, 'Protocol was not offered'],
    [{ more: 'Sec-WebSocket-Protocol: chat, v2.Chat' }, 'Protocol was not offered'],
    [{ more: 'Sec-WebSocket-Extensions: x-unknown' }, 'Extensions were not offered'],
  ] as const;
  for (const [changes, reason] of bad) {
    const refusal = refusalOf(changes);
    assert.ok(refusal?.includes(reason), `${JSON.stringify(changes)}: ${refusal}`);
  }
});

test('other protocols are switched to when the 101 names the one that was asked for', () => {
  const docker = responseOf(
    'HTTP/1.1 101 UPGRADED',
    'Content-Type: application/vnd.docker.raw-stream',
    'Connection: Upgrade',
    'Upgrade: tcp',
  );
  assert.equal(upgradeRefusal('tcp', docker), undefined);
  assert.match(upgradeRefusal('h2c', docker) ?? '', /do not say h2c/);
  assert.match(upgradeRefusal('tcp', responseOf('HTTP/1.1 404 Not Found')) ?? '', /404/);
});
