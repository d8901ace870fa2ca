/** How a connection waits and tries, on a clock that the test turns: no sockets, no seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeViewerFrame, encodeFrame } from '../../src/wire/frames.ts';
import { Connection } from './connection.ts';
import type { AttachEnvironment } from './environment.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { Viewer } from './viewer.ts';

type SocketClass = new (url: URL) => EventTarget;

/** @param socketClass what the page finds as WebSocket; the stream is refused at once */
function setUp(socketClass: (clock: FakeClock, tries: string[]) => SocketClass) {
  const clock = new FakeClock();
  const tries: string[] = [];
  let wake = () => {};
  const environment: AttachEnvironment = {
    origin: 'http://console.example',
    fetch: async () => {
      tries.push(`stream ${clock.now()}`);
      throw new TypeError('fetch failed');
    },
    WebSocket: socketClass(clock, tries) as unknown as typeof WebSocket,
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
  return { clock, viewer, connection, tries: () => tries.splice(0), wake: () => wake() };
}

/** A server that is down. */
function refused(clock: FakeClock, tries: string[]): SocketClass {
  return class extends EventTarget {
    binaryType = '';
    constructor() {
      super();
      tries.push(`websocket ${clock.now()}`);
      queueMicrotask(() => this.dispatchEvent(closed()));
    }
    close() {}
  };
}

/** A line that is cut as soon as one frame of input has gone up, before anything can come back. */
function cutAfterOneFrame(clock: FakeClock, tries: string[]): SocketClass {
  let inputNext = 0;
  return class extends EventTarget {
    binaryType = '';
    #cut = false;
    constructor() {
      super();
      tries.push(`websocket ${clock.now()}`);
      queueMicrotask(() => this.dispatchEvent(new Event('open')));
    }
    send(bytes: Uint8Array) {
      const frame = decodeViewerFrame(bytes);
      if (frame.type === 'hello') {
        const welcome = encodeFrame({ type: 'welcome', version: 1, inputNext, outputEnd: 0 });
        const message = Object.assign(new Event('message'), { data: welcome.buffer });
        queueMicrotask(() => this.dispatchEvent(message));
      } else if (frame.type === 'input' && !this.#cut) {
        this.#cut = true;
        inputNext += frame.bytes.length;
        queueMicrotask(() => this.dispatchEvent(closed()));
      }
    }
    close() {}
  };
}

function closed(): Event {
  return Object.assign(new Event('close'), { code: 1006, reason: '' });
}

test('while the server is down, rounds of both transports come ever more seldom', async () => {
  const { clock, connection, tries } = setUp(refused);
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
  const { clock, connection, tries, wake } = setUp(refused);
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

test('input that gets through keeps the pauses short, even when no answer does', async () => {
  const { clock, viewer, connection, tries } = setUp(cutAfterOneFrame);
  viewer.type(new Uint8Array(10 * 16 * 1024));
  await clock.advance(4000);
  // Only the welcome of the next line tells that a frame arrived: each time the pause is the second one.
  assert.deepEqual(
    tries(),
    Array.from({ length: 11 }, (_, n) => `websocket ${n * 250}`),
  );
  assert.equal(viewer.pendingInputBytes, 0);
  assert.equal(connection.snapshot.state.phase, 'open');
  connection.dispose();
});
