import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OwnPings } from './own-pings.ts';
import { FrameFollower } from './websocket-frames.ts';

/** As a client sends it. */
function maskedFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const hidden = payload.map((byte, i) => byte ^ (mask[i % 4] as number));
  return Buffer.from([0x80 | opcode, 0x80 | payload.length, ...mask, ...hidden]);
}

function pingPayload(pings: OwnPings): Uint8Array {
  return pings.next().subarray(2);
}

const masks = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Pongs above all, of the length of an answer, too, and payloads that look like one. */
const others = fc
  .tuple(
    fc.constantFrom(0x1, 0x2, 0x9, 0xa),
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.constant(Uint8Array.of(0x8a, 0x88, 0, 0, 0, 0)),
    ),
    masks,
  )
  .map((parts) => maskedFrame(...parts));

test('of all that a client sends only the answer is missing, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(others, { maxLength: 6 }),
      fc.array(others, { maxLength: 6 }),
      masks,
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }),
      (before, after, mask, sizes) => {
        const frames = new FrameFollower();
        const pings = new OwnPings(frames);
        const answer = maskedFrame(0xa, pingPayload(pings), mask);
        const sent = Buffer.concat([...before, answer, ...after]);
        const passed: Buffer[] = [];
        for (let at = 0, i = 0; at < sent.length; i++) {
          const end = at + (sizes[i % sizes.length] as number);
          passed.push(...pings.take(sent.subarray(at, end)));
          at = end;
        }
        passed.push(...pings.rest());
        assert.deepEqual(Buffer.concat(passed), Buffer.concat([...before, ...after]));
        assert.equal(pings.isUnanswered, false);
        assert.ok(frames.isBetweenFrames);
      },
    ),
  );
});

test('a client that never answers is passed on whole, up to its last byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (bytes, size) => {
      const pings = new OwnPings(new FrameFollower());
      const answer = maskedFrame(0xa, pingPayload(pings), Uint8Array.of(5, 6, 7, 8));
      const sent = Buffer.concat([
        maskedFrame(0x2, bytes, Uint8Array.of(1, 2, 3, 4)),
        answer.subarray(0, 13),
      ]);
      const passed: Buffer[] = [];
      for (let at = 0; at < sent.length; at += size) {
        passed.push(...pings.take(sent.subarray(at, at + size)));
      }
      passed.push(...pings.rest());
      assert.deepEqual(Buffer.concat(passed), sent);
    }),
  );
});
