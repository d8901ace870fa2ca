/**
 * Whatever an upstream answers: the client gets that answer whole, or an error, or sees that it is cut; never another one, and
 * nobody else gets any of it.
 *
 * Each client asks twice on one connection. The first answer is what is made up here, the second one names its client, so
 * that anything out of place shows.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { GatewayKit, limits, tcpServer } from '../../src/gateway/testing/gateway-kit.ts';
import { readNodeMessages } from '../../src/http1/testing/node-messages.ts';
import { cut, readMessages } from '../../src/http1/testing/read-messages.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { atEnd, type Scope } from '../kit/scope.ts';
import { type Reply, sendBytes } from './byte-client.ts';
import { type Dialect, dialects, readResponse, valuesOf } from './lenient-reader.ts';
import { sample } from './seed.ts';
import { answerCases, forgedBody, knownAnswers } from './splitting-responses.ts';

leaveNothingBehind();

/** Answers made at random; the known ones as they are come before them. */
const randomAnswers = 1500;

/** Clients at once, so that waiting for the gateway's limits costs little time in all. */
const batch = 120;

/** How long the gateway waits for the rest of an answer, or for another request. */
const waitMs = 200;

/** No status that anything else here has. */
const secondStatus = 242;

type Case = {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
  readonly ends: boolean;
  readonly method: string;
  readonly minor: number;
};

/** An answer as a client understood it; `body` is undefined when the client can tell that it is not whole. */
type Got = { readonly status: number; readonly body: string | undefined };

test('no bytes of an upstream become an answer that it did not give', async (t) => {
  const { values, seed } = sample(t, answerCases, randomAnswers);
  const cases: Case[] = [
    ...knownAnswers.flatMap((bytes) =>
      [false, true].map((ends) => ({ bytes, cuts: [], ends, method: 'GET', minor: 1 })),
    ),
    ...values,
  ];
  const kit = await GatewayKit.start(t, {
    server: tcpServer(await startUpstream(t, cases)),
    limits: { headMs: waitMs, bodyMs: waitMs, keepAliveMs: waitMs },
    timeouts: { readMs: waitMs },
  });
  const tally = { whole: 0, refused: 0, cut: 0, second: 0 };
  for (let start = 0; start < cases.length; start += batch) {
    const replies = await Promise.all(
      cases.slice(start, start + batch).map(({ method, minor }, i) =>
        sendBytes({
          port: kit.port,
          pieces: [Buffer.from(requests(start + i, method, minor), 'latin1')],
        }),
      ),
    );
    for (const [i, reply] of replies.entries()) {
      const index = start + i;
      const tried = cases[index] as Case;
      try {
        tally[check(tried, index, reply)]++;
        if (reply.text.includes(` ${secondStatus} `)) tally.second++;
      } catch (failure) {
        const { method, minor, ends } = tried;
        const bytes = JSON.stringify(tried.bytes.toString('latin1'));
        throw new Error(
          `${seed}, ${method} 1.${minor}, ${ends ? 'ended' : 'left open'}, ${bytes} came as ${JSON.stringify(reply)}`,
          { cause: failure },
        );
      }
    }
  }
  t.diagnostic(`${cases.length} answers, ${JSON.stringify(tally)}`);
  // Without these the test would show nothing.
  assert.ok(tally.whole > cases.length / 5);
  assert.ok(tally.refused > cases.length / 5);
  assert.ok(tally.cut > cases.length / 50);
  assert.ok(tally.second > cases.length / 5);
});

/** Two requests, the second of which is the last. */
function requests(index: number, method: string, minor: number): string {
  const path = `/${index}`;
  return [
    `${method} ${path}/first HTTP/1.${minor}`,
    'Host: a.example',
    'Connection: keep-alive',
    ...(method === 'POST' ? ['Content-Length: 0'] : []),
    '',
    `${method} ${path}/second HTTP/1.${minor}`,
    'Host: a.example',
    'Connection: close',
    ...(method === 'POST' ? ['Content-Length: 0'] : []),
    '',
    '',
  ].join('\r\n');
}

function secondBody(index: number): string {
  return `the second answer of ${index}`;
}

/** Answers the first request of each case with its bytes, and the second one soundly. */
async function startUpstream(scope: Scope, cases: readonly Case[]): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // The gateway closes on what it does not like.
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const [, method, index, which] = /^(\w+) \/(\d+)\/(\w+) /.exec(text) ?? [];
      text = text.slice(end + 4);
      const { bytes, cuts, ends } = cases[Number(index)] as Case;
      if (which === 'first') {
        sendPieces(socket, piecesOf(bytes, cuts), ends);
      } else {
        const body = secondBody(Number(index));
        const head = `HTTP/1.1 ${secondStatus} Second\r\nContent-Length: ${body.length}\r\n\r\n`;
        socket.write(head + (method === 'HEAD' ? '' : body));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Pieces of an answer. Only its first head is cut: what came later than the end of an answer could only be told from the
 * beginning of the next one by its sender.
 */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const headEnd = bytes.indexOf('\r\n\r\n') + 3;
  return bytes.length === 0
    ? []
    : cut(bytes, headEnd === 2 ? cuts : cuts.map((at) => at % headEnd));
}

