/**
 * Whatever a client sends: the gateway, what it logs, a strict upstream and careless ones never understand it in two ways.
 *
 * Each stream goes over one connection, from an address of its own, through a gateway to each witness. What a witness has
 * understood belongs to the stream whose address the gateway wrote into it; a smuggled request would have none, or another.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TestCertificates } from '../../src/gateway/testing/certificates.ts';
import { GatewayKit, limits, tcpServer } from '../../src/gateway/testing/gateway-kit.ts';
import { cut, type Message, readMessages } from '../../src/http1/testing/read-messages.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { tempFolder } from '../kit/temp.ts';
import { addressOf, type LogLine, readLog } from './access-lines.ts';
import { type Reply, sendBytes } from './byte-client.ts';
import { dialects, readResponse } from './lenient-reader.ts';
import { sample } from './seed.ts';
import { canaryPath, knownInputs, requestStreams } from './smuggling-requests.ts';
import {
  type Seen,
  seenStatus,
  startLenientWitness,
  startStrictWitness,
  tunnelPath,
  type Witness,
} from './witnesses.ts';

leaveNothingBehind();

const certificates = new TestCertificates();
after(() => certificates.remove());

/** Streams made at random; the known inputs as they are come before them. */
const randomStreams = 1200;

/** Over TLS, which costs more. */
const randomTlsStreams = 400;

/** Connections at once, so that waiting for the gateway's limits costs little time in all. */
const batch = 120;

/** How long the gateway waits for the rest of a head or a body, or for another request. */
const waitMs = 100;

type Stream = {
  readonly bytes: Buffer;
  readonly pieces: readonly Buffer[];
  /** Where TCP cuts TLS; undefined for none. */
  readonly tlsCuts?: readonly number[];
};

/** What is known of a stream after it went through a gateway to a witness. */
type Outcome = {
  readonly stream: Stream;
  readonly client: string;
  readonly reply: Reply;
  readonly lines: readonly LogLine[];
  readonly seen: readonly Seen[];
};

test('no bytes of a client mean two things', async (t) => {
  const { values, seed } = sample(t, requestStreams, randomStreams);
  const streams: Stream[] = [
    ...knownInputs.map(whole),
    ...values.map(({ bytes, cuts }) => ({ bytes, pieces: cut(bytes, cuts) })),
  ];
  await haveOneMeaning(t, seed, streams, [
    await startStrictWitness(t),
    await startLenientWitness(t, 'eager', dialects.eager),
    await startLenientWitness(t, 'lazy', dialects.lazy),
  ]);
});

test('nor do they over TLS, wherever records and segments are cut', async (t) => {
  const withTls = fc.tuple(requestStreams, fc.array(fc.nat({ max: 80 }), { maxLength: 3 }));
  const { values, seed } = sample(t, withTls, randomTlsStreams);
  const streams: Stream[] = [
    ...knownInputs.map((text) => ({ ...whole(text), tlsCuts: [5] })),
    ...values.map(([{ bytes, cuts }, tlsCuts]) => ({ bytes, pieces: cut(bytes, cuts), tlsCuts })),
  ];
  await haveOneMeaning(t, seed, streams, [await startLenientWitness(t, 'eager', dialects.eager)]);
});

function whole(text: string): Stream {
  const bytes = Buffer.from(text, 'latin1');
  return { bytes, pieces: [bytes] };
}

async function haveOneMeaning(
  t: TestContext,
  seed: string,
  streams: readonly Stream[],
  witnesses: readonly Witness[],
): Promise<void> {
  for (const witness of witnesses) {
    const outcomes = await sendThroughGateway(t, streams, witness);
    const tally = { seen: 0, bodies: 0, refused: 0, tunnels: 0, pipelined: 0 };
    for (const outcome of outcomes) {
      try {
        check(outcome, witness);
      } catch (failure) {
        throw new Error(
          `${seed}, ${witness.name}, ${JSON.stringify(outcome.stream.bytes.toString('latin1'))}`,
          { cause: failure },
        );
      }
      tally.seen += outcome.seen.length;
      tally.bodies += outcome.seen.filter(({ body }) => body !== '').length;
      if (outcome.seen.length > 1) tally.pipelined++;
      if (outcome.lines.some(({ status }) => status === 400)) tally.refused++;
      if (witness.tunnels.has(outcome.client)) tally.tunnels++;
    }
    t.diagnostic(`${witness.name}: ${streams.length} streams, ${JSON.stringify(tally)}`);
    const clients = new Set(outcomes.map(({ client }) => client));
    const strangers = witness.seen.filter(({ client }) => !clients.has(client));
    assert.deepEqual(strangers, [], `${seed}: requests that no client has sent`);
    // Its parser knows a list of methods; which ones there are is not for a gateway to say.
    const complaints = witness.complaints.filter((code) => code !== 'HPE_INVALID_METHOD');
    assert.deepEqual(complaints, [], `${seed}: what the gateway sent made no sense`);
    // Without these the test would show nothing.
    assert.ok(tally.seen > streams.length / 2);
    assert.ok(tally.bodies > streams.length / 5);
    assert.ok(tally.pipelined > streams.length / 10);
    assert.ok(tally.refused > streams.length / 5);
    assert.ok(witness.name === 'strict' || tally.tunnels > 0);
  }
}

