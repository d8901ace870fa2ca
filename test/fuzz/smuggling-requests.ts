/**
 * What is known to have smuggled requests past proxies, each once as it is published in its kind, and streams made of
 * these: joined, cut into pieces, and with a few bytes changed.
 */
import fc from 'fast-check';
import { nastyRequests } from '../../src/http1/testing/nasty-messages.ts';
import { tunnelPath } from './witnesses.ts';

/** The path that no upstream may ever be asked for when it came in a body. */
export const canaryPath = '/canary';

const canary = `GET ${canaryPath} HTTP/1.1\r\nHost: smuggled.example\r\n\r\n`;

const post = 'POST /p HTTP/1.1\r\nHost: a.example\r\n';
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

/** A chunked body that has `text` for its data. */
function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
}

function withLength(text: string): string {
  return `Content-Length: ${text.length}\r\n\r\n${text}`;
}

/** Heads that say twice where the body ends, or say it in a way of which readers know several. */
const ambiguous = [
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    'Transfer-Encoding:\tchunked',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: CHUNKED',
    'Transfer-Encoding: chunked\0',
    'Transfer-Encoding:\r\n chunked',
    'X: y\r\n Transfer-Encoding: chunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'X: y\r\n\tTransfer-Encoding: chunked',
    ' Transfer-Encoding: chunked',
    '\0Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer_Encoding: chunked',
    'Content-Encoding: chunked',
    'TE: chunked',
    'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked',
    'Connection: Content-Length',
  ].flatMap((line) => [
    // A reader of lengths sees a body, a reader of chunks an end and the canary.
    `${post}${line}\r\nContent-Length: ${5 + canary.length}\r\n\r\n0\r\n\r\n${canary}`,
    // And the other way round.
    `${post}Content-Length: 4\r\n${line}\r\n\r\n${chunk(canary)}`,
    `${post}${line}\r\n\r\n${chunk(canary)}`,
  ]),
  ...[
    ['Content-Length: 0', `Content-Length: ${canary.length}`],
    [`Content-Length: ${canary.length}`, 'Content-Length: 0'],
    [`Content-Length: ${canary.length}`, `Content-Length: ${canary.length}`],
    [`Content-Length: ${canary.length}, 0`],
    [`Content-Length: 0, ${canary.length}`],
    [`Content-Length: +${canary.length}`],
    [`Content-Length: -${canary.length}`],
    [`Content-Length: 0x${canary.length.toString(16)}`],
    [`Content-Length: 0${canary.length}`],
    [`Content-Length: ${canary.length}.0`],
    [`Content-Length: ${canary.length} 0`],
    [`Content-Length : ${canary.length}`],
    [`Content-Length:\t${canary.length}`],
    ['Content-Length: '],
    [`Content-Length:\r\n ${canary.length}`],
    [`Content-Length: 0\r\n ${canary.length}`],
    [`Content-Length\0: ${canary.length}`],
    [`X: y\nContent-Length: ${canary.length}`],
    [`X: y\rContent-Length: ${canary.length}`],
    ['Content-Length: 18446744073709551616'],
    ['Content-Length: 4294967296'],
  ].map((lines) => `${post}${lines.join('\r\n')}\r\n\r\n${canary}`),
];

/** Chunks whose sizes, extensions and ends are odd. */
const oddChunks = [
  ...['', '0', '+', '0x', ' ', '\t', '-', '00000000000000000000'].map(
    (before) => `${before}${chunk(canary)}`,
  ),
  ...[' ', '\t', ';', ';x', ';x=y', ';x="y"', ';x="\r\n0\r\n\r\n"', ';\n', ';x\nx', '_', 'g', '\0']
    .map((behind) => `${canary.length.toString(16)}${behind}\r\n${canary}\r\n0\r\n\r\n`)
    .concat([`3;${'e'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`]),
  `${canary.length.toString(16).toUpperCase()}\n${canary}\n0\n\n`,
  `${canary.length.toString(16)}\r${canary}\r0\r\r`,
  `FFFFFFFFFFFFFFFFF\r\n${canary}`,
  `10000000000000003\r\nabc\r\n0\r\n\r\n${canary}`,
  `3\r\nabcX\r\n0\r\n\r\n${canary}`,
  `3\r\nabc\r\n0\r\nContent-Length: ${canary.length}\r\n\r\n${canary}`,
  `3\r\nabc\r\n0\r\nHost: other\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n${canary}`,
  `3\r\nabc\r\n0\n\r\n${canary}`,
  `3\r\nabc\r\n0\r\n\n${canary}`,
  `3\r\nabc\r\n0\r\nX: y\n\r\n\r\n${canary}`,
].map((body) => `${post}Transfer-Encoding: chunked\r\n\r\n${body}`);

