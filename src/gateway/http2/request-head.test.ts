import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestHeadReader } from '../../http1/head.ts';
import { http1Request, http1Trailers } from './request-head.ts';

const limits = { headBytes: 64 * 1024, headFields: 200 };

const usual = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const post = [':method', 'POST', ...usual.slice(2)];
const webSocket = [
  ...[':method', 'CONNECT', ':protocol', 'websocket', ':scheme', 'https'],
  ...[':authority', 'a.test', ':path', '/ws', 'sec-websocket-version', '13'],
];

/** The usual head with another value for one of its fields. */
function having(name: string, value: string): string[] {
  return usual.map((text, i) => (usual[i - 1] === name && i % 2 === 1 ? value : text));
}

/** What the reader behind makes of it. */
function read(text: string) {
  const reader = new RequestHeadReader(limits);
  const head = reader.push(Buffer.from(text, 'latin1'));
  assert.ok(head !== undefined, 'the head is complete');
  assert.equal(reader.rest.length, 0, 'nothing is behind it');
  return head;
}

test('a request becomes one of HTTP/1.1', () => {
  const flat = [...usual, 'accept', '*/*', 'x-two', 'a', 'x-two', 'b\xe9', 'te', 'trailers'];
  const { text, body, host } = http1Request(flat, true);
  assert.equal(
    text,
    'GET / HTTP/1.1\r\nHost: a.test\r\naccept: */*\r\nx-two: a\r\nx-two: b\xe9\r\n\r\n',
  );
  assert.deepEqual(body, { kind: 'none' });
  assert.equal(host, 'a.test');
});

