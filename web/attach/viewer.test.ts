import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionState } from '../../src/wire/api.ts';
import {
  decodeViewerFrame,
  FrameError,
  inputWindowBytes,
  outputAckBytes,
  type SessionFrame,
  type ViewerFrame,
} from '../../src/wire/frames.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { Viewer } from './viewer.ts';

type Write = { bytes: Buffer; past: boolean; done: () => void };

function setUp(options: { returning?: boolean } = {}) {
  const clock = new FakeClock();
  const writes: Write[] = [];
  const states: SessionState[] = [];
  const redraws: string[] = [];
  const viewer = new Viewer({
    id: new Uint8Array(16),
    cols: 80,
    rows: 24,
    returning: options.returning ?? false,
    after: clock.after,
    onState: (state) => states.push(state),
    sink: {
      write: (bytes, past, done) => writes.push({ bytes: Buffer.from(bytes), past, done }),
      redraw: (cols, rows, bytes, done) => {
        redraws.push(`${cols}x${rows} ${Buffer.from(bytes)}`);
        writes.length = 0;
        done();
      },
    },
  });
  const attach = (inputNext = 0, outputEnd = 0) =>
    viewer.attached(viewer.hello(), { type: 'welcome', version: 1, inputNext, outputEnd });
  const take = (limit = 1 << 20): ViewerFrame[] => viewer.take(limit).map(decodeViewerFrame);
  const shown = () => Buffer.concat(writes.map((write) => write.bytes)).toString('latin1');
  const output = (offset: number, text: string): SessionFrame => ({
    type: 'output',
    offset,
    bytes: Buffer.from(text, 'latin1'),
  });
  return { clock, viewer, writes, states, redraws, attach, take, shown, output };
}

test('output that overlaps what has been seen is shown once', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 200 }),
      fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 }))),
      (text, steps) => {
        const { viewer, attach, shown, output } = setUp();
        attach();
        let end = 0;
        for (const [back, length] of steps) {
          const start = Math.max(0, end - back);
          const piece = text.slice(start, start + length);
          viewer.receive(output(start, piece));
          end = Math.max(end, start + piece.length);
        }
        viewer.receive(output(end, text.slice(end)));
        assert.equal(shown(), text);
        assert.equal(viewer.hello().from, text.length);
      },
    ),
  );
});

test('output that leaves a gap is an error, not a hole in the screen', () => {
  const { viewer, attach, output } = setUp();
  attach();
  assert.throws(() => viewer.receive(output(1, 'x')), FrameError);
});

test('a screen replaces what was not kept and is ignored when nothing is missing', () => {
  const { viewer, attach, redraws, shown, output } = setUp();
  attach();
  viewer.receive(output(0, 'abc'));
  const bytes = Buffer.from('the screen');
  viewer.receive({ type: 'screen', offset: 3, cols: 10, rows: 5, bytes });
  assert.deepEqual(redraws, []);
  viewer.receive({ type: 'screen', offset: 100, cols: 10, rows: 5, bytes });
  assert.deepEqual(redraws, ['10x5 the screen']);
  viewer.receive(output(98, '..def'));
  assert.equal(shown(), 'def');
});

test('a page that comes back is told which output is past, to the byte', () => {
  const { viewer, attach, writes, output } = setUp({ returning: true });
  attach(0, 5);
  viewer.receive(output(0, 'abc'));
  viewer.receive(output(3, 'defg'));
  viewer.receive(output(7, 'h'));
  assert.deepEqual(
    writes.map((write) => [write.bytes.toString(), write.past]),
    [
      ['abc', true],
      ['de', true],
      ['fg', false],
      ['h', false],
    ],
  );
});

test('in a session opened by this page nothing is past, nor is anything after a reconnect', () => {
  const fresh = setUp();
  fresh.attach(0, 3);
  fresh.viewer.receive(fresh.output(0, 'abc'));
  assert.equal(fresh.writes[0]?.past, false);

  const returned = setUp({ returning: true });
  returned.attach(0, 3);
  returned.viewer.receive(returned.output(0, 'abc'));
  returned.viewer.detached();
  returned.attach(0, 6);
  returned.viewer.receive(returned.output(3, 'def'));
  assert.deepEqual(
    returned.writes.map((write) => write.past),
    [true, false],
  );
});

test('output is acknowledged after the terminal has taken it, not when it arrives', async () => {
  const { viewer, attach, writes, take, output, clock } = setUp();
  attach();
  await clock.advance(0);
  let wakes = 0;
  viewer.onWake = () => wakes++;
  viewer.receive(output(0, 'x'.repeat(outputAckBytes)));
  assert.deepEqual(take(), []);
  writes[0]?.done();
  await clock.advance(0);
  assert.equal(wakes, 1);
  assert.deepEqual(take(), [{ type: 'ack', offset: outputAckBytes }]);
  viewer.receive(output(outputAckBytes, 'prompt'));
  writes[1]?.done();
  assert.deepEqual(take(), []);
  assert.equal(wakes, 1);
  await clock.advance(1000);
  assert.equal(wakes, 2);
  assert.deepEqual(take(), [{ type: 'ack', offset: outputAckBytes + 6 }]);
  await clock.advance(1000);
  assert.deepEqual(take(), []);
});

