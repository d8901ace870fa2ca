import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLog } from '../../base/log.ts';
import {
  byeCodes,
  decodeSessionFrame,
  encodeFrame,
  FrameError,
  heartbeatMs,
  type SessionFrame,
  silenceMs,
  type ViewerFrame,
  wireVersion,
} from '../../wire/frames.ts';
import { Session } from '../session.ts';
import { FakeTerminal } from '../testing/fake-terminal.ts';
import { closeReason, ViewerConnection, type Wire } from './viewer-connection.ts';

const hello: Extract<ViewerFrame, { type: 'hello' }> = {
  type: 'hello',
  version: wireVersion,
  viewer: new Uint8Array(16),
  from: 0,
  cols: 80,
  rows: 24,
};

/** What would go out, and how it ended. */
class FakeWire implements Wire {
  readonly silenceMs = silenceMs;
  readonly sent: SessionFrame[] = [];
  waitingBytes = 0;
  asked = 0;
  end: string | undefined;

  send(frame: Uint8Array): void {
    this.sent.push(decodeSessionFrame(Uint8Array.from(frame)));
  }

  finish(code: number, reason: string): void {
    this.end = `${code} ${reason}`;
  }

  cut(): void {
    this.end = 'cut';
  }

  ask(): void {
    this.asked++;
  }
}

async function connected(t: TestContext) {
  const terminal = new FakeTerminal();
  const session = new Session({
    id: 'i1.test',
    target: 'fake',
    workload: 'w',
    cols: 80,
    rows: 24,
    replayBytes: 1024 * 1024,
    graceMs: 60_000,
    log: silentLog,
    open: async () => terminal,
  });
  t.after(() => session.dispose());
  await nextTurn();
  const wire = new FakeWire();
  const connection = new ViewerConnection(session, wire);
  t.after(() => connection.gone(false));
  connection.greet(hello);
  const types = () => wire.sent.map(({ type }) => type);
  return { session, terminal, wire, connection, types };
}

test('a silent session is heard of before any proxy takes the line for idle', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { wire, connection, types } = await connected(t);
  wire.sent.length = 0;
  for (let second = 0; second < 60; second++) {
    t.mock.timers.tick(1000);
    connection.heard();
  }
  const beats = types().filter((type) => type === 'heartbeat').length;
  assert.ok(beats >= 60_000 / heartbeatMs, `${beats} heartbeats`);
  assert.equal(wire.end, undefined);
});

test('while the session speaks there is no heartbeat', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { terminal, types, connection } = await connected(t);
  for (let second = 0; second < 60; second++) {
    terminal.print('x');
    await nextTurn();
    t.mock.timers.tick(1000);
    connection.heard();
  }
  assert.ok(!types().includes('heartbeat'));
});

test('a viewer that gives no sign of life is asked for one, then cut off and expected back', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { session, wire, connection } = await connected(t);
  t.mock.timers.tick(silenceMs - 1000);
  assert.ok(wire.asked > 0);
  assert.equal(wire.end, undefined);
  connection.heard();
  t.mock.timers.tick(silenceMs - 1000);
  assert.equal(wire.end, undefined);
  t.mock.timers.tick(heartbeatMs);
  assert.equal(wire.end, 'cut');
  connection.gone(true);
  assert.equal(session.info.viewers, 0);
});

test('a goodbye is a frame and the end of the wire, and nothing follows it', async (t) => {
  const { terminal, wire, connection, types } = await connected(t);
  connection.bye(byeCodes.denied, 'signed out');
  assert.deepEqual(wire.sent.at(-1), { type: 'bye', code: byeCodes.denied, reason: 'signed out' });
  assert.equal(wire.end, `${byeCodes.denied} signed out`);
  const sent = types().length;
  terminal.print('more');
  connection.bye(byeCodes.gone, 'again');
  connection.greet(hello);
  connection.receive(encodeFrame({ type: 'ping', stamp: 1 }));
  await nextTurn();
  assert.equal(types().length, sent);
});

test('a viewer that breaks the protocol is told so', async (t) => {
  const { session, wire, connection } = await connected(t);
  assert.throws(() => connection.receive(Uint8Array.of(0x7f)), FrameError);
  assert.match(wire.end ?? '', new RegExp(`^${byeCodes.protocol} unknown viewer frame`));
  assert.equal(session.info.viewers, 0);
});

test('a wire that is full holds the session back, and one that is never read is cut', async (t) => {
  const { terminal, wire, connection, types } = await connected(t);
  wire.waitingBytes = 1024 * 1024;
  terminal.print('one');
  await nextTurn();
  terminal.print('two');
  await nextTurn();
  assert.equal(types().filter((type) => type === 'output').length, 1);
  wire.waitingBytes = 0;
  connection.flushed();
  assert.equal(types().filter((type) => type === 'output').length, 2);
  wire.waitingBytes = 5 * 1024 * 1024;
  connection.receive(encodeFrame({ type: 'ping', stamp: 1 }));
  await nextTurn();
  assert.equal(wire.end, 'cut');
});

test('a reason fits a Close frame and is cut between characters', () => {
  assert.equal(closeReason('short'), 'short');
  assert.equal(closeReason('é'.repeat(100)), 'é'.repeat(61));
  assert.equal(Buffer.byteLength(closeReason('😀'.repeat(50))), 120);
});
