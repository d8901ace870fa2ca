/**
 * Whatever a client says in HTTP/2: strict and careless upstreams of HTTP/1.1 understand one request for each stream that is
 * one, the stream's own, and none for the others. Each connection comes from an address of its own, which the gateway writes
 * into what it sends; and every answer says which request of its upstream it is for.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { startHttp2Gateway } from '../../src/gateway/http2/testing/http2-kit.ts';
import { TestCertificates } from '../../src/gateway/testing/certificates.ts';
import { tcpServer } from '../../src/gateway/testing/gateway-kit.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { openSockets, socketsAreBackTo } from '../kit/open-sockets.ts';
import { tempFolder } from '../kit/temp.ts';
import { addressOf, type LogLine, readLog } from './access-lines.ts';
import { type StreamReply, sendPlan } from './http2-client.ts';
import { type Meaning, meaningOf, sendsTooMuch } from './http2-meaning.ts';
import { type ConnectionPlan, connectionPlans, knownPlans } from './http2-requests.ts';
import { dialects } from './lenient-reader.ts';
import { sample } from './seed.ts';
import { canaryPath } from './smuggling-requests.ts';
import { type Seen, startLenientWitness, startStrictWitness, type Witness } from './witnesses.ts';

leaveNothingBehind();

const certificates = new TestCertificates();
after(() => certificates.remove());

/** Connections made at random; the known ones come before them. */
const randomConnections = 200;

/** Connections at once. */
const batch = 50;

/** How long the gateway waits for the rest of a body. */
const waitMs = 150;

type Outcome = {
  readonly plan: ConnectionPlan;
  readonly client: string;
  readonly replies: readonly StreamReply[];
  readonly lines: readonly LogLine[];
  readonly seen: readonly Seen[];
};

test('no stream means two things, and none means what another one says', async (t) => {
  const { values, seed } = sample(t, connectionPlans, randomConnections);
  const plans = [...knownPlans, ...values];
  const witnesses = [
    await startStrictWitness(t),
    await startLenientWitness(t, 'eager', dialects.eager),
    await startLenientWitness(t, 'lazy', dialects.lazy),
  ];
  for (const witness of witnesses) {
    const outcomes = await sendThroughGateway(t, plans, witness);
    const tally = { seen: 0, bodies: 0, must: 0, never: 0, tunnels: 0 };
    for (const outcome of outcomes) {
      try {
        check(outcome, witness);
      } catch (failure) {
        const what = JSON.stringify({
          plan: outcome.plan,
          seen: outcome.seen,
          replies: outcome.replies,
        });
        throw new Error(`${seed}, ${witness.name}, ${outcome.client}: ${what}`, { cause: failure });
      }
      tally.seen += outcome.seen.length;
      tally.bodies += outcome.seen.filter(({ body }) => body !== '').length;
      const meanings = outcome.plan.streams.map(meaningOf);
      tally.must += meanings.filter(({ reaches }) => reaches === 'must').length;
      tally.never += meanings.filter(({ reaches }) => reaches === 'never').length;
      if (witness.tunnels.has(outcome.client)) tally.tunnels++;
    }
    t.diagnostic(`${witness.name}: ${plans.length} connections, ${JSON.stringify(tally)}`);
    const clients = new Set(outcomes.map(({ client }) => client));
    const strangers = witness.seen.filter(({ client }) => !clients.has(client));
    assert.deepEqual(strangers, [], `${seed}: requests that no client has sent`);
    const complaints = witness.complaints.filter((code) => code !== 'HPE_INVALID_METHOD');
    assert.deepEqual(complaints, [], `${seed}: what the gateway sent made no sense`);
    // Without these the test would show nothing.
    assert.ok(tally.seen > plans.length / 2);
    assert.ok(tally.bodies > plans.length / 5);
    assert.ok(tally.must > plans.length / 6);
    assert.ok(tally.never > plans.length / 4);
    assert.ok(witness.name === 'strict' || tally.tunnels > 5);
  }
});

