import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { silentLog } from '../base/log.ts';
import { byeCodes, inputWindowBytes } from '../wire/frames.ts';
import { ViewerError } from './attached-viewer.ts';
import { Session } from './session.ts';
import { FakeTerminal } from './testing/fake-terminal.ts';
import { FakeViewer } from './testing/fake-viewer.ts';

type Options = { replayBytes?: number; graceMs?: number };

async function running(
  t: Pick<TestContext, 'after'> | undefined,
  options: Options = {},
): Promise<{ session: Session; terminal: FakeTerminal }> {
  const terminal = new FakeTerminal();
  const session = new Session({
    id: 'i1.test',
    target: 'fake',
    workload: 'w',
    cols: 80,
    rows: 24,
    replayBytes: options.replayBytes ?? 1024 * 1024,
    graceMs: options.graceMs ?? 60_000,
    log: silentLog,
    open: async () => terminal,
  });
  t?.after(() => session.dispose());
  await nextTurn();
  return { session, terminal };
}

/** Until everything printed so far has been parsed and sent. */
async function settled(session: Session): Promise<void> {
  await session.screen();
  await nextTurn();
  await nextTurn();
}

test('a viewer that comes, goes and comes back has every byte once and in order', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('print' as const), size: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ do: fc.constant('cut' as const) }),
    fc.record({ do: fc.constant('attach' as const) }),
    fc.record({ do: fc.constant('ack' as const) }),
    fc.record({ do: fc.constant('fill' as const) }),
    fc.record({ do: fc.constant('drain' as const) }),
    fc.record({ do: fc.constant('turn' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { session, terminal } = await running(undefined, { replayBytes: 16 * 1024 * 1024 });
      const viewer = new FakeViewer(1);
      let printed = Buffer.alloc(0);
      viewer.attach(session);
      for (const action of steps) {
        switch (action.do) {
          case 'print': {
            const bytes = Buffer.alloc(action.size, String(printed.length % 10));
            printed = Buffer.concat([printed, bytes]);
            terminal.print(bytes);
            break;
          }
          case 'cut':
            viewer.attachment?.detach(true);
            break;
          case 'attach':
            viewer.full = false;
            viewer.attach(session);
            break;
          case 'ack':
            viewer.ack();
            break;
          case 'fill':
            viewer.full = true;
            break;
          case 'drain':
            viewer.full = false;
            viewer.attachment?.drained();
            break;
          case 'turn':
            await nextTurn();
        }
      }
      viewer.full = false;
      viewer.attach(session);
      for (let i = 0; i < 40 && viewer.output.length < printed.length; i++) {
        await nextTurn();
        viewer.ack();
      }
      assert.ok(
        viewer.output.equals(printed),
        `${viewer.output.length} of ${printed.length} bytes`,
      );
      assert.equal(viewer.last('screen'), undefined);
      session.dispose();
    }),
    { numRuns: 60 },
  );
});

test('input that is sent again, in pieces or over another line is applied once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      fc.array(fc.tuple(fc.nat({ max: 500 }), fc.integer({ min: 1, max: 200 }), fc.boolean())),
      async (typed, sends) => {
        const { session, terminal } = await running(undefined);
        const viewer = new FakeViewer(1);
        viewer.attach(session);
        const send = (offset: number, bytes: Uint8Array) =>
          viewer.attachment?.receive({ type: 'input', offset, bytes });
        for (const [from, length, again] of sends) {
          send(from, typed.subarray(from, from + length));
          if (again) viewer.attach(session);
          await nextTurn();
        }
        // What a client does: from where the session says, until everything is accepted.
        for (;;) {
          const next = viewer.attach(session);
          if (next === typed.length) break;
          send(next, typed.subarray(next, next + 100));
          await nextTurn();
        }
        await nextTurn();
        assert.deepEqual(Buffer.concat(terminal.written), Buffer.from(typed));
        assert.equal(viewer.attach(session), typed.length);
        session.dispose();
      },
    ),
    { numRuns: 60 },
  );
});

test('input is acknowledged when the process has it, and two viewers count for themselves', async (t) => {
  const { session, terminal } = await running(t);
  const [one, two] = [new FakeViewer(1), new FakeViewer(2)];
  one.attach(session);
  two.attach(session);
  let open = () => {};
  terminal.gate = new Promise((resolve) => {
    open = resolve;
  });
  one.attachment?.receive({ type: 'input', offset: 0, bytes: Buffer.from('abc') });
  two.attachment?.receive({ type: 'input', offset: 0, bytes: Buffer.from('de') });
  await nextTurn();
  assert.equal(one.last('accepted'), undefined);
  open();
  await nextTurn();
  assert.equal(one.last('accepted')?.inputNext, 3);
  assert.equal(two.last('accepted')?.inputNext, 2);
  assert.equal(Buffer.concat(terminal.written).toString(), 'abcde');
});

test('input from the future is asked for again from the gap on', async (t) => {
  const { session, terminal } = await running(t);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  viewer.attachment?.receive({ type: 'input', offset: 5, bytes: Buffer.from('late') });
  assert.equal(viewer.last('accepted')?.inputNext, 0);
  assert.deepEqual(terminal.written, []);
});

