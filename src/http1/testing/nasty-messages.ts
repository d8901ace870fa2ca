/**
 * Streams of messages as an attacker or a bad implementation would send them: mostly well formed, with everything in
 * it that readers are known to disagree on, and a few bytes changed.
 */
import fc from 'fast-check';

const method = fc.constantFrom(
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'get',
  'G@T',
  '',
);
const target = fc.constantFrom(
  '/',
  '/',
  '/a?b=c',
  '/a#b',
  '/a|b^c',
  '/a b',
  '/\xe9',
  '*',
  'a.example',
  'http://b.example/x',
  'http://b.example',
  'http://u@b.example/',
  'ftp://b.example/',
  '//c.example/',
);
const version = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.2',
  'HTTP/1.01',
  'http/1.1',
  'HTTP/1.1 ',
);
const statusLine = fc.constantFrom(
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 ',
  'HTTP/1.1 200',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 100 Continue',
  'HTTP/1.1 101 UPGRADED',
  'HTTP/1.1 999 \xe9',
  'HTTP/1.1 099 Low',
  'HTTP/1.1 20 Short',
  'HTTP/1.1 2000 Long',
  'HTTP/1.1  200 OK',
  'HTTP/2.0 200 OK',
);
const ending = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r');

const field = fc.constantFrom(
  'Host: a.example',
  'Host: a.example:80',
  'host:b.example',
  'Host: a b',
  'Host:',
  'Host: a.example, b.example',
  'Content-Length: 3',
  'Content-Length: 3',
  'content-length: 0',
  'Content-Length: 03',
  'Content-Length: +3',
  'Content-Length: 3, 3',
  'Content-Length: 0x3',
  'Content-Length: 3 ',
  'Content-Length: ',
  'Content-Length: 9007199254740993',
  'Content-Length : 3',
  'Content_Length: 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'transfer-encoding: CHUNKED',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding:',
  'Transfer-Encoding : chunked',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Keep-Alive, Upgrade',
  'Connection: upgrade',
  'Connection: close, keep-alive',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'X-Long: a value with\tspaces  ',
  'X-Empty:',
  'X-Obs: \xff\x80',
  'X-Nul: a\0b',
  'X-Del: a\x7fb',
  'X-Cr: a\rb',
  ' folded: line',
  '\tContent-Length: 3',
  ': no name',
  'No colon',
  'N(me: x',
  'N\xe9me: x',
);

const body = fc.constantFrom(
  '',
  'abc',
  'abcdef',
  '3\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\r\n0\r\n\r\n',
  '03\r\nabc\r\n000\r\nX-Trailer: t\r\n\r\n',
  '3;a=b\r\nabc\r\n0;c="d"\r\n\r\n',
  '3;\r\nabc\r\n0\r\n\r\n',
  '3 \r\nabc\r\n0\r\n\r\n',
  '3 ;a\r\nabc\r\n0\r\n\r\n',
  '0x3\r\nabc\r\n0\r\n\r\n',
  '+3\r\nabc\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '3;a\nb\r\nabc\r\n0\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  '3\r\nabc0\r\n\r\n',
  '3\r\nabc\r\n0\r\nContent-Length: 9\r\n folded\r\n\r\n',
  '3\r\nabc\r\n0\r\nBad name: x\r\n\r\n',
  'A\r\n0123456789\r\nb\r\n0123456789-\r\n0\r\n\r\n',
  '20000000000000\r\nabc',
  'FFFFFFFFFFFFFFFFF\r\nabc',
  '\r\n',
  'GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n',
);

/** Bytes put in at random places. */
const nastyByte = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ',', ';', 'a', '3', '\x7f', '\x80', '\xff', '\x0b'],
);

type Change = { at: number; kind: 'insert' | 'replace' | 'remove'; text: string };

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 400 }),
  kind: fc.constantFrom('insert', 'replace', 'remove'),
  text: nastyByte,
});

function apply(text: string, { at, kind, text: put }: Change): string {
  const place = at % (text.length + 1);
  return (
    text.slice(0, place) +
    (kind === 'remove' ? '' : put) +
    text.slice(kind === 'insert' ? place : place + 1)
  );
}

function streamOf(startLine: fc.Arbitrary<string>, first: string): fc.Arbitrary<Buffer> {
  const message = fc
    .record({
      prefix: fc.constantFrom('', '', '', '', '\r\n', '\n', '\r\n\r\n'),
      startLine,
      fields: fc.array(fc.tuple(field, ending), { maxLength: 5 }),
      withFirst: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
      lineEnding: ending,
      headEnding: ending,
      body,
    })
    .map((parts) =>
      [
        parts.prefix,
        parts.startLine,
        parts.lineEnding,
        parts.withFirst ? first : '',
        ...parts.fields.flat(),
        parts.headEnding,
        parts.body,
      ].join(''),
    );
  return fc
    .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.array(change, { maxLength: 2 }))
    .map(([messages, changes]) => Buffer.from(changes.reduce(apply, messages.join('')), 'latin1'));
}

/** What a client might send on one connection. */
export const nastyRequests: fc.Arbitrary<Buffer> = streamOf(
  fc.tuple(method, target, version).map((parts) => parts.join(' ')),
  'Host: a.example\r\n',
);

/** What an upstream might send on one connection. */
export const nastyResponses: fc.Arbitrary<Buffer> = streamOf(statusLine, 'Server: s\r\n');