async function sendThroughGateway(
  t: TestContext,
  plans: readonly ConnectionPlan[],
  witness: Witness,
): Promise<Outcome[]> {
  const path = join(tempFolder(t, 'fuzz'), 'access.log');
  const kit = await startHttp2Gateway(t, certificates, {
    server: tcpServer(witness.port),
    limits: { headMs: 5000, bodyMs: waitMs, keepAliveMs: 5000 },
    site: { accessLog: { kind: 'file', path } },
  });
  const before = openSockets(process.pid);
  const replies: (readonly StreamReply[])[] = [];
  for (let start = 0; start < plans.length; start += batch) {
    const together = plans.slice(start, start + batch);
    replies.push(
      ...(await Promise.all(
        together.map((plan, i) => sendPlan(t, plan, kit.port, addressOf(start + i))),
      )),
    );
  }
  await kit.opened({ clients: 0, tunnels: 0 });
  await kit.gateway.close({ drainMs: 0 });
  await socketsAreBackTo(before, process.pid);
  const lines = readLog(path);
  const seen = Map.groupBy(witness.seen, ({ client }) => client);
  return plans.map((plan, i) => {
    const client = addressOf(i);
    return {
      plan,
      client,
      replies: replies[i] as readonly StreamReply[],
      lines: lines.get(client) ?? [],
      seen: seen.get(client) ?? [],
    };
  });
}

function check({ plan, client, replies, lines, seen }: Outcome, witness: Witness): void {
  const meanings = plan.streams.map(meaningOf);
  const isUndisturbed = plan.goaway === undefined && !plan.streams.some(sendsTooMuch);
  const unanswered = new Set(meanings);
  const unexplained = new Set(seen);
  for (const [i, { text, end }] of replies.entries()) {
    const meaning = meanings[i] as Meaning;
    const request = requestAnswered(text, witness);
    if (request !== undefined) {
      assert.equal(request.client, client, "somebody else's answer");
      assert.ok(fits(request, meaning), `stream ${i} got the answer to ${JSON.stringify(request)}`);
      assert.ok(unexplained.delete(request), 'an answer came twice');
      unanswered.delete(meaning);
    } else if (isUndisturbed && meaning.reaches === 'must' && meaning.method !== 'HEAD') {
      assert.fail(`stream ${i} was not served: ${JSON.stringify(text)} ${end}`);
    }
    if (isUndisturbed && plan.streams[i]?.end !== 'reset') {
      assert.ok(end !== undefined, `nothing came of stream ${i}`);
    }
  }
  // Answers to HEAD have no body, and those to streams that were reset may not have come.
  for (const request of unexplained) {
    const meaning = [...unanswered].find((one) => fits(request, one));
    assert.ok(meaning !== undefined, `nobody asked for ${JSON.stringify(request)}`);
    unanswered.delete(meaning);
  }
  for (const { method, reaches } of unanswered) {
    assert.ok(!(isUndisturbed && reaches === 'must' && method === 'HEAD'), 'a HEAD was not served');
  }
  for (const { method, target } of seen) {
    assert.ok(!target.includes(canaryPath), 'the canary is no request');
    assert.ok(
      lines.some(({ request }) => request?.method === method && request.target === target),
      `${method} ${target} is not in the log`,
    );
  }
  const tunnel = witness.tunnels.get(client);
  if (tunnel !== undefined) {
    const sockets = plan.streams.filter((_, i) => meanings[i]?.isWebSocket);
    assert.ok(
      sockets.some(({ data }) => data.join('').startsWith(tunnel)),
      'bytes of nobody in a tunnel',
    );
    const [socket] = sockets;
    if (isUndisturbed && sockets.length === 1 && socket?.end === 'ended') {
      assert.equal(tunnel, socket.data.join(''));
    }
  }
}

function fits({ method, target, body }: Seen, meaning: Meaning): boolean {
  return (
    meaning.reaches !== 'never' &&
    method === meaning.method &&
    target === meaning.target &&
    body === meaning.body
  );
}

/** Which request the body of an answer says that it is for; undefined for answers of the gateway's own, and for none. */
function requestAnswered(text: string, witness: Witness): Seen | undefined {
  const match = /^request (\d+) of (\w+)$/.exec(text);
  return match?.[2] === witness.name ? witness.seen[Number(match[1])] : undefined;
}