async function sendThroughGateway(
  t: TestContext,
  streams: readonly Stream[],
  witness: Witness,
): Promise<Outcome[]> {
  const path = join(tempFolder(t, 'fuzz'), 'access.log');
  const kit = await GatewayKit.start(t, {
    server: tcpServer(witness.port),
    limits: { headMs: waitMs, bodyMs: waitMs, keepAliveMs: waitMs },
    tls: streams.some(({ tlsCuts }) => tlsCuts !== undefined),
    site: { accessLog: { kind: 'file', path }, certificate: certificates.make('a.example') },
  });
  const replies: Reply[] = [];
  for (let start = 0; start < streams.length; start += batch) {
    const together = streams.slice(start, start + batch);
    replies.push(
      ...(await Promise.all(
        together.map(({ pieces, tlsCuts }, i) =>
          sendBytes({
            ...{ port: kit.port, from: addressOf(start + i) },
            ...{ pieces, tlsCuts, endsTunnels: true },
          }),
        ),
      )),
    );
  }
  await kit.gateway.close({ drainMs: 0 });
  const lines = readLog(path);
  const seen = Map.groupBy(witness.seen, ({ client }) => client);
  return streams.map((stream, i) => {
    const client = addressOf(i);
    return {
      stream,
      client,
      reply: replies[i] as Reply,
      lines: lines.get(client) ?? [],
      seen: seen.get(client) ?? [],
    };
  });
}

function check(outcome: Outcome, witness: Witness): void {
  const { stream, lines, seen, client } = outcome;
  const { messages } = readMessages('client', [stream.bytes], { limits });
  const answered = lines.filter(({ status }) => status === seenStatus || status === 101);
  assert.equal(seen.length, answered.length, 'as many requests upstream as in the log');
  let next = 0;
  for (const [i, { request, status }] of lines.entries()) {
    if (request === undefined) {
      assert.equal(i, lines.length - 1, 'nothing is read behind what is no request');
      continue;
    }
    const message = messages[i] as Message;
    assert.equal(`${request.method} ${request.target}`, message.startLine.slice(0, -2));
    // 502 and 504 would say that an upstream waited for more, or did not like what it got.
    assert.ok([seenStatus, 101, 400, 405, 408, 426, 501].includes(status), `status ${status}`);
    if (status !== seenStatus && status !== 101) continue;
    const { method, target, body } = seen[next++] as Seen;
    assert.equal(method, request.method);
    assert.equal(target, originForm(request));
    assert.equal(body, message.body);
    if (status === 101) {
      assert.ok(target.startsWith(tunnelPath));
      assert.equal(i, lines.length - 1, 'a tunnel is the last there is of a connection');
      assert.equal(witness.tunnels.get(client), behind(stream.bytes, i), 'the bytes of a tunnel');
    }
  }
  if (!messages.some(({ startLine }) => startLine.includes(canaryPath))) {
    assert.ok(!seen.some(({ target }) => target.includes(canaryPath)), 'the canary is no request');
  }
  checkReply(outcome, witness);
}

/** A target in absolute form goes on without scheme and host (RFC 9112, 3.2.1 and 3.2.4). */
function originForm({ method, target }: { method: string; target: string }): string {
  const withoutHost = target.replace(/^https?:\/\/[^/?]*/i, '');
  if (withoutHost === '') return method === 'OPTIONS' ? '*' : '/';
  return withoutHost.startsWith('?') ? `/${withoutHost}` : withoutHost;
}

/** The bytes behind the head of message `index`, which has no body. */
function behind(bytes: Buffer, index: number): string {
  let text = bytes.toString('latin1');
  for (let i = 0; i <= index; i++) {
    const used = lengthOfFirst(text);
    text = text.slice(used);
  }
  return text;
}

/** The shortest beginning that holds a complete message. */
function lengthOfFirst(text: string): number {
  for (let length = text.indexOf('\r\n\r\n') + 4; length <= text.length; length++) {
    const bytes = Buffer.from(text.slice(0, length), 'latin1');
    if (readMessages('client', [bytes], { limits }).messages[0]?.body !== undefined) return length;
  }
  throw new Error('there is no complete message');
}

/** The client got what is in the log, one answer a line, and the answers of the witness are those to its own requests. */
function checkReply({ reply, lines, seen }: Outcome, witness: Witness): void {
  let { text } = reply;
  const statuses: number[] = [];
  const bodies: string[] = [];
  while (text !== '') {
    const line = lines[statuses.length];
    const method = line?.request?.method ?? 'GET';
    const answer = readResponse(text, dialects.eager, method, reply.ended);
    assert.ok(answer !== undefined, `an answer is not complete: ${JSON.stringify(text)}`);
    text = text.slice(answer.end);
    if (answer.status === 101) {
      statuses.push(101);
      break;
    }
    if (answer.status < 200) continue;
    statuses.push(answer.status);
    if (answer.status === seenStatus && method !== 'HEAD') bodies.push(answer.body);
  }
  assert.deepEqual(
    statuses,
    lines.map(({ status }) => status),
  );
  const own = seen.filter(({ method, target }) => method !== 'HEAD' && !isTunnel(target, lines));
  assert.deepEqual(
    bodies,
    own.map((request) => `request ${witness.seen.indexOf(request)} of ${witness.name}`),
  );
}

function isTunnel(target: string, lines: readonly LogLine[]): boolean {
  return lines.at(-1)?.status === 101 && lines.at(-1)?.request?.target === target;
}