test('an acknowledgement never goes beyond what this attachment has sent', () => {
  const { viewer, attach, writes, take, output } = setUp();
  attach();
  const hello = viewer.hello();
  viewer.receive(output(0, 'x'.repeat(2 * outputAckBytes)));
  // The other attachment said hello before the output came, and begins from there.
  viewer.attached(hello, { type: 'welcome', version: 1, inputNext: 0, outputEnd: 0 });
  writes[0]?.done();
  assert.deepEqual(take(), []);
  viewer.receive(output(0, 'x'.repeat(outputAckBytes)));
  assert.deepEqual(take(), [{ type: 'ack', offset: outputAckBytes }]);
});

test('input goes out once within the window and again from where a new attachment wants it', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({ typed: fc.integer({ min: 1, max: 100_000 }) }),
          fc.record({ accepted: fc.double({ min: 0, max: 1, noNaN: true }) }),
          fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
          fc.record({ room: fc.integer({ min: 0, max: 300_000 }) }),
        ),
      ),
      (steps) => {
        const { viewer, attach, take } = setUp();
        attach();
        const typed: Buffer[] = [];
        let received = Buffer.alloc(0);
        let accepted = 0;
        const receive = (limit: number) => {
          let bytes = 0;
          for (const frame of take(limit)) {
            assert.equal(frame.type, 'input');
            if (frame.type !== 'input') return;
            assert.equal(frame.offset, received.length);
            received = Buffer.concat([received, frame.bytes]);
            bytes += frame.bytes.length;
          }
          assert.ok(bytes <= limit);
          assert.ok(received.length - accepted <= inputWindowBytes);
        };
        let letter = 0;
        for (const step of steps) {
          if ('typed' in step) {
            const bytes = Buffer.alloc(step.typed, letter++);
            typed.push(bytes);
            viewer.type(bytes);
          } else if ('accepted' in step) {
            accepted += Math.floor((received.length - accepted) * step.accepted);
            viewer.receive({ type: 'accepted', inputNext: accepted });
          } else if ('cut' in step) {
            accepted += Math.floor((received.length - accepted) * step.cut);
            received = received.subarray(0, accepted);
            viewer.detached();
            assert.deepEqual(take(), []);
            attach(accepted);
          } else {
            receive(step.room);
          }
        }
        while (accepted < Buffer.concat(typed).length) {
          receive(1 << 20);
          assert.ok(received.length > accepted, 'nothing more is sent');
          accepted = received.length;
          viewer.receive({ type: 'accepted', inputNext: accepted });
        }
        assert.ok(received.equals(Buffer.concat(typed)));
        assert.equal(viewer.pendingInputBytes, 0);
      },
    ),
    { numRuns: 60 },
  );
});

test('a session that wants input which was never typed is an error', () => {
  const { viewer, attach } = setUp();
  viewer.type(Buffer.from('ab'));
  assert.throws(() => attach(3), FrameError);
  attach(2);
  assert.throws(() => attach(1), FrameError);
});

test('keys of one moment go out as one frame, on one wake-up', async () => {
  const { viewer, attach, take, clock } = setUp();
  let wakes = 0;
  attach();
  await clock.advance(0);
  viewer.onWake = () => wakes++;
  viewer.type(Buffer.from('l'));
  viewer.type(Buffer.from('s'));
  assert.equal(wakes, 0);
  await clock.advance(0);
  assert.equal(wakes, 1);
  const frames = take();
  assert.equal(frames.length, 1);
  assert.deepEqual(
    { ...frames[0] },
    { type: 'input', offset: 0, bytes: new Uint8Array(Buffer.from('ls')) },
  );
});

test('only the newest size is sent, with a serial that grows', () => {
  const { viewer, attach, take } = setUp();
  attach();
  viewer.resize(80, 24);
  assert.deepEqual(take(), []);
  viewer.resize(90, 24);
  viewer.resize(100, 30);
  assert.deepEqual(take(), [{ type: 'resize', serial: 2, cols: 100, rows: 30 }]);
  viewer.detached();
  viewer.resize(120, 40);
  // The hello says the size, so it is not said again.
  attach();
  assert.deepEqual(take(), []);
  const hello = viewer.hello();
  viewer.resize(121, 41);
  viewer.attached(hello, { type: 'welcome', version: 1, inputNext: 0, outputEnd: 0 });
  assert.deepEqual(take(), [{ type: 'resize', serial: 4, cols: 121, rows: 41 }]);
});

test('what the session is doing is passed on', () => {
  const { viewer, attach, states } = setUp();
  attach();
  const state: SessionState = { phase: 'ended', exitCode: 3, reason: 'exited with 3' };
  viewer.receive({ type: 'state', json: JSON.stringify(state) });
  assert.deepEqual(states, [state]);
  assert.throws(() => viewer.receive({ type: 'state', json: '{' }), FrameError);
});
