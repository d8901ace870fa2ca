import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closeFrame, FrameFollower, pingFrame } from './websocket-frames.ts';

/** A frame as senders write it. */
function frame(opcode: number, payload: Buffer, mask: Buffer | undefined): Buffer {
  const { length } = payload;
  const second = mask === undefined ? 0 : 0x80;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, second | length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, second | 126, length >> 8, length & 0xff])
        : Buffer.from([
            0x80 | opcode,
            second | 127,
            0,
            0,
            0,
            0,
            0,
            length >> 16,
            length >> 8,
            length,
          ]);
  if (mask === undefined) return Buffer.concat([head, payload]);
  const hidden = payload.map((byte, i) => byte ^ (mask[i % 4] as number));
  return Buffer.concat([head, mask, hidden]);
}

const masks = fc.option(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  { nil: undefined },
);
const frames = fc
  .tuple(
    fc.constantFrom(0x0, 0x1, 0x2, 0x9, 0xa),
    fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(125, 126, 65_535, 65_536, 70_000)),
    masks,
  )
  .map(([opcode, length, mask]) => frame(opcode, Buffer.alloc(length, 0x88), mask));

test('it knows after each byte whether a frame has just ended, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(frames, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 12 }),
      (sent, cuts) => {
        const stream = Buffer.concat(sent);
        const ends = new Set([0]);
        let end = 0;
        for (const { length } of sent) {
          end += length;
          ends.add(end);
        }
        const follower = new FrameFollower();
        const places = [...new Set([...cuts, stream.length])].sort((a, b) => a - b);
        let at = 0;
        for (const place of places) {
          const to = Math.min(place, stream.length);
          follower.follow(stream.subarray(at, to));
          at = to;
          assert.equal(follower.isBetweenFrames, ends.has(at), `at ${at}`);
        }
        assert.equal(follower.closeCode, undefined);
      },
    ),
  );
});

test('the code of a Close is read, under its mask and byte by byte', () => {
  for (const mask of [undefined, Buffer.from([1, 2, 3, 4])]) {
    const payload = Buffer.concat([Buffer.from([4001 >> 8, 4001 & 0xff]), Buffer.from('why')]);
    const follower = new FrameFollower();
    for (const byte of frame(0x8, payload, mask)) follower.follow(Buffer.from([byte]));
    assert.equal(follower.closeCode, 4001);
    assert.ok(follower.isBetweenFrames);
  }
  const empty = new FrameFollower();
  empty.follow(frame(0x8, Buffer.alloc(0), undefined));
  assert.equal(empty.closeCode, 1005);
});

test('what the gateway writes is a whole frame each', () => {
  const ping = pingFrame(Buffer.from('payload'));
  for (const written of [ping, closeFrame(1001, true), closeFrame(1001, false)]) {
    const follower = new FrameFollower();
    follower.follow(written);
    assert.ok(follower.isBetweenFrames);
    assert.equal(follower.closeCode, written === ping ? undefined : 1001);
  }
});

test('it can be led frame by frame', () => {
  const [first, second] = [
    frame(0x2, Buffer.alloc(3), undefined),
    frame(0xa, Buffer.alloc(0), undefined),
  ];
  const follower = new FrameFollower();
  const stream = Buffer.concat([first, second, Buffer.from([0x82])]);
  assert.equal(follower.followFrame(stream, 0), first.length);
  assert.equal(follower.followFrame(stream, first.length), first.length + second.length);
  assert.equal(follower.followFrame(stream, first.length + second.length), stream.length);
  assert.equal(follower.isBetweenFrames, false);
});