test('more input than the window is a breach, not a growing queue', async (t) => {
  const { session, terminal } = await running(t);
  terminal.gate = new Promise(() => {});
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  const send = (offset: number, length: number) =>
    viewer.attachment?.receive({ type: 'input', offset, bytes: new Uint8Array(length) });
  send(0, inputWindowBytes);
  assert.throws(() => send(inputWindowBytes, 1), ViewerError);
});

test('a line that is cut again and again under a paste that nobody reads breaks nothing', async (t) => {
  const { session, terminal } = await running(t);
  let read = () => {};
  terminal.gate = new Promise((resolve) => {
    read = resolve;
  });
  const paste = randomBytes(2 * inputWindowBytes);
  const viewer = new FakeViewer(1);
  /** As a viewer does: everything from where the session says, up to a window ahead of it. */
  const sendWindow = () => {
    const start = viewer.attach(session);
    for (let at = start; at < Math.min(paste.length, start + inputWindowBytes); at += 16_384) {
      const bytes = paste.subarray(at, Math.min(paste.length, at + 16_384));
      viewer.attachment?.receive({ type: 'input', offset: at, bytes });
    }
  };
  for (let cuts = 0; cuts < 5; cuts++) {
    sendWindow();
    viewer.attachment?.detach(true);
  }
  read();
  while (terminal.writtenBytes < inputWindowBytes) await nextTurn();
  sendWindow();
  while (terminal.writtenBytes < paste.length) await nextTurn();
  assert.deepEqual(Buffer.concat(terminal.written), paste);
});

test('nothing is accepted that did not come on the same line', async (t) => {
  const { session, terminal } = await running(t);
  let read = () => {};
  terminal.gate = new Promise((resolve) => {
    read = resolve;
  });
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  const send = (offset: number, text: string) =>
    viewer.attachment?.receive({ type: 'input', offset, bytes: Buffer.from(text) });
  send(0, 'abcdef');
  viewer.attachment?.detach(true);
  assert.equal(viewer.attach(session), 0);
  read();
  while (terminal.writtenBytes < 6) await nextTurn();
  await nextTurn();
  assert.equal(viewer.last('accepted'), undefined, 'on this line it has sent nothing yet');
  send(0, 'abc');
  assert.equal(viewer.last('accepted')?.inputNext, 3);
  send(3, 'def');
  assert.equal(viewer.last('accepted')?.inputNext, 6);
  assert.equal(Buffer.concat(terminal.written).toString(), 'abcdef');
});

test('a viewer that does not keep up stops the process, and starts it again', async (t) => {
  const { session, terminal } = await running(t);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  for (let i = 0; i < 5; i++) terminal.print(Buffer.alloc(60_000, 'x'));
  await settled(session);
  assert.ok(terminal.paused);
  viewer.ack();
  assert.ok(!terminal.paused);
});

test('the viewer in the lead sets the pace; a slow one gets the screen', async (t) => {
  const { session, terminal } = await running(t, { replayBytes: 300_000 });
  const [quick, slow] = [new FakeViewer(1), new FakeViewer(2)];
  quick.attach(session);
  slow.attach(session);
  slow.full = true;
  for (let i = 0; i < 20; i++) {
    terminal.print(Buffer.alloc(50_000, 'x'));
    await settled(session);
    quick.ack();
  }
  assert.ok(!terminal.paused);
  assert.equal(quick.output.length, 1_000_000);
  slow.full = false;
  slow.attachment?.drained();
  await settled(session);
  assert.equal(slow.last('screen')?.offset, 1_000_000);
});

test('a viewer that was cut off finds its place for half a minute, then output runs on', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const { session, terminal } = await running(t, { replayBytes: 300_000 });
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  viewer.attachment?.detach(true);
  for (let i = 0; i < 6; i++) terminal.print(Buffer.alloc(50_000, 'x'));
  assert.ok(terminal.paused, 'what it has not seen would be overwritten');
  t.mock.timers.tick(30_001);
  assert.ok(!terminal.paused);
});

test('a screen is exactly what the bytes before its offset add up to', async (t) => {
  const { session, terminal } = await running(t, { replayBytes: 1000 });
  // A flood with colours, cursor movement and the alternate screen, some of it after the screen was asked for.
  const chunks = Array.from(
    { length: 80 },
    (_, i) =>
      `\x1b[3${i % 8}mline ${i}\x1b[0m \x1b[5;${(i % 40) + 1}H*${i === 60 ? '\x1b[?1049h' : ''}\r\n`,
  );
  for (const chunk of chunks.slice(0, 50)) terminal.print(chunk);
  const viewer = new FakeViewer(1);
  viewer.attach(session, { cols: 80, rows: 24 }, 1);
  for (const chunk of chunks.slice(50)) terminal.print(chunk);
  await settled(session);
  await settled(session);
  const screen = viewer.last('screen');
  assert.ok(screen !== undefined);
  const whole = Buffer.from(chunks.join(''));
  const expected = await textOf(whole);
  const rest = viewer.frames.flatMap((frame) => (frame.type === 'output' ? [frame.bytes] : []));
  assert.equal(await textOf(Buffer.concat([screen.bytes, ...rest])), expected);
});

