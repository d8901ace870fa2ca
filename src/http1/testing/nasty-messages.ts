/**
 * Streams of messages as an attacker or a bad implementation would send them: mostly well formed, with everything in
 * them that readers are known to disagree on, and a few bytes changed.
 */
import fc from 'fast-check';

/** Mostly one of `good`, so that most messages get beyond their first oddity. */
function mostly(good: readonly string[], bad: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

const method = mostly(['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS'], ['get', 'PROPFINDER', 'G@T', '']);

const target = mostly(
  ['/', '/a?b=c', '/a|b^c', '//c.example/', 'http://b.example/x'],
  [
    ...['/a#b', '/a b', '/\xe9', '*', 'a.example', 'a.example:80', 'http://b.example', ' /'],
    ...['http://u@b.example/', 'ftp://b.example/', 'http:///'],
  ],
);

const version = mostly(
  ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'],
  [
    'HTTP/2.0',
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/1.01',
    'http/1.1',
    'HTTP/1.1 ',
    'HTTP/11',
    'HTTP1.1',
    '',
  ],
);

const requestLine = fc.tuple(method, target, version).map((parts) => parts.join(' '));

const statusLine = mostly(
  [
    ...['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 ', 'HTTP/1.1 200', 'HTTP/1.0 200 OK'],
    ...['HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 100 Continue'],
    ...['HTTP/1.1 999 \xe9', 'HTTP/1.1 101 UPGRADED'],
  ],
  [
    ...['HTTP/1.1 099 Low', 'HTTP/1.1 20 Short', 'HTTP/1.1 2000 Long', 'HTTP/1.1  200 OK'],
    ...['HTTP/2.0 200 OK', 'HTTP/1.2 200 OK', 'http/1.1 200 OK', 'HTTP/1.1\t200 OK'],
  ],
);

const lineEnding = mostly(['\r\n'], ['\n', '\r', '\r\r\n', '\n\r']);

const field = mostly(
  [
    ...['Content-Length: 3', 'content-length: 0', 'Content-Length: 03', 'CONTENT-LENGTH:3'],
    ...['Transfer-Encoding: chunked', 'transfer-encoding: CHUNKED', 'Transfer-Encoding:chunked  '],
    ...['Connection: close', 'Connection: keep-alive', 'Connection: Keep-Alive, Upgrade'],
    ...['Connection: upgrade', 'Connection: close, keep-alive', 'Connection: x-long'],
    ...['Upgrade: websocket', 'Upgrade: h2c', 'Expect: 100-continue', 'Content_Length: 3'],
    ...[
      'X-Long: a value with\tspaces  ',
      'X-Empty:',
      'X-Empty: ',
      'X-Obs: \xff\x80',
      'Accept: */*',
    ],
  ],
  [
    ...['Host: a.example', 'host:b.example', 'Host: a b', 'Host:', 'Host: a.example, b.example'],
    ...['Content-Length: +3', 'Content-Length: 3, 3', 'Content-Length: 0x3', 'Content-Length: '],
    ...[
      'Content-Length: 9007199254740993',
      'Content-Length : 3',
      'Content-Length: 00000000000000003',
    ],
    ...['Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked, chunked'],
    ...['Transfer-Encoding: chunked, identity', 'Transfer-Encoding: xchunked'],
    ...['Transfer-Encoding: identity', 'Transfer-Encoding:', 'Transfer-Encoding : chunked'],
    ...['Transfer-Encoding: chunked\t', 'Transfer-Encoding:\tchunked', 'Content-Length: 3\t'],
    ...[
      'X-Nul: a\0b',
      'X-Del: a\x7fb',
      'X-Cr: a\rb',
      'X-Lf: a\nContent-Length: 3',
      ' folded: line',
    ],
    ...['\tContent-Length: 3', ': no name', 'No colon', 'N(me: x', 'N\xe9me: x'],
  ],
);

const body = mostly(
  [
    ...['', '', 'abc', '3\r\nabc\r\n0\r\n\r\n', '03\r\nabc\r\n000\r\nX-Trailer: t\r\n\r\n'],
    ...['3;a=b\r\nabc\r\n0;c="d"\r\n\r\n', 'A\r\n0123456789\r\nb\r\n0123456789-\r\n0\r\n\r\n'],
  ],
  [
    ...['abcdef', '3;\r\nabc\r\n0\r\n\r\n', '3 \r\nabc\r\n0\r\n\r\n', '3 ;a\r\nabc\r\n0\r\n\r\n'],
    ...['0x3\r\nabc\r\n0\r\n\r\n', '+3\r\nabc\r\n0\r\n\r\n', '3\nabc\n0\n\n', '3\r\nabc0\r\n\r\n'],
    ...['3;a\nb\r\nabc\r\n0\r\n\r\n', '3\r\nabcd\r\n0\r\n\r\n', '\r\n', '20000000000000\r\nabc'],
    ...['3\r\nabc\r\n0\r\nContent-Length: 9\r\n folded\r\n\r\n', 'FFFFFFFFFFFFFFFFF\r\nabc'],
    ...['3\r\nabc\r\n0\r\nBad name: x\r\n\r\n', '00000000000000003\r\nabc\r\n0\r\n\r\n'],
    ...['GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
  ],
);

/** What is put in at random places. */
const nastyText = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ',', ';', 'a', '3', '\x7f', '\x80', '\xff', '\x0b'],
);

type Change = { at: number; kind: 'insert' | 'replace' | 'remove'; text: string };

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 400 }),
  kind: fc.constantFrom('insert', 'replace', 'remove'),
  text: nastyText,
});

function apply(text: string, { at, kind, text: put }: Change): string {
  const place = at % (text.length + 1);
  const before = text.slice(0, place) + (kind === 'remove' ? '' : put);
  return before + text.slice(kind === 'insert' ? place : place + 1);
}

function streamOf(startLine: fc.Arbitrary<string>, usualLine: string): fc.Arbitrary<Buffer> {
  const message = fc
    .record({
      before: mostly([''], ['\r\n', '\n', '\r\n\r\n', '\r', ' ']),
      startLine,
      startEnding: lineEnding,
      usualLine: mostly([usualLine], ['']),
      fields: fc.array(fc.tuple(field, lineEnding), { maxLength: 4 }),
      headEnding: lineEnding,
      body,
    })
    .map((parts) => Object.values(parts).flat(2).join(''));
  return fc
    .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.array(change, { maxLength: 1 }))
    .map(([messages, changes]) => Buffer.from(changes.reduce(apply, messages.join('')), 'latin1'));
}

/** What a client might send on one connection. */
export const nastyRequests: fc.Arbitrary<Buffer> = streamOf(requestLine, 'Host: a.example\r\n');

/** What an upstream might send on one connection. */
export const nastyResponses: fc.Arbitrary<Buffer> = streamOf(statusLine, 'Server: s\r\n');
