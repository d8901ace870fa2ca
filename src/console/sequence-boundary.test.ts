import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SequenceBoundary } from './sequence-boundary.ts';

function pendingAfter(text: string | Uint8Array): number {
  const boundary = new SequenceBoundary();
  boundary.push(Buffer.from(text));
  return boundary.pendingBytes;
}

test('every sequence is pending from its first byte to its last', () => {
  const sequences = [
    ...[
      'é',
      '漢',
      '😀',
      '\x1bM',
      '\x1b(0',
      '\x1b[m',
      '\x1b[38;2;1;2;3m',
      '\x1b[?1049h',
      '\x1b[4 q',
    ],
    ...['\x1b]0;title\x07', '\x1b]0;é\x07', '\u009b31m', '\u009d0;t\u009c'],
  ];
  for (const sequence of sequences) {
    const bytes = Buffer.from(sequence);
    for (let length = 0; length < bytes.length; length++) {
      const seen = Buffer.concat([Buffer.from('text'), bytes.subarray(0, length)]);
      assert.equal(pendingAfter(seen), length, JSON.stringify({ sequence, length }));
    }
    assert.equal(pendingAfter(sequence), 0, JSON.stringify(sequence));
  }
});

test('a string that ends with ESC \\ is over at ESC; the rest is a sequence of its own', () => {
  assert.equal(pendingAfter('\x1bPq#0\x1b'), 1);
  assert.equal(pendingAfter('\x1bPq#0\x1b\\'), 0);
  assert.equal(pendingAfter('\x1b_app\x18'), 0);
});

test('bytes that are no UTF-8 hold nothing up', () => {
  assert.equal(pendingAfter(Uint8Array.of(0x80, 0xff, 0xc0, 0xf5)), 0);
  assert.equal(pendingAfter(Uint8Array.of(0xe2, 0x41)), 0);
  assert.equal(pendingAfter(Uint8Array.of(0xe2, 0xe2)), 1);
});

test('a string that never ends stops counting', () => {
  assert.equal(pendingAfter(`\x1b]52;c;${'A'.repeat(1000)}`), 1007);
  assert.equal(pendingAfter(`\x1b]52;c;${'A'.repeat(70_000)}`), 0);
});

test('how the output is cut into chunks makes no difference', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 60 }), (bytes, cut) => {
      const boundary = new SequenceBoundary();
      boundary.push(bytes.subarray(0, cut));
      boundary.push(bytes.subarray(cut));
      assert.equal(boundary.pendingBytes, pendingAfter(bytes));
    }),
  );
});
