/** What an upstream, or somebody who can write into its answers, might send to make a client see an answer that is none. */
import fc from 'fast-check';
import { nastyResponses } from '../../src/http1/testing/nasty-messages.ts';

/** The body of answers that no client may ever get. */
export const forgedBody = 'forged answer';

const forged = `HTTP/1.1 200 OK\r\nContent-Length: ${forgedBody.length}\r\n\r\n${forgedBody}`;

const ok = 'HTTP/1.1 200 OK\r\n';

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
}

/** Answers as they should be. */
const sound = [
  `${ok}Content-Length: 3\r\n\r\nabc`,
  `${ok}Content-Length: ${forged.length}\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n${chunk('abc')}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n${chunk(forged)}`,
  `${ok}\r\nuntil the end`,
  'HTTP/1.0 200 OK\r\n\r\nuntil the end, too',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n',
  `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 3\r\n\r\nabc`,
  `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}Content-Length: 3\r\n\r\nabc`,
];

const unsound = [
  // An answer behind the answer, or behind what has no body.
  `${ok}Content-Length: 3\r\n\r\nabc${forged}`,
  `${ok}Content-Length: 0\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n${chunk('abc')}${forged}`,
  `HTTP/1.1 204 No Content\r\n\r\n${forged}`,
  `HTTP/1.1 204 No Content\r\nContent-Length: ${forged.length}\r\n\r\n${forged}`,
  `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(forged)}`,
  `HTTP/1.1 304 Not Modified\r\n\r\n${forged}`,
  `HTTP/1.1 304 Not Modified\r\nContent-Length: ${forged.length}\r\n\r\n${forged}`,
  `HTTP/1.1 100 Continue\r\nContent-Length: ${forged.length}\r\n\r\n${forged}`,
  `HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(forged)}`,
  // A change of protocol that nobody asked for.
  `HTTP/1.1 101 Switching Protocols\r\n\r\n${forged}`,
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n${forged}`,
  // Lies about lengths.
  `${ok}Content-Length: 9\r\n\r\nabc`,
  `${ok}Content-Length: 2\r\n\r\nabc`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
  `${ok}Transfer-Encoding: chunked\r\n\r\nff\r\nabc\r\n0\r\n\r\n`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n${forged}`,
  `${ok}Transfer-Encoding: chunked\r\n\r\n3;x="\r\n0\r\n\r\n${forged}"\r\nabc\r\n0\r\n\r\n`,
  ...[
    'Content-Length: 0\r\nTransfer-Encoding: chunked',
    'Content-Length: 3\r\nContent-Length: 0',
    'Content-Length: 3, 3',
    'Content-Length: +3',
    'Content-Length : 3',
    'Content-Length:\r\n 3',
    'Content-Length: 0x3',
    'Content-Length: 4294967299',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding:\tchunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'X: y\0\r\nContent-Length: 3',
    'X: y\r\n folded\r\nContent-Length: 3',
    ' Content-Length: 3',
    'no colon',
  ].flatMap((lines) => [
    `${ok}${lines}\r\n\r\nabc${forged}`,
    `${ok}${lines}\r\n\r\n${chunk(forged)}`,
  ]),
  // Fields into which somebody has written line ends, as far as readers may take them for such.
  `${ok}Location: /x\rSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n`,
  `${ok}Location: /x\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n`,
  `${ok}Location: /x\r\rContent-Length: 0\r\r${forged}\r\n\r\n`,
  `${ok}Location: /x\n\n${forged}\r\n\r\n`,
  `${ok}Location: /x\u0085\u010aX: y\r\nContent-Length: 0\r\n\r\n`,
  `HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n${forged}`,
  `HTTP/1.1 200 OK\nContent-Length: 0\n\n${forged}`,
  // No HTTP at all.
  forgedBody,
  '',
  '\r\n\r\n',
  'HTTP/1.1 200 OK\r\n',
  `HTTP/0.9 200 OK\r\n\r\n${forged}`,
  'HTTP/2 200\r\n\r\n',
  `${ok}X: ${'x'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`,
  `${ok}${'X: y\r\n'.repeat(300)}Content-Length: 0\r\n\r\n`,
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\x15\x03\x03\x00\x02\x02\x28',
];

const change = fc.record({
  at: fc.nat({ max: 150 }),
  removes: fc.boolean(),
  text: fc.constantFrom('\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', '0', 'a', '\x0b', '\xff'),
});

const changed: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(fc.constantFrom(...sound), fc.constantFrom(...unsound)),
    fc.array(change, { maxLength: 1 }),
  )
  .map(([input, changes]) => {
    let text = input;
    for (const { at, removes, text: put } of changes) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + put + text.slice(removes ? place + 1 : place);
    }
    return Buffer.from(text, 'latin1');
  });

/** Every input as it is. */
export const knownAnswers: readonly Buffer[] = [...sound, ...unsound].map((text) =>
  Buffer.from(text, 'latin1'),
);

/** An answer, cut into pieces, and who gets it. */
export const answerCases = fc.record({
  bytes: fc.oneof({ weight: 1, arbitrary: changed }, { weight: 1, arbitrary: nastyResponses }),
  cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 3 }),
  /** Whether the upstream ends the connection behind its answer. */
  ends: fc.boolean(),
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
  minor: fc.constantFrom(1, 1, 0),
});
