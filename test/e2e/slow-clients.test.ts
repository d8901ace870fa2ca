/**
 * slowhttptest against a Hatchway with short limits: clients that send or take everything as slowly as they can are closed
 * in time, whoever else comes is served meanwhile, and nothing is left of them.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../kit/child.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { openSockets, socketsAreBackTo } from '../kit/open-sockets.ts';
import { atEnd, type Scope } from '../kit/scope.ts';

leaveNothingBehind();

/** Connections from one address. */
const mostOfOne = 500;

/** More than the kernel keeps for one connection, so that a slow reader is noticed. */
const largeBytes = 16 * 1024 * 1024;

/** Where those who attack nobody come from. */
const otherAddress = '127.0.0.2';

/** How long one of them waits at most, in milliseconds: much on a busy machine that attacks itself, little beside the attack. */
const patienceMs = 5000;

/** Between two of their requests. */
const probePeriodMs = 100;

test('slow clients', async (t) => {
  const hatchway = await startHatchway(t, {
    config: `
limits: { headTimeout: 1s, bodyTimeout: 1s, keepAlive: 1s, connectionsPerAddress: ${mostOfOne} }
sites:
  - host: localhost
    to: http://127.0.0.1:${await startUpstream(t)}
`,
  });
  const before = openSockets(hatchway.pid);

  await t.test('that send a field now and then', async (inner) => {
    const attack = startAttack(inner, hatchway, 300, ['-H', '-i', '1']);
    await standAttack(hatchway, { before, peak: 300, attack });
  });

  await t.test('that send their bodies in bits', async (inner) => {
    const attack = startAttack(inner, hatchway, 300, ['-B', '-i', '3', '-s', '100000']);
    await standAttack(hatchway, { before, peak: 300, attack });
  });

  await t.test('that take their answers in bits', async (inner) => {
    const manner = ['-X', '-w', '100', '-y', '200', '-n', '1', '-z', '10'];
    const attack = startAttack(inner, hatchway, 100, manner, '/large');
    await standAttack(hatchway, { before, peak: 100, attack });
    // What nobody takes is not fetched either: 100 times 16 MiB would show.
    assert.ok(mostMemory(hatchway.pid) < 512 * 1024 * 1024, `${mostMemory(hatchway.pid)} bytes`);
  });

  await t.test('that are too many from one address', async (inner) => {
    const attack = startAttack(inner, hatchway, 1500, ['-H', '-i', '1']);
    await standAttack(hatchway, { before, peak: mostOfOne - 10, attack });
    assert.match(hatchway.logs(), /too many connections from one address/);
  });
});

/** Answers `/large` with a large body, everything else with a word once it has all of the request. */
async function startUpstream(scope: Scope): Promise<number> {
  const large = Buffer.alloc(largeBytes, 'x');
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(request.url === '/large' ? large : 'ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function startAttack(
  t: TestContext,
  hatchway: Hatchway,
  connections: number,
  manner: readonly string[],
  path = '/',
): Child {
  const count = String(connections);
  return startChild(t, '/usr/bin/slowhttptest', [
    ...manner,
    ...['-c', count, '-r', count, '-l', '60', '-p', '2'],
    ...['-u', `http://localhost:${hatchway.port}${path}`],
  ]);
}

type Attack = {
  /** Sockets of the process before it. */
  readonly before: number;
  /** Sockets that must have been open at one moment, or there was no attack. */
  readonly peak: number;
  readonly attack: Child;
};

/** The attack comes, is stood, and is over, while others are served. */
async function standAttack(hatchway: Hatchway, { before, peak, attack }: Attack): Promise<void> {
  const others = new Others(hatchway.port);
  try {
    await eventually('the attackers are there', () => openSockets(hatchway.pid) > peak);
    // What others have open at the moment counts, too.
    await socketsAreBackTo(before + 10, hatchway.pid);
  } finally {
    await others.stop();
  }
  assert.ok(others.served > 5, `${others.served} others were served`);
  assert.ok(others.slowestMs < patienceMs, `somebody waited for ${others.slowestMs} ms`);
  // Its time was not over: it was the gateway that closed.
  assert.ok(attack.running || /No open connections left/.test(attack.output), attack.output);
  await attack.stop();
  // A connection to the upstream is kept.
  await socketsAreBackTo(before + 2, hatchway.pid);
}

/** The most memory that a process has had, in bytes (proc(5), VmHWM). */
function mostMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** Somebody else, who asks now and then for something small over a connection of its own. */
class Others {
  served = 0;
  slowestMs = 0;
  readonly #port: number;
  readonly #end = new AbortController();
  readonly #done: Promise<void>;

  constructor(port: number) {
    this.#port = port;
    this.#done = this.#ask();
  }

  /** Rejects when one of them was not served. */
  stop(): Promise<void> {
    this.#end.abort();
    return this.#done;
  }

  async #ask(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const start = performance.now();
      assert.equal(await this.#status(), 200);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
      this.served++;
      await sleep(probePeriodMs);
    }
  }

  #status(): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      localAddress: otherAddress,
      agent: false,
      headers: { host: 'localhost' },
    };
    get(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
    return promise;
  }
}
