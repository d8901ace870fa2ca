import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeSessionFrame,
  decodeViewerFrame,
  encodeFrame,
  FrameError,
  type SessionFrame,
  type ViewerFrame,
} from './frames.ts';
import { FrameSplitter, withLength } from './stream-framing.ts';

const offset = fc.maxSafeNat();
const size = fc.integer({ min: 0, max: 0xffff });
const bytes = fc.uint8Array({ maxLength: 200 });

const viewerFrame: fc.Arbitrary<ViewerFrame> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version: size,
    viewer: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    from: offset,
    cols: size,
    rows: size,
  }),
  fc.record({ type: fc.constant('input' as const), offset, bytes }),
  fc.record({ type: fc.constant('resize' as const), serial: fc.nat(), cols: size, rows: size }),
  fc.record({ type: fc.constant('ack' as const), offset }),
  fc.record({ type: fc.constant('ping' as const), stamp: offset }),
);

const sessionFrame: fc.Arbitrary<SessionFrame> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    version: size,
    inputNext: offset,
    outputEnd: offset,
  }),
  fc.record({ type: fc.constant('output' as const), offset, bytes }),
  fc.record({ type: fc.constant('screen' as const), offset, cols: size, rows: size, bytes }),
  fc.record({ type: fc.constant('accepted' as const), inputNext: offset }),
  fc.record({ type: fc.constant('pong' as const), stamp: offset }),
  fc.record({ type: fc.constant('state' as const), json: fc.json() }),
  fc.record({ type: fc.constant('heartbeat' as const) }),
  fc.record({ type: fc.constant('bye' as const), code: size, reason: fc.string() }),
);

test('every frame comes back as it was sent', () => {
  fc.assert(
    fc.property(viewerFrame, (frame) => {
      assert.deepEqual(decodeViewerFrame(encodeFrame(frame)), { ...frame });
    }),
  );
  fc.assert(
    fc.property(sessionFrame, (frame) => {
      assert.deepEqual(decodeSessionFrame(encodeFrame(frame)), { ...frame });
    }),
  );
});

test('any bytes are either a frame or a FrameError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ max: 0x8a }), (rest, type) => {
      const frame = Uint8Array.of(type, ...rest);
      for (const decode of [decodeViewerFrame, decodeSessionFrame]) {
        try {
          decode(frame);
        } catch (error) {
          assert.ok(error instanceof FrameError, String(error));
        }
      }
    }),
  );
});

test('a stream of frames cut anywhere gives the same frames', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })),
      fc.array(fc.nat({ max: 60 })),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(withLength));
        const splitter = new FrameSplitter();
        const seen: Buffer[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          for (const frame of splitter.push(stream.subarray(at, at + cut))) {
            seen.push(Buffer.from(frame));
          }
          at = Math.min(stream.length, at + cut);
        }
        assert.deepEqual(seen, frames.map(Buffer.from));
        assert.ok(splitter.settled);
      },
    ),
  );
});

test('a stream frame that is empty or above the limit is refused before it is kept', () => {
  assert.throws(() => new FrameSplitter().push(Uint8Array.of(0, 0, 0, 0)), FrameError);
  assert.throws(() => new FrameSplitter().push(Uint8Array.of(0xff, 0, 0, 0)), FrameError);
});
