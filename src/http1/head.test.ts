import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HatchwayError } from '../base/errors.ts';
import {
  type RequestHead,
  RequestHeadReader,
  type ResponseHead,
  ResponseHeadReader,
} from './head.ts';
import { nameIds } from './known-names.ts';
import { nastyRequests, nastyResponses } from './testing/nasty-messages.ts';
import { chunksOf, cut, readMessages, testLimits } from './testing/read-messages.ts';

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function requestOf(text: string): RequestHead {
  const head = new RequestHeadReader(testLimits).push(bytesOf(text));
  assert.ok(head !== undefined, 'the head is not complete');
  return head;
}

function responseOf(text: string, method = 'GET'): ResponseHead {
  const reader = new ResponseHeadReader(testLimits);
  reader.requestMethod = method;
  const head = reader.push(bytesOf(text));
  assert.ok(head !== undefined, 'the head is not complete');
  return head;
}

/** A request with these lines between its request line, or all of it where `lines` has one, and its end. */
function request(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

test('a request head says all that routing, framing and the connection need', () => {
  const reader = new RequestHeadReader(testLimits);
  const head = reader.push(
    bytesOf(
      'POST /a%2Fb?c=d|e HTTP/1.1\r\nhost: Example.com:8022\r\nX-One:1\r\nX-Two: \t a b\t \r\nX-Empty: \r\n' +
        'Content-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello',
    ),
  );
  assert.ok(head !== undefined);
  assert.equal(head.method, 'POST');
  assert.equal(head.target, '/a%2Fb?c=d|e');
  assert.equal(head.sentTarget, '/a%2Fb?c=d|e');
  assert.equal(head.minor, 1);
  assert.equal(head.host, 'Example.com:8022');
  assert.deepEqual(head.fields.flat, [
    ...['host', 'Example.com:8022', 'X-One', '1', 'X-Two', 'a b', 'X-Empty', ''],
    ...['Content-Length', '5', 'Expect', '100-Continue'],
  ]);
  assert.deepEqual(head.framing, { kind: 'length', length: 5 });
  assert.equal(head.keepAlive, true);
  assert.deepEqual(head.upgrade, []);
  assert.equal(head.expectContinue, true);
  assert.equal(reader.rest.toString('latin1'), 'hello');
});

test('bytes behind a head are kept, and the reader is ready for the next head', () => {
  const reader = new RequestHeadReader(testLimits);
  const first = reader.push(
    bytesOf(
      request('GET /1 HTTP/1.1', 'Host: a', 'X-Y: z') +
        request('GET /2 HTTP/1.1', 'Host: b') +
        'GET /3',
    ),
  );
  assert.equal(first?.target, '/1');
  const second = reader.push(reader.rest);
  assert.equal(second?.target, '/2');
  assert.deepEqual(second?.fields.flat, ['Host', 'b']);
  assert.equal(reader.rest.toString('latin1'), 'GET /3');
  assert.equal(reader.idle, true);
  assert.equal(reader.push(reader.rest), undefined);
  assert.equal(reader.idle, false);
  assert.equal(reader.push(bytesOf(request(' HTTP/1.1', 'Host: c')))?.target, '/3');
  assert.equal(reader.rest.length, 0);
});

test('what a target names decides over Host, and goes upstream in origin form', () => {
  const cases = [
    // method, target sent, Host sent, target, host
    ['GET', '/x', 'a.example', '/x', 'a.example'],
    ['GET', '//x', 'a.example', '//x', 'a.example'],
    ['GET', 'http://b.example:81/x?y', 'a.example', '/x?y', 'b.example:81'],
    ['GET', 'HTTPS://b.example', 'a.example', '/', 'b.example'],
    ['GET', 'http://b.example?q', 'a.example', '/?q', 'b.example'],
    ['OPTIONS', '*', 'a.example', '*', 'a.example'],
    ['OPTIONS', 'http://b.example', 'a.example', '*', 'b.example'],
    ['OPTIONS', 'http://b.example/', 'a.example', '/', 'b.example'],
    ['CONNECT', 'b.example:443', 'a.example', 'b.example:443', 'b.example:443'],
    ['CONNECT', '[::1]:443', 'a.example', '[::1]:443', '[::1]:443'],
  ] as const;
  for (const [method, sentTarget, sentHost, target, host] of cases) {
    const head = requestOf(
      request(`${method} ${sentTarget} HTTP/1.1`, 'A: 1', `Host: ${sentHost}`, 'B: 2'),
    );
    assert.equal(head.target, target);
    assert.equal(head.sentTarget, sentTarget);
    assert.equal(head.host, host);
    // Nobody behind may go by the Host that does not count.
    assert.deepEqual(head.fields.flat, ['A', '1', 'Host', host, 'B', '2']);
  }
  const framed = requestOf(
    request('POST http://b.example/ HTTP/1.1', 'Host: a', 'Content-Length: 3', 'Connection: close'),
  );
  assert.deepEqual(framed.framing, { kind: 'length', length: 3 });
  assert.equal(framed.keepAlive, false);
  const old = requestOf(request('GET http://b.example/x HTTP/1.0', 'A: 1'));
  assert.deepEqual(old.fields.flat, ['Host', 'b.example', 'A', '1']);
  assert.equal(requestOf(request('GET /x HTTP/1.0')).host, undefined);
});

test('whether a connection goes on follows version and options', () => {
  const cases = [
    ['1.1', [], true],
    ['1.1', ['close'], false],
    ['1.1', ['Close'], false],
    ['1.1', ['keep-alive, Close'], false],
    ['1.1', ['keep-alive', 'x', 'close'], false],
    ['1.1', ['closed'], true],
    ['1.0', [], false],
    ['1.0', ['keep-alive'], true],
    ['1.0', ['Keep-Alive'], true],
    ['1.0', ['x,keep-alive'], true],
    ['1.0', ['keep-alive, close'], false],
  ] as const;
  for (const [version, options, keepAlive] of cases) {
    const lines = options.map((option) => `Connection: ${option}`);
    const head = requestOf(request(`GET / HTTP/${version}`, 'Host: a', ...lines));
    assert.equal(head.keepAlive, keepAlive, `${version} ${options}`);
  }
});

test('an upgrade is asked for only where Connection lists it and the version is 1.1', () => {
  const cases = [
    ['1.1', ['Connection: Upgrade', 'Upgrade: websocket'], ['websocket']],
    ['1.1', ['Connection: keep-alive, UPGRADE', 'Upgrade: WebSocket, H2C'], ['websocket', 'h2c']],
    ['1.1', ['Connection: upgrade', 'Upgrade: websocket', 'Upgrade: tcp'], ['websocket', 'tcp']],
    ['1.1', ['Connection: a', 'Connection: upgrade', 'Upgrade: tcp'], ['tcp']],
    ['1.1', ['Upgrade: websocket'], []],
    ['1.1', ['Connection: keep-alive', 'Upgrade: websocket'], []],
    ['1.1', ['Connection: upgraded', 'Upgrade: websocket'], []],
    ['1.1', ['Connection: upgrade'], []],
    ['1.0', ['Connection: upgrade', 'Upgrade: websocket'], []],
  ] as const;
  for (const [version, lines, upgrade] of cases) {
    const head = requestOf(request(`GET / HTTP/${version}`, 'Host: a', ...lines));
    assert.deepEqual(head.upgrade, upgrade, lines.join());
  }
});

test('a request is refused with the status of what is wrong with it', () => {
  const get = 'GET / HTTP/1.1';
  const host = 'Host: a';
  const cases = [
    // The request line.
    ['\x16\x03\x01\x02', 'HW_HTTP_REQUEST_LINE', '0x16 in the method'],
    ['\nGET', 'HW_HTTP_REQUEST_LINE', '0x0a in the method'],
    ['\r\n\r\nGET', 'HW_HTTP_REQUEST_LINE', '0x0d in the method'],
    ['\rGET', 'HW_HTTP_REQUEST_LINE', 'CR without LF'],
    [' GET / HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x20 in the method'],
    ['G(T / HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x28 in the method'],
    ['GET\t/ HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x09 in the method'],
    [`${'A'.repeat(33)} `, 'HW_HTTP_METHOD', 'more than 32 bytes'],
    ['GET  / HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x20 in the target'],
    ['GET /#top HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x23 in the target'],
    ['GET /\xe9 HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0xe9 in the target'],
    ['GET /\x7f HTTP/1.1', 'HW_HTTP_REQUEST_LINE', '0x7f in the target'],
    ['GET /\r\n', 'HW_HTTP_REQUEST_LINE', '0x0d in the target'],
    ['GET / \r\n', 'HW_HTTP_REQUEST_LINE', 'does not begin with HTTP/'],
    ['GET / http/1.1', 'HW_HTTP_REQUEST_LINE', 'does not begin with HTTP/'],
    ['PRI * HTTP/2.0', 'HW_HTTP_VERSION', 'neither'],
    ['GET / HTTP/1.2', 'HW_HTTP_VERSION', 'neither'],
    ['GET / HTTP/1.10', 'HW_HTTP_REQUEST_LINE', '0x30 behind the version'],
    ['GET / HTTP/1.1 \r\n', 'HW_HTTP_REQUEST_LINE', '0x20 behind the version'],
    ['GET / HTTP/1.1\n', 'HW_HTTP_REQUEST_LINE', '0x0a behind the version'],
    ['GET / HTTP/1.1\rX', 'HW_HTTP_REQUEST_LINE', 'CR without LF'],
    [request('GET * HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('GET a.example:80 HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('GET ftp://a/ HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('GET http:/// HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('GET http://u@a/ HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('CONNECT / HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    [request('CONNECT a.example HTTP/1.1', host), 'HW_HTTP_REQUEST_LINE', 'no form'],
    // Fields.
    [`${get}\r\n folded`, 'HW_HTTP_FIELD', 'begins with a space'],
    [`${get}\r\n${host}\r\n\tfolded`, 'HW_HTTP_FIELD', 'begins with a space'],
    [`${get}\r\n: x`, 'HW_HTTP_FIELD', 'empty name'],
    [`${get}\r\nHost : a`, 'HW_HTTP_FIELD', '0x20 in a name'],
    [`${get}\r\nHost\r\n`, 'HW_HTTP_FIELD', '0x0d in a name'],
    [`${get}\r\nContent\rLength: 5\r\n`, 'HW_HTTP_FIELD', '0x0d in a name'],
    [`${get}\r\nN\xe4me: x`, 'HW_HTTP_FIELD', '0xe4 in a name'],
    [`${get}\r\nHost: a\0`, 'HW_HTTP_FIELD', '0x00 in a value'],
    [`${get}\r\nHost: a\n`, 'HW_HTTP_FIELD', '0x0a in a value'],
    [`${get}\r\nX: \x7f`, 'HW_HTTP_FIELD', '0x7f in a value'],
    [`${get}\r\nX: a\rb`, 'HW_HTTP_FIELD', 'CR without LF'],
    [`${get}\r\n${host}\r\n\rX`, 'HW_HTTP_FIELD', 'CR without LF'],
    // Host.
    [request(get), 'HW_HTTP_HOST', 'no Host'],
    [request(get, host, 'Host: a'), 'HW_HTTP_HOST', 'two Host'],
    [request('GET / HTTP/1.0', host, 'HOST: b'), 'HW_HTTP_HOST', 'two Host'],
    [request('GET http://b/ HTTP/1.1'), 'HW_HTTP_HOST', 'no Host'],
    [request(get, 'Host: '), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a b'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a/b'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a,b'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: u@a'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a..b'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: .a'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: :80'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a:65536'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: a:8o'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: [::1'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: [::1]a'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: []'), 'HW_HTTP_HOST', 'no host'],
    [request(get, 'Host: \xe4.example'), 'HW_HTTP_HOST', 'no host'],
    // Framing.
    [
      request(get, host, 'Content-Length: 1', 'Content-Length: 1'),
      'HW_HTTP_FRAMING',
      'two Content-Length',
    ],
    [request(get, host, 'Content-Length: 1, 1'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length: +1'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length: -0'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length: 1e1'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length: 0x1'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length:'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, 'Content-Length: 9007199254740992'), 'HW_HTTP_FRAMING', 'not a number'],
    [request(get, host, `Content-Length: ${'0'.repeat(17)}`), 'HW_HTTP_FRAMING', 'not a number'],
    [
      request(get, host, 'Content-Length: 1', 'Transfer-Encoding: chunked'),
      'HW_HTTP_FRAMING',
      'and Content-Length',
    ],
    [request('GET / HTTP/1.0', 'Transfer-Encoding: chunked'), 'HW_HTTP_FRAMING', 'HTTP/1.0'],
    [
      request(get, host, 'Transfer-Encoding: gzip, chunked'),
      'HW_HTTP_TRANSFER_CODING',
      'other than chunked',
    ],
    [
      request(get, host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
      'HW_HTTP_TRANSFER_CODING',
      'other than chunked',
    ],
    [
      request(get, host, 'Transfer-Encoding: identity'),
      'HW_HTTP_TRANSFER_CODING',
      'other than chunked',
    ],
    [request(get, host, 'Transfer-Encoding: \x0bchunked'), 'HW_HTTP_FIELD', '0x0b in a value'],
    [
      request(get, host, 'Transfer-Encoding: \xa0chunked'),
      'HW_HTTP_TRANSFER_CODING',
      'other than chunked',
    ],
    // Limits.
    [`GET /${'a'.repeat(1024)}`, 'HW_HTTP_TARGET_TOO_LONG', '1024'],
    [`${get}\r\nCookie: ${'a'.repeat(1024)}`, 'HW_HTTP_HEAD_TOO_LARGE', '1024'],
    [`${get}\r\n${'A: b\r\n'.repeat(13)}`, 'HW_HTTP_HEAD_TOO_LARGE', '12 fields'],
  ] as const;
  const statuses = {
    HW_HTTP_REQUEST_LINE: 400,
    HW_HTTP_FIELD: 400,
    HW_HTTP_HOST: 400,
    HW_HTTP_FRAMING: 400,
    HW_HTTP_TARGET_TOO_LONG: 414,
    HW_HTTP_HEAD_TOO_LARGE: 431,
    HW_HTTP_METHOD: 501,
    HW_HTTP_TRANSFER_CODING: 501,
    HW_HTTP_VERSION: 505,
  };
  for (const [text, code, reason] of cases) {
    const read = () => new RequestHeadReader(testLimits).push(bytesOf(text));
    assert.throws(
      read,
      (error) => {
        assert.ok(error instanceof HatchwayError);
        assert.equal(error.code, code, JSON.stringify(text));
        assert.equal(error.status, statuses[code]);
        assert.ok(error.message.includes(reason), `${error.message} / ${reason}`);
        return true;
      },
      JSON.stringify(text),
    );
  }
});

test('hosts are names, addresses and optional ports', () => {
  for (const host of [
    'a',
    'A.example.',
    'sweet_swarm_task:9443',
    'xn--a-0ga.example',
    '127.0.0.1',
    '[::1]',
    '[2001:db8::1]:65535',
    'a:',
    '~x-1.example:0',
  ]) {
    assert.equal(requestOf(request('GET / HTTP/1.1', `Host: ${host}`)).host, host);
  }
});

test('a head of exactly the limits is read, one byte or field more is not', () => {
  const head = (bytes: number) => {
    const start = 'GET / HTTP/1.1\r\nHost: a\r\nX: ';
    return bytesOf(`${start}${'x'.repeat(bytes - start.length - 4)}\r\n\r\n`);
  };
  const limits = { headBytes: 100, headFields: 2 };
  assert.ok(new RequestHeadReader(limits).push(head(100)));
  assert.throws(() => new RequestHeadReader(limits).push(head(101)), {
    code: 'HW_HTTP_HEAD_TOO_LARGE',
  });
  const three = bytesOf(request('GET / HTTP/1.1', 'Host: a', 'X: x', 'Y: y'));
  assert.throws(() => new RequestHeadReader(limits).push(three), {
    code: 'HW_HTTP_HEAD_TOO_LARGE',
  });
});

test('one head has no influence on the next', () => {
  const reader = new RequestHeadReader(testLimits);
  const odd = request(
    'GET /1 HTTP/1.1',
    'Host: a',
    'X:1',
    'Connection: a',
    'Connection: b',
    'Expect: c',
  );
  const plain = request('GET /2 HTTP/1.1', 'Host: b', 'Connection: keep-alive');
  reader.push(bytesOf(odd));
  const head = reader.push(bytesOf(plain));
  assert.deepEqual(head, requestOf(plain));
  assert.equal(head?.fields.isRepeated(nameIds.connection), false);
  assert.equal(head?.fields.has('expect'), false);
});

test('only a client of HTTP/1.1 can wait for a 100', () => {
  const lines = ['Host: a', 'Content-Length: 1', 'Expect: 100-continue'];
  assert.equal(requestOf(request('PUT / HTTP/1.1', ...lines)).expectContinue, true);
  assert.equal(requestOf(request('PUT / HTTP/1.0', ...lines)).expectContinue, false);
  assert.equal(requestOf(request('PUT / HTTP/1.1', 'Host: a', 'Expect: x')).expectContinue, false);
});

test('a head larger than a window, with a body behind it, is read whole', () => {
  const cookie = 'c'.repeat(10_000);
  const reader = new RequestHeadReader({ headBytes: 32 * 1024, headFields: 200 });
  const head = reader.push(
    Buffer.concat([
      bytesOf(request('POST / HTTP/1.1', 'Host: a', `Cookie: ${cookie}`, 'Content-Length: 70000')),
      Buffer.alloc(70_000, 'b'),
    ]),
  );
  assert.equal(head?.fields.get('cookie'), cookie);
  assert.equal(reader.rest.length, 70_000);
  assert.ok(reader.rest.every((byte) => byte === 0x62));
});

test('a head keeps nothing of the memory it came in', () => {
  const reader = new RequestHeadReader(testLimits);
  const chunk = bytesOf(
    request('GET /kept HTTP/1.1', 'Host: kept.example', 'X-Kept: a value of some length'),
  );
  const [first, second] = [Buffer.from(chunk.subarray(0, 30)), Buffer.from(chunk.subarray(30))];
  reader.push(first);
  first.fill(0);
  const head = reader.push(second);
  second.fill(0);
  // Another reader works in the same place.
  requestOf(request('PUT /else HTTP/1.1', 'Host: else.example', 'X-Else: something different'));
  assert.equal(head?.target, '/kept');
  assert.deepEqual(head?.fields.flat, ['Host', 'kept.example', 'X-Kept', 'a value of some length']);
});

test('heads of several connections that arrive in turns do not mix', () => {
  const texts = Array.from({ length: 3 }, (_, i) =>
    request(
      `GET /${i} HTTP/1.1`,
      `Host: h${i}.example`,
      `X-${i}: ${'v'.repeat(10 * i)}`,
      'Accept: */*',
    ),
  );
  const readers = texts.map(() => new RequestHeadReader(testLimits));
  const heads: (RequestHead | undefined)[] = [];
  for (let at = 0; at < Math.max(...texts.map((text) => text.length)); at += 7) {
    for (const [i, text] of texts.entries()) {
      const head = readers[i]?.push(bytesOf(text.slice(at, at + 7)));
      if (head !== undefined) heads[i] = head;
    }
  }
  for (const [i, text] of texts.entries()) assert.deepEqual(heads[i], requestOf(text));
});

test('what an earlier head left behind is not taken for bytes to come', () => {
  const reader = new RequestHeadReader(testLimits);
  const start = 'GET / HTTP/1.1\r\nHost: a\r\n';
  reader.push(bytesOf(`${start}Accept: one\r\n\r\n`));
  for (let length = 0; length < 'Accept:'.length; length++) {
    // The bytes to come are still there from the last time, and end differently this time.
    const begun = 'Accept:'.slice(0, length);
    assert.equal(reader.push(bytesOf(start + begun)), undefined);
    const head = reader.push(bytesOf(`x: two\r\n\r\n`));
    assert.deepEqual(head?.fields.flat, ['Host', 'a', `${begun}x`, 'two']);
    reader.push(bytesOf(`${start}Accept: one\r\n\r\n`));
  }
  for (const [begun, next] of [
    ['Accept: o', '\0'],
    ['Accept: one\r', 'X'],
    ['Accept: one\r\n\r', 'X'],
  ] as const) {
    const other = new RequestHeadReader(testLimits);
    other.push(bytesOf(`${start}Accept: one\r\n\r\n`));
    assert.equal(other.push(bytesOf(start + begun)), undefined);
    assert.throws(() => other.push(bytesOf(next)), { code: 'HW_HTTP_FIELD' });
  }
});

test('a response head says how its body ends', () => {
  const cases = [
    // request method, status line, fields, framing, keepAlive
    ['GET', 'HTTP/1.1 200 OK', ['Content-Length: 12'], { kind: 'length', length: 12 }, true],
    ['GET', 'HTTP/1.1 200 OK', ['Transfer-Encoding: Chunked'], { kind: 'chunked' }, true],
    ['GET', 'HTTP/1.1 200 OK', [], { kind: 'until-close' }, false],
    [
      'GET',
      'HTTP/1.1 200 OK',
      ['Content-Length: 1', 'Connection: close'],
      { kind: 'length', length: 1 },
      false,
    ],
    ['GET', 'HTTP/1.0 200 OK', ['Content-Length: 1'], { kind: 'length', length: 1 }, false],
    [
      'GET',
      'HTTP/1.0 200 OK',
      ['Content-Length: 1', 'Connection: keep-alive'],
      { kind: 'length', length: 1 },
      true,
    ],
    ['HEAD', 'HTTP/1.1 200 OK', ['Content-Length: 12'], { kind: 'none' }, true],
    ['HEAD', 'HTTP/1.1 200 OK', ['Transfer-Encoding: chunked'], { kind: 'none' }, true],
    ['HEAD', 'HTTP/1.1 200 OK', [], { kind: 'none' }, true],
    ['GET', 'HTTP/1.1 304 Not Modified', ['Content-Length: 12'], { kind: 'none' }, true],
    ['GET', 'HTTP/1.1 204 No Content', ['Content-Length: 0'], { kind: 'none' }, true],
    ['GET', 'HTTP/1.1 204 No Content', ['Content-Length: 12'], { kind: 'none' }, false],
    ['GET', 'HTTP/1.1 204 No Content', ['Transfer-Encoding: chunked'], { kind: 'none' }, false],
    ['GET', 'HTTP/1.1 100 Continue', [], { kind: 'none' }, true],
    [
      'GET',
      'HTTP/1.1 101 UPGRADED',
      ['Connection: Upgrade', 'Upgrade: tcp'],
      { kind: 'none' },
      false,
    ],
  ] as const;
  for (const [method, line, lines, framing, keepAlive] of cases) {
    const head = responseOf(request(line, ...lines), method);
    assert.deepEqual(head.framing, framing, `${method} ${line} ${lines}`);
    assert.equal(head.keepAlive, keepAlive, `${method} ${line} ${lines}`);
  }
});

test('status, reason and upgrade of a response are as sent', () => {
  const cases = [
    ['HTTP/1.1 200 OK', 200, 'OK', 1],
    ['HTTP/1.1 404 Not\tFound \xfc', 404, 'Not\tFound \xfc', 1],
    ['HTTP/1.1 200 ', 200, '', 1],
    ['HTTP/1.1 200', 200, '', 1],
    ['HTTP/1.0 999 x', 999, 'x', 0],
  ] as const;
  for (const [line, status, reason, minor] of cases) {
    const head = responseOf(request(line));
    assert.deepEqual([head.status, head.reason, head.minor], [status, reason, minor]);
  }
  const docker = responseOf(
    request('HTTP/1.1 101 UPGRADED', 'Connection: Upgrade', 'Upgrade: TCP'),
  );
  assert.deepEqual(docker.upgrade, ['tcp']);
});

test('interim responses are heads of their own', () => {
  const reader = new ResponseHeadReader(testLimits);
  const early = reader.push(
    bytesOf(
      request('HTTP/1.1 103 Early Hints', 'Link: </a>') +
        request('HTTP/1.1 200 OK', 'Content-Length: 2') +
        'ok',
    ),
  );
  assert.equal(early?.status, 103);
  assert.equal(reader.push(reader.rest)?.status, 200);
  assert.equal(reader.rest.toString('latin1'), 'ok');
});

test('a response that is not clear is refused as 502', () => {
  const ok = 'HTTP/1.1 200 OK';
  const cases = [
    ['\r\nHTTP/1.1 200 OK', 'begin with HTTP/1.'],
    ['SSH-2.0-OpenSSH_9.2', 'begin with HTTP/1.'],
    ['HTTP/2.0 200 OK', 'begin with HTTP/1.'],
    ['HTTP/1.2 200 OK', 'version'],
    ['HTTP/1.1\t200 OK', 'status'],
    ['HTTP/1.1 20 OK', 'status'],
    ['HTTP/1.1 099 OK', 'status'],
    ['HTTP/1.1 2000 OK', 'status'],
    ['HTTP/1.1 200 O\0K', '0x00 in its reason'],
    ['HTTP/1.1 200 OK\n', '0x0a in its reason'],
    ['HTTP/1.1 200\rX', 'CR without LF'],
    [`${ok}\r\nA: b\r\n folded`, 'begins with a space'],
    [`${ok}\r\nA : b`, '0x20 in a name'],
    [`${ok}\r\nA: b\n`, '0x0a in a value'],
    [request(ok, 'Content-Length: 1', 'Content-Length: 1'), 'two Content-Length'],
    [request(ok, 'Content-Length: 1, 1'), 'not a number'],
    [request(ok, 'Content-Length: -1'), 'not a number'],
    [request(ok, 'Content-Length: 1', 'Transfer-Encoding: chunked'), 'and Content-Length'],
    [request(ok, 'Transfer-Encoding: gzip, chunked'), 'other than chunked'],
    [request('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'), 'HTTP/1.0'],
    [`${ok}\r\nX: ${'x'.repeat(1024)}`, '1024'],
  ] as const;
  for (const [text, reason] of cases) {
    assert.throws(
      () => new ResponseHeadReader(testLimits).push(bytesOf(text)),
      (error) => {
        assert.ok(error instanceof HatchwayError);
        assert.equal(error.status, 502);
        assert.ok(error.message.includes(reason), `${error.message} / ${reason}`);
        return true;
      },
      JSON.stringify(text),
    );
  }
});

for (const [sender, messages] of [
  ['client', nastyRequests],
  ['upstream', nastyResponses],
] as const) {
  test(`the bytes of a ${sender} mean the same however they are cut, errors included`, () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), (bytes, cuts) => {
        const whole = readMessages(sender, [bytes]);
        assert.deepEqual(readMessages(sender, cut(bytes, cuts)), whole);
        assert.deepEqual(readMessages(sender, chunksOf(bytes, 1)), whole);
      }),
      { numRuns: 400 },
    );
  });
}

test('the limits are met at the same byte however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 0, max: 4 }),
      nastyRequests,
      (headBytes, headFields, bytes) => {
        const options = { limits: { headBytes, headFields } };
        const whole = readMessages('client', [bytes], options);
        assert.deepEqual(readMessages('client', chunksOf(bytes, 1), options), whole);
        assert.deepEqual(readMessages('client', chunksOf(bytes, 3), options), whole);
      },
    ),
    { numRuns: 300 },
  );
});

test('a refused request stays refused whatever follows, with the same error', () => {
  fc.assert(
    fc.property(nastyRequests, fc.uint8Array({ maxLength: 20 }), (bytes, more) => {
      const alone = readMessages('client', [bytes]);
      fc.pre(
        /^\d/.test(alone.end) &&
          !alone.end.includes('too early') &&
          !alone.end.includes('it ended'),
      );
      assert.deepEqual(readMessages('client', [Buffer.concat([bytes, more])]), alone);
    }),
    { numRuns: 200 },
  );
});
