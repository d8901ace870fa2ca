/** How a connection waits and tries, on a clock that the test turns: no sockets, no seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from './connection.ts';
import type { AttachEnvironment } from './environment.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { Viewer } from './viewer.ts';

function setUp() {
  const clock = new FakeClock();
  const tries: string[] = [];
  let wake = () => {};
  /** A server that is down: everything is refused at once. */
  class RefusedWebSocket extends EventTarget {
    binaryType = '';
    constructor() {
      super();
      tries.push(`websocket ${clock.now()}`);
      queueMicrotask(() =>
        this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' })),
      );
    }
    close() {}
  }
  const environment: AttachEnvironment = {
    origin: 'http://console.example',
    fetch: async () => {
      tries.push(`stream ${clock.now()}`);
      throw new TypeError('fetch failed');
    },
    WebSocket: RefusedWebSocket as unknown as typeof WebSocket,
    now: clock.now,
    after: clock.after,
    random: () => 0.5,
    onWake: (listener) => {
      wake = listener;
      return () => {
        wake = () => {};
      };
    },
    memory: { failedRecently: () => false, remember: () => {} },
  };
  const viewer = new Viewer({
    id: new Uint8Array(16),
    cols: 80,
    rows: 24,
    returning: false,
    after: clock.after,
    onState: () => {},
    sink: { write: (_bytes, _past, done) => done(), redraw: () => {} },
  });
  const connection = new Connection({ environment, sessionId: 's-1', viewer });
  return { clock, connection, tries: () => tries.splice(0), wake: () => wake() };
}

test('while the server is down, rounds of both transports come ever more seldom', async () => {
  const { clock, connection, tries } = setUp();
  await clock.advance(20_000);
  assert.deepEqual(
    tries(),
    [0, 250, 750, 1750, 3750, 7750, 12_750, 17_750].flatMap((at) => [
      `websocket ${at}`,
      `stream ${at}`,
    ]),
  );
  const { state } = connection.snapshot;
  assert.deepEqual(state, {
    phase: 'connecting',
    attempt: 9,
    retryAtMs: 22_750,
    reason: 'the server was not reached',
  });
  connection.dispose();
  assert.equal(clock.pending, 0);
});

test('coming back online, or being asked to, tries at once', async () => {
  const { clock, connection, tries, wake } = setUp();
  await clock.advance(5000);
  tries();
  wake();
  await clock.advance(0);
  assert.deepEqual(tries(), ['websocket 5000', 'stream 5000']);
  await clock.advance(10);
  connection.retry();
  await clock.advance(0);
  assert.deepEqual(tries(), ['websocket 5010', 'stream 5010']);
  connection.dispose();
  wake();
  connection.retry();
  await clock.advance(60_000);
  assert.deepEqual(tries(), []);
});
