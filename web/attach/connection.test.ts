import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SessionState } from '../../src/wire/api.ts';
import { byeCodes, inputWindowBytes } from '../../src/wire/frames.ts';
import { Connection, type ConnectionTimings } from './connection.ts';
import type { ConnectionSnapshot } from './connection-snapshot.ts';
import { CuttingProxy } from './testing/cutting-proxy.ts';
import { FakeSessionServer, type WebSocketFate } from './testing/fake-session-server.ts';
import { type NodeEnvironment, nodeEnvironment } from './testing/node-environment.ts';
import { between, randomBytes, seededRandom } from './testing/random.ts';
import { Viewer } from './viewer.ts';

/** Every wait below is for an event; a test in which it does not come fails instead of hanging. */
const limit = { timeout: 30_000 };

/** A server, a line to it that may be bad, and a page at its end. */
async function setUp(
  t: TestContext,
  options: {
    nextCut?: (random: () => number) => number | undefined;
    websockets?: WebSocketFate;
    timings?: Partial<ConnectionTimings>;
    before?: (parts: { environment: NodeEnvironment; server: FakeSessionServer }) => void;
  } = {},
) {
  const seed = Number(process.env.HATCHWAY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`HATCHWAY_SEED=${seed}`);
  const random = seededRandom(seed);
  const server = await FakeSessionServer.start(random);
  server.fateOfWebSockets = options.websockets ?? 'open';
  const proxy = await CuttingProxy.start(server.port, () => options.nextCut?.(random));
  const environment = nodeEnvironment(proxy.port, random);
  options.before?.({ environment, server });

  const seen: Buffer[] = [];
  const states: SessionState[] = [];
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const viewer = new Viewer({
    id: randomBytes(random, 16),
    cols: 80,
    rows: 24,
    returning: false,
    after: environment.after,
    onState: (state) => states.push(state),
    sink: {
      // Like a terminal: what is written is parsed a little later.
      write: (bytes, _past, done) => {
        setImmediate(() => {
          seen.push(Buffer.from(bytes));
          done();
          changed();
        });
      },
      redraw: () => assert.fail('nothing was forgotten, so there is nothing to redraw'),
    },
  });
  const connection = new Connection({
    environment,
    sessionId: 's-1',
    viewer,
    timings: options.timings ?? {},
  });
  const history: ConnectionSnapshot[] = [];
  connection.subscribe(() => {
    history.push(connection.snapshot);
    changed();
  });
  t.after(async () => {
    connection.dispose();
    await proxy.stop();
    await server.stop();
  });
  /** Resolves when the condition holds; it is looked at after every change here. */
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  const openOver = (transport: 'websocket' | 'stream') =>
    until(() => {
      const { state } = connection.snapshot;
      return state.phase === 'open' && state.transport === transport;
    });
  const output = () => Buffer.concat(seen);
  const outputOf = (length: number) => until(() => seenBytes(seen) >= length);
  return {
    random,
    server,
    proxy,
    environment,
    viewer,
    connection,
    history,
    states,
    until,
    openOver,
    output,
    outputOf,
  };
}