function sendPieces(socket: Socket, pieces: readonly Buffer[], ends: boolean): void {
  const [first = Buffer.alloc(0), ...more] = pieces;
  if (socket.destroyed) return;
  if (ends && more.length === 0) socket.end(first);
  else socket.write(first);
  if (more.length > 0) setImmediate(sendPieces, socket, more, ends);
}

/** Says what became of the first answer. */
function check(tried: Case, index: number, reply: Reply): 'whole' | 'refused' | 'cut' {
  const { method } = tried;
  const got = readLeniently(reply, dialects.eager, method);
  // However a client reads, it reads the same.
  assert.deepEqual(readLeniently(reply, dialects.lazy, method), got);
  const strict = readStrictly(reply, method);
  // llhttp alone does not know that a HEAD was asked, and expects nothing behind an answer without a length.
  assert.deepEqual(strict, method === 'HEAD' ? got.slice(0, strict.length) : got);

  const [first, second, ...more] = got;
  assert.deepEqual(more, []);
  if (second !== undefined) {
    assert.notEqual(first?.body, undefined, 'something follows what is not whole');
    const body = method === 'HEAD' ? '' : secondBody(index);
    const isOwn = second.status === secondStatus && second.body === body;
    assert.ok(isOwn || isGatewayError(second, method), `the second is ${JSON.stringify(second)}`);
  }
  // A cut that leaves nothing is one, too.
  if (first === undefined || first.body === undefined) return 'cut';
  if (isGatewayError(first, method)) return 'refused';
  const given = givenAnswer(tried);
  assert.deepEqual(first, given);
  assert.equal(first.body.includes(forgedBody), given.body?.includes(forgedBody));
  return 'whole';
}

/** The answer that the upstream gave, if what it sent is one. */
function givenAnswer({ bytes, method, ends }: Case): Got {
  // Interim answers end with their heads, whatever these say; the reader of messages would stop behind an odd one.
  const final = bytes.toString('latin1').replace(/^(?:HTTP\/1\.\d 1(?!01)[\s\S]*?\r\n\r\n)+/, '');
  const { messages } = readMessages('upstream', [Buffer.from(final, 'latin1')], { limits, method });
  const [message] = messages;
  assert.ok(message !== undefined, 'there is no answer in it');
  assert.ok(ends || message.framing !== 'until-close', 'it has no end');
  return { status: statusOf(message.startLine), body: message.body };
}

function isGatewayError({ status, body }: Got, method: string): boolean {
  return (status === 502 || status === 504) && (method === 'HEAD' || /HW_/.test(body ?? ''));
}

function readLeniently({ text, ended }: Reply, dialect: Dialect, method: string): Got[] {
  const got: Got[] = [];
  for (let rest = text; rest !== ''; ) {
    const answer = readResponse(rest, dialect, method, ended);
    if (answer === undefined) {
      got.push({ status: statusIn(rest), body: undefined });
      break;
    }
    rest = rest.slice(answer.end);
    if (answer.status < 200 || answer.status === 204) {
      assert.deepEqual(valuesOf(answer, 'content-length'), [], 'a length of what has no body');
    }
    if (answer.status >= 200) got.push({ status: answer.status, body: answer.body });
  }
  return got;
}

function readStrictly({ text, ended }: Reply, method: string): Got[] {
  const { messages, error } = readNodeMessages('upstream', Buffer.from(text, 'latin1'), method);
  // A reset in the middle is no end, though the parser cannot know.
  const cutShort = ended ? undefined : messages.at(-1);
  const isIncomplete = error === '' || error.startsWith('HPE_INVALID_EOF_STATE');
  assert.ok(isIncomplete, `llhttp does not understand it: ${error}`);
  return messages
    .filter(({ startLine }) => !startLine.startsWith('1'))
    .map((message) => ({
      status: statusOf(message.startLine),
      body: message === cutShort && lastsUntilClose(message.fields) ? undefined : message.body,
    }));
}

function lastsUntilClose(fields: readonly string[]): boolean {
  const names = fields.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  return !names.includes('content-length') && !names.includes('transfer-encoding');
}

function statusOf(startLine: string): number {
  return Number(startLine.split(' ')[0]);
}

function statusIn(text: string): number {
  return Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1]);
}
