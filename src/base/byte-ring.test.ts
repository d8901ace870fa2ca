import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteRing } from './byte-ring.ts';

test('a ring gives back exactly the last bytes of the stream, from any offset', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 300 }),
      fc.nat({ max: 400 }),
      (chunks, capacity, limit) => {
        const ring = new ByteRing(capacity);
        for (const chunk of chunks) ring.append(chunk);
        const whole = Buffer.concat(chunks);
        assert.equal(ring.end, whole.length);
        assert.equal(ring.start, Math.max(0, whole.length - capacity));
        for (let offset = ring.start; offset <= ring.end; offset += 7) {
          const read = Buffer.concat(ring.read(offset, limit));
          assert.deepEqual(read, whole.subarray(offset, offset + limit));
        }
      },
    ),
  );
});

test('reading a forgotten or future offset is a RangeError', () => {
  const ring = new ByteRing(4);
  ring.append(Buffer.from('abcdef'));
  assert.throws(() => ring.read(1), RangeError);
  assert.throws(() => ring.read(7), RangeError);
  assert.deepEqual(Buffer.concat(ring.read(2)), Buffer.from('cdef'));
});

test('a long stream of small chunks does not keep the forgotten ones', () => {
  const ring = new ByteRing(100);
  for (let i = 0; i < 10_000; i++) ring.append(Buffer.from('x'));
  assert.equal(ring.end - ring.start, 100);
  assert.equal(Buffer.concat(ring.read(ring.start)).length, 100);
});