test('crumbs of a cookie become one field', () => {
  const { text } = http1Request([...usual, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'], true);
  assert.deepEqual(read(text).fields.all('cookie'), ['a=1; b=2']);
});

test('a body is as long as announced, or comes in chunks', () => {
  const announced = http1Request([...post, 'content-length', '5'], false);
  assert.deepEqual(announced.body, { kind: 'length', length: 5 });
  assert.deepEqual(read(announced.text).framing, { kind: 'length', length: 5 });
  const open = http1Request(post, false);
  assert.deepEqual(open.body, { kind: 'chunked' });
  assert.deepEqual(read(open.text).framing, { kind: 'chunked' });
  const none = http1Request(post, true);
  assert.deepEqual(none.body, { kind: 'none' });
  assert.deepEqual(read(none.text).framing, { kind: 'length', length: 0 });
});

test('a Host field alone says the host, and one beside :authority is not sent twice', () => {
  const without = [':method', 'GET', ':scheme', 'https', ':path', '/', 'host', 'b.test:8443'];
  assert.equal(read(http1Request(without, true).text).host, 'b.test:8443');
  const both = read(http1Request([...usual, 'host', 'A.test'], true).text);
  assert.deepEqual(both.fields.all('host'), ['a.test']);
});

test('OPTIONS may be about the server as a whole', () => {
  const flat = [...having(':method', 'OPTIONS').slice(0, 6), ':path', '*'];
  assert.equal(read(http1Request(flat, true).text).target, '*');
});

test('a WebSocket gets an upgrade with a key of the gateway, each time another', () => {
  const flat = [...webSocket, 'sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA==', 'origin', 'x'];
  const request = http1Request(flat, false);
  const head = read(request.text);
  assert.equal(head.method, 'GET');
  assert.equal(head.target, '/ws');
  assert.deepEqual(head.upgrade, ['websocket']);
  assert.deepEqual(head.framing, { kind: 'none' });
  assert.equal(head.fields.get('origin'), 'x');
  const keys = head.fields.all('sec-websocket-key');
  assert.equal(keys.length, 1);
  assert.match(keys[0] ?? '', /^[A-Za-z0-9+/]{21}[AQgw]==$/);
  assert.notEqual(keys[0], 'AAAAAAAAAAAAAAAAAAAAAA==');
  assert.notEqual(keys[0], read(http1Request(flat, false).text).fields.get('sec-websocket-key'));
  assert.deepEqual(request.body, { kind: 'tunnel' });
});

test('a plain CONNECT is left to be refused as in HTTP/1.1', () => {
  const { text, body } = http1Request([':method', 'CONNECT', ':authority', 'a.test:1'], false);
  assert.equal(read(text).method, 'CONNECT');
  assert.deepEqual(body, { kind: 'none' });
});

const refused: Record<string, readonly string[]> = {
  'no method': usual.slice(2),
  'no scheme': [...usual.slice(0, 2), ...usual.slice(4)],
  'no path': usual.slice(0, 6),
  'a method with a space': having(':method', 'GET /x'),
  'a method with a line end': having(':method', 'GET / HTTP/1.1\r\nX: y\r\n'),
  'an empty method': having(':method', ''),
  'another scheme': having(':scheme', 'ftp'),
  'an empty path': having(':path', ''),
  'a relative path': having(':path', 'a'),
  'an absolute target': having(':path', 'http://evil.test/'),
  'a star that is no OPTIONS': having(':path', '*'),
  'a path with a space': having(':path', '/a b'),
  'a path with a line end': having(':path', '/ HTTP/1.1\r\n\r\nGET /admin'),
  'a path with a fragment': having(':path', '/#a'),
  'a path beyond ASCII': having(':path', '/\xe9'),
  'a path beyond latin1': having(':path', '/\u010d\u010a'),
  'an empty authority': having(':authority', ''),
  'an authority with a user': having(':authority', 'u@a.test'),
  'an authority with a path': having(':authority', 'a.test/x'),
  'an authority with a line end': having(':authority', 'a.test\r\nX: y'),
  'a second path': [...usual, ':path', '/b'],
  'a pseudo-field that is none': [...usual, ':status', '200'],
  'a pseudo-field behind a field': [...usual, 'a', 'b', ':protocol', 'websocket'],
  'a Host that differs': [...usual, 'host', 'b.test'],
  'a Host with another port': [...usual, 'host', 'a.test:8443'],
  'two Host fields': [...usual, 'host', 'a.test', 'host', 'a.test'],
  Connection: [...usual, 'connection', 'x-forwarded-for'],
  'Proxy-Connection': [...usual, 'proxy-connection', 'keep-alive'],
  'Keep-Alive': [...usual, 'keep-alive', 'timeout=5'],
  'Transfer-Encoding': [...post, 'transfer-encoding', 'chunked'],
  Upgrade: [...usual, 'upgrade', 'h2c'],
  'a TE that is not trailers': [...usual, 'te', 'gzip'],
  'a TE with more than trailers': [...usual, 'te', 'trailers, chunked'],
  'a name in upper case': [...usual, 'X-A', 'b'],
  'an empty name': [...usual, '', 'b'],
  'a name with a colon': [...usual, 'x:a', 'b'],
  'a name with a line end': [...usual, 'x\r\ny', 'b'],
  'a CR in a value': [...usual, 'x', 'a\rb'],
  'an LF in a value': [...usual, 'x', 'a\nb'],
  'a line end and a field in a value': [...usual, 'x', 'a\r\ntransfer-encoding: chunked'],
  'a NUL in a value': [...usual, 'x', 'a\0b'],
  'a DEL in a value': [...usual, 'x', 'a\x7fb'],
  'a character beyond latin1': [...usual, 'x', '\u010d\u010a'],
  'a space before a value': [...usual, 'x', ' a'],
  'a tab behind a value': [...usual, 'x', 'a\t'],
  'a line end in a cookie': [...usual, 'cookie', 'a=b\r\nx: y'],
  'two Content-Lengths': [...post, 'content-length', '5', 'content-length', '5'],
  'a signed Content-Length': [...post, 'content-length', '+5'],
  'a list of Content-Lengths': [...post, 'content-length', '5, 5'],
  'an empty Content-Length': [...post, 'content-length', ''],
  'a :protocol without CONNECT': [...usual.slice(0, 6), ':path', '/', ':protocol', 'websocket'],
  'a WebSocket with a body': [...webSocket, 'content-length', '5'],
  'a WebSocket without path': webSocket.filter((_, i) => i !== 8 && i !== 9),
  'a CONNECT with a path': having(':method', 'CONNECT'),
};

for (const [name, flat] of Object.entries(refused)) {
  test(`${name} is refused`, () => {
    assert.throws(() => http1Request(flat, false), { code: 'HW_HTTP2_REQUEST', status: 400 });
  });
}

test('a body that was announced and does not come is refused', () => {
  assert.throws(() => http1Request([...post, 'content-length', '5'], true), {
    code: 'HW_HTTP2_REQUEST',
  });
});

test('an extended CONNECT for something else than a WebSocket is refused with 501', () => {
  const flat = webSocket.map((text) => (text === 'websocket' ? 'connect-udp' : text));
  assert.throws(() => http1Request(flat, false), { code: 'HW_HTTP2_PROTOCOL', status: 501 });
});

test('trailers are checked as fields are', () => {
  assert.deepEqual(http1Trailers(['x-sum', 'a']), ['x-sum', 'a']);
  for (const flat of [
    [':path', '/'],
    ['x', 'a\r\n\r\nGET / HTTP/1.1'],
    ['transfer-encoding', 'chunked'],
  ]) {
    assert.throws(() => http1Trailers(flat), { code: 'HW_HTTP2_REQUEST' });
  }
});

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x120 }).map(String.fromCharCode) });
const awkwardName = fc.oneof(
  fc.constantFrom('host', 'content-length', 'te', 'cookie', 'transfer-encoding', 'x-a', ':path'),
  anyText,
);
const awkwardField = fc.tuple(awkwardName, fc.oneof(anyText, fc.constantFrom('5', 'a.test', '0')));

test('whatever is not refused is exactly one request, with one host and the framing that was said', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD'), anyText),
      fc.oneof(fc.constant('/'), anyText),
      fc.oneof(fc.constant('a.test'), anyText),
      fc.array(awkwardField, { maxLength: 4 }),
      fc.boolean(),
      (method, path, authority, fields, isEnded) => {
        const pseudo = [':method', method, ':scheme', 'https', ':authority', authority];
        const flat = [...pseudo, ':path', path, ...fields.flat()];
        let request: ReturnType<typeof http1Request>;
        try {
          request = http1Request(flat, isEnded);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'HW_HTTP2_REQUEST');
          return;
        }
        if (method.length > 32) return;
        const head = read(request.text);
        assert.equal(head.method, method);
        assert.equal(head.sentTarget, path);
        assert.equal(head.host, authority);
        assert.equal(head.fields.all('host').length, 1);
        const { kind } = request.body;
        if (kind === 'chunked' || kind === 'length') assert.equal(head.framing.kind, kind);
        else assert.ok(head.framing.kind === 'none' || head.fields.get('content-length') === '0');
        const names = new Set(flat.filter((_, i) => i % 2 === 0));
        for (let i = 0; i < head.fields.count; i++) {
          const name = head.fields.nameAt(i);
          const own = name === 'Host' || name === 'content-length' || name === 'transfer-encoding';
          assert.ok(own || names.has(name), `nobody sent ${name}`);
        }
      },
    ),
    { numRuns: 500 },
  );
});