/** Nothing is wrong with these but what their bodies hold: a stream goes on behind them. */
const valid = [
  `GET /a?b=c HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `${post}${withLength(canary)}`,
  `${post}Transfer-Encoding: chunked\r\n\r\n${chunk(canary)}`,
  `PUT /p HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\n${withLength(canary)}`,
  `GET /g HTTP/1.1\r\nHost: a.example\r\n${withLength(canary)}`,
  `HEAD /h HTTP/1.1\r\nHost: a.example\r\n${withLength(canary)}`,
  `POST /old HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n${withLength(canary)}`,
  `${post}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1;a\r\nG\r\n2f;b=c\r\n${canary.slice(1)}\r\n000\r\nX: ${canaryPath}\r\n\r\n`,
];

const others = [
  `POST /old HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(canary)}`,
  // Targets in which another host, another line or another request hides.
  `GET http://b.example${canaryPath}2 HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET http://b.example@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET /x HTTP/1.1\r\nX: ${canaryPath} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET /x\rHTTP/1.1\nHost: a.example\r\n\r\n`,
  `GET /x\tHTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET /a%0d%0aX:%20y HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET /../..${canaryPath} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  // Names of the client that the gateway writes itself.
  `GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 9.9.9.9\r\nX_Forwarded_For: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-Forwarded-For, Host\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a.example\r\n Host: b.example\r\n\r\n`,
  // Huge ones.
  `GET / HTTP/1.1\r\nHost: a.example\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a.example\r\n${'X: y\r\n'.repeat(300)}\r\n`,
  `${post}${withLength(canary.repeat(2000))}`,
  // Upgrades, with bytes behind them that come before any answer.
  `GET /no HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n${canary}`,
  `GET /no HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n${canary}`,
  `GET ${tunnelPath} HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n${canary}`,
  `GET ${tunnelPath} HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n${key}\r\n${canary}`,
  `GET ${tunnelPath} HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\n\r\n${canary}`,
  `POST ${tunnelPath} HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}${withLength(canary)}`,
  `CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n${canary}`,
  `TRACE / HTTP/1.1\r\nHost: a.example\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

/** Every input as it is. */
export const knownInputs: readonly string[] = [...valid, ...ambiguous, ...oddChunks, ...others];

const known = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...valid) },
  { weight: 2, arbitrary: fc.constantFrom(...ambiguous) },
  { weight: 1, arbitrary: fc.constantFrom(...oddChunks) },
  { weight: 2, arbitrary: fc.constantFrom(...others) },
);

const nastyText = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ',', ';', '0', 'a', '+', '\x0b', '\x7f', '\xff'],
);

const change = fc.record({
  // Mostly within the heads.
  at: fc.nat({ max: 300 }),
  removes: fc.boolean(),
  text: nastyText,
});

const changed: fc.Arbitrary<Buffer> = fc
  .tuple(fc.array(known, { minLength: 1, maxLength: 5 }), fc.array(change, { maxLength: 1 }))
  .map(([inputs, changes]) => {
    let text = inputs.join('');
    for (const { at, removes, text: put } of changes) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + put + text.slice(removes ? place + 1 : place);
    }
    return Buffer.from(text, 'latin1');
  });

/** Offsets at which a stream is cut into what is sent at once. */
const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 3 });

/** What a client sends on one connection, and where it pauses. */
export const requestStreams = fc.record({
  bytes: fc.oneof({ weight: 2, arbitrary: changed }, { weight: 1, arbitrary: nastyRequests }),
  cuts,
});