function seenBytes(chunks: readonly Buffer[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

for (const websockets of ['open', 'refuse'] as const) {
  const name = websockets === 'open' ? 'the WebSocket' : 'the stream';
  test(
    `every byte crosses a line that is cut all the time, once and in order, over ${name}`,
    limit,
    async (t) => {
      let cutsLeft = 30;
      const { random, server, proxy, viewer, until, output, outputOf } = await setUp(t, {
        websockets,
        nextCut: (random) => (cutsLeft-- > 0 ? between(random, 500, 60_000) : undefined),
      });
      const printed = randomBytes(random, 1_500_000);
      const typed = randomBytes(random, 400_000);
      for (let at = 0; at < typed.length; ) {
        const length = between(random, 1, 30_000);
        viewer.type(typed.slice(at, at + length));
        at += length;
      }
      server.print(printed);
      await Promise.all([
        outputOf(printed.length),
        until(() => viewer.pendingInputBytes === 0),
        server.until(() => server.input.length >= typed.length),
      ]);
      assert.ok(output().equals(printed), 'output differs');
      assert.ok(server.input.equals(typed), 'input differs');
      assert.ok(proxy.cuts >= 10, `only ${proxy.cuts} cuts`);
      assert.ok(server.mostUnacceptedBytes <= inputWindowBytes);
      const used = websockets === 'open' ? 'socket' : 'stream';
      assert.ok(server.requests.filter((request) => request.startsWith(used)).length > 5);
    },
  );
}

test(
  'POSTs begin small on every new stream, so that a bad line still passes whole ones',
  limit,
  async (t) => {
    const { random, server, viewer } = await setUp(t, {
      websockets: 'refuse',
      // For ever. Enough for a small body, not for the whole input window.
      nextCut: () => 40_000,
    });
    server.takesWholeBodies = true;
    const typed = randomBytes(random, 150_000);
    viewer.type(typed.slice());
    await server.until(() => server.input.length === typed.length);
    assert.ok(server.input.equals(typed));
  },
);

test(
  'in the middle of a flood the session moves from the stream to the WebSocket',
  limit,
  async (t) => {
    const { random, server, environment, viewer, connection, openOver, output, outputOf, until } =
      await setUp(t, { websockets: 'refuse' });
    const printed = randomBytes(random, 2_000_000);
    const typed = randomBytes(random, 300_000);
    await openOver('stream');
    await until(() => connection.snapshot.report !== null);
    server.print(printed);
    viewer.type(typed.slice());
    await outputOf(300_000);
    server.fateOfWebSockets = 'open';
    environment.wake();
    await openOver('websocket');
    assert.ok(output().length < printed.length, 'the flood was over before the move');
    assert.equal(connection.snapshot.report, null);
    await Promise.all([
      outputOf(printed.length),
      server.until(() => server.input.length >= typed.length),
    ]);
    assert.ok(output().equals(printed));
    assert.ok(server.input.equals(typed));
    assert.equal(server.viewers, 1);
  },
);

test(
  'a refused WebSocket leads to the stream at once, and the server is asked what happened',
  limit,
  async (t) => {
    const { server, connection, openOver, until, history } = await setUp(t, {
      websockets: 'refuse',
      timings: { patienceMs: 60_000 },
    });
    await openOver('stream');
    await until(() => connection.snapshot.report !== null);
    assert.deepEqual(connection.snapshot.report, server.report);
    const attempt = server.requests[0]?.replace('socket ', '');
    assert.ok(server.requests.includes(`report id=${attempt}&server=nginx%2F1.22.1`));
    assert.deepEqual(history[0]?.state.phase, 'open');
  },
);

test(
  'a WebSocket that is never answered is given company by the stream, and given up in the end',
  limit,
  async (t) => {
    const { server, connection, openOver, until } = await setUp(t, {
      websockets: 'hang',
      timings: { patienceMs: 20, attemptMs: 200 },
    });
    await openOver('stream');
    assert.equal(connection.snapshot.report, null);
    await until(() => connection.snapshot.report !== null);
    assert.deepEqual(
      server.requests.slice(0, 2).map((request) => request.split(' ')[0]),
      ['socket', 'stream'],
    );
  },
);

test('where WebSockets failed lately the stream is opened first', limit, async (t) => {
  const { server, openOver, environment } = await setUp(t, {
    before: ({ environment }) => environment.memory.remember('failed'),
  });
  await openOver('stream');
  assert.deepEqual(
    server.requests.filter((request) => request.startsWith('socket')),
    [],
  );
  environment.wake();
  await openOver('websocket');
  assert.equal(environment.memory.failedRecently(), false);
});

test('a WebSocket that worked is tried again before the stream is', limit, async (t) => {
  const { server, proxy, openOver, connection, until, environment } = await setUp(t);
  await openOver('websocket');
  server.print(Buffer.from('carried'));
  await until(() => connection.snapshot.state.phase === 'open');
  server.fateOfWebSockets = 'refuse';
  proxy.cutAll();
  await server.until(() => server.requests.filter((r) => r.startsWith('socket')).length === 2);
  server.fateOfWebSockets = 'open';
  await until(() => connection.snapshot.state.phase !== 'open');
  await openOver('websocket');
  assert.ok(!server.requests.includes('stream'), server.requests.join());
  assert.equal(environment.memory.failedRecently(), false);
});

test(
  'over the stream one POST is under way at a time, and takes along all that was typed',
  limit,
  async (t) => {
    const { random, server, viewer, openOver } = await setUp(t, { websockets: 'refuse' });
    await openOver('stream');
    const typed = randomBytes(random, 200);
    for (const byte of typed) {
      viewer.type(Uint8Array.of(byte));
      await Promise.resolve();
    }
    await server.until(() => server.input.length === typed.length);
    assert.ok(server.input.equals(typed));
    assert.equal(server.mostPosts, 1);
    const posts = server.requests.filter((request) => request === 'input').length;
    assert.ok(posts < 20, `${posts} POSTs`);
  },
);

test('no more input is on its way than the window allows', limit, async (t) => {
  const { server, viewer, openOver } = await setUp(t);
  await openOver('websocket');
  server.acceptsInput = false;
  viewer.type(new Uint8Array(inputWindowBytes + 100_000));
  await server.until(() => server.mostUnacceptedBytes >= inputWindowBytes);
  // A round trip later nothing more has come.
  viewer.resize(100, 30);
  await server.until(() => server.resizes.length > 0);
  assert.equal(server.mostUnacceptedBytes, inputWindowBytes);
  assert.equal(viewer.pendingInputBytes, inputWindowBytes + 100_000);
});

test(
  'a bye ends it for good; being superseded, or a 1000 out of the blue, does not',
  limit,
  async (t) => {
    const { server, connection, openOver, until } = await setUp(t);
    await openOver('websocket');
    server.bye(byeCodes.superseded, 'attached again');
    await until(() => connection.snapshot.state.phase !== 'open');
    await openOver('websocket');
    // A close with 1000 while the session runs is the doing of something in between.
    server.bye(byeCodes.ended, '');
    await until(() => connection.snapshot.state.phase !== 'open');
    await openOver('websocket');
    server.say({ phase: 'ended', exitCode: 0, reason: 'exited with 0' });
    server.bye(byeCodes.ended, 'the session ended');
    await until(() => connection.snapshot.state.phase === 'ended');
    assert.deepEqual(connection.snapshot.state, {
      phase: 'ended',
      code: byeCodes.ended,
      reason: 'the session ended',
    });
  },
);

test('an end can be overcome: after signing in again the session goes on', limit, async (t) => {
  const denied = {
    status: 401,
    body: { code: 'HW_NOT_SIGNED_IN', message: 'Not signed in.', remedy: 'Sign in.' },
  };
  const { server, connection, openOver, until, outputOf } = await setUp(t, {
    websockets: 'refuse',
    before: ({ server }) => {
      server.problem = denied;
    },
  });
  await until(() => connection.snapshot.state.phase === 'ended');
  assert.deepEqual(connection.snapshot.state, {
    phase: 'ended',
    code: byeCodes.denied,
    reason: '',
  });
  server.problem = undefined;
  connection.retry();
  await openOver('stream');
  server.print(Buffer.from('hello'));
  await outputOf(5);
});

test("a proxy's own 404 is a reason to try again, the console's is the end", limit, async (t) => {
  const { server, connection, until } = await setUp(t, {
    websockets: 'refuse',
    before: ({ server }) => {
      server.problem = { status: 404, body: { code: 'nginx', message: '', remedy: '' } };
    },
  });
  await until(() => {
    const { state } = connection.snapshot;
    return state.phase === 'connecting' && state.reason === 'nginx/1.22.1 answered 404';
  });
  server.problem = {
    status: 404,
    body: { code: 'HW_SESSION_UNKNOWN', message: 'No such session.', remedy: 'Open one.' },
  };
  await until(() => connection.snapshot.state.phase === 'ended');
  const { state } = connection.snapshot;
  assert.equal(state.phase === 'ended' && state.code, byeCodes.gone);
});