async function textOf(bytes: Uint8Array): Promise<string> {
  const terminal = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(bytes, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: 24 }, (_, row) =>
    active.getLine(active.baseY + row)?.translateToString(true),
  );
  terminal.dispose();
  return `${active.type}\n${lines.join('\n')}`;
}

test('the newest resize of a viewer counts, whatever order they come in', async (t) => {
  const { session, terminal } = await running(t);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  viewer.attachment?.receive({ type: 'resize', serial: 2, cols: 100, rows: 30 });
  viewer.attachment?.receive({ type: 'resize', serial: 1, cols: 50, rows: 10 });
  viewer.attachment?.receive({ type: 'resize', serial: 3, cols: 0, rows: 0 });
  assert.deepEqual(terminal.sizes, [[100, 30]]);
});

test('the exit comes after the last byte, and the goodbye after the last acknowledgement', async (t) => {
  const { session, terminal } = await running(t);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  terminal.print('last words');
  terminal.exit({ exitCode: 3, reason: 'done' });
  assert.deepEqual(
    viewer.frames.slice(-2).map(({ type }) => type),
    ['output', 'state'],
  );
  assert.match(viewer.last('state')?.json ?? '', /"exitCode":3/);
  assert.equal(viewer.goodbye, undefined);
  viewer.ack();
  assert.deepEqual(viewer.goodbye, { code: byeCodes.ended, reason: 'the session ended' });

  const late = new FakeViewer(2);
  late.attach(session);
  assert.equal(late.output.toString(), 'last words');
  assert.match(late.last('state')?.json ?? '', /"exitCode":3/);
});

test('attaching again over a better line supersedes the old one without a gap', async (t) => {
  const { session, terminal } = await running(t);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  terminal.print('one ');
  const old = viewer.attachment;
  viewer.attach(session);
  assert.equal(session.info.viewers, 1);
  terminal.print('two');
  await nextTurn();
  assert.equal(viewer.output.toString(), 'one two');
  // The old line's end comes late, and must not take the new one with it.
  old?.detach(true);
  assert.equal(session.info.viewers, 1);
});

test('with no viewer for the grace time the process is ended, and not before', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const { session, terminal } = await running(t, { graceMs: 1000 });
  t.mock.timers.tick(999);
  const viewer = new FakeViewer(1);
  viewer.attach(session);
  t.mock.timers.tick(5000);
  assert.equal(terminal.ended, 0);
  viewer.attachment?.detach(false);
  t.mock.timers.tick(999);
  assert.equal(terminal.ended, 0);
  t.mock.timers.tick(1);
  await session.closed;
  assert.equal(terminal.ended, 1);
  assert.equal(session.info.state.phase, 'ended');
});

test('a process that cannot be started is a failed session with a problem', async (t) => {
  const session = new Session({
    id: 'i1.test',
    target: 'fake',
    workload: 'w',
    cols: 80,
    rows: 24,
    replayBytes: 1000,
    graceMs: 1000,
    log: silentLog,
    open: async () => {
      throw new Error('a secret inside');
    },
  });
  t.after(() => session.dispose());
  await session.closed;
  const { state } = session.info;
  assert.ok(state.phase === 'failed' && state.problem.code === 'HW_INTERNAL');
  assert.doesNotMatch(JSON.stringify(state), /secret/);
  await session.end('again');
});

test('a page that is loaded again and again is never one viewer too many', async (t) => {
  const { session } = await running(t);
  const watching = new FakeViewer(200);
  watching.attach(session);
  for (let loads = 0; loads < 150; loads++) {
    const page = new FakeViewer(loads);
    page.attach(session);
    page.attachment?.detach(false);
  }
  assert.equal(session.info.viewers, 1);
  assert.equal(watching.goodbye, undefined);
  assert.throws(() => {
    for (let number = 0; number < 64; number++) new FakeViewer(number).attach(session);
  }, ViewerError);
});

test('a session that is ended says why, whatever the process died of', async (t) => {
  const { session, terminal } = await running(t);
  terminal.end = async () => {
    terminal.exit({ exitCode: 129, reason: 'hung up' });
    return true;
  };
  await session.end('it was time');
  assert.deepEqual(session.info.state, {
    phase: 'ended',
    exitCode: null,
    reason: 'it was time',
  });
});

test('a session that is ended while it opens leaves no process behind', async (t) => {
  const terminal = new FakeTerminal();
  let opened: (terminal: FakeTerminal) => void = () => {};
  const session = new Session({
    id: 'i1.test',
    target: 'fake',
    workload: 'w',
    cols: 80,
    rows: 24,
    replayBytes: 1000,
    graceMs: 60_000,
    log: silentLog,
    open: () =>
      new Promise((resolve) => {
        opened = resolve;
      }),
  });
  t.after(() => session.dispose());
  const ended = session.end('too late');
  opened(terminal);
  await ended;
  assert.equal(terminal.ended, 1);
  assert.equal(session.info.state.phase, 'ended');
});
