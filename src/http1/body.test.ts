import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HatchwayError } from '../base/errors.ts';
import { type BodyFraming, type BodyReader, bodyReader } from './body.ts';
import { chunkEnd, chunkHeader, lastChunk } from './chunk-writer.ts';
import { chunksOf, cut, testLimits } from './testing/read-messages.ts';

function readerOf(framing: BodyFraming, sender: 'client' | 'upstream' = 'client'): BodyReader {
  return bodyReader(framing, sender, testLimits);
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** All that a reader gives for these chunks, until it is done, and the bytes behind the body in the chunk that ended it. */
function readAll(reader: BodyReader, chunks: readonly Buffer[]): { data: string; rest: string } {
  let data = '';
  for (const chunk of chunks) {
    for (const range of reader.push(chunk)) data += range.toString('latin1');
    if (reader.done) return { data, rest: reader.rest.toString('latin1') };
  }
  return { data, rest: '' };
}

const chunked: BodyFraming = { kind: 'chunked' };

test('a body of no bytes is done before it begins', () => {
  for (const framing of [{ kind: 'none' }, { kind: 'length', length: 0 }] as const) {
    const reader = readerOf(framing);
    assert.equal(reader.done, true);
    assert.equal(reader.rest.length, 0);
    reader.end();
  }
});

test('a body of a length ends after so many bytes and leaves the others', () => {
  const reader = readerOf({ kind: 'length', length: 5 });
  const first = bytesOf('abc');
  assert.deepEqual(reader.push(first), [first]);
  assert.equal(reader.push(first)[0]?.buffer, first.buffer);
  assert.equal(reader.done, true);
  assert.equal(reader.rest.toString(), 'c');
});

test('a body until the close takes everything and ends with the connection', () => {
  const reader = readerOf({ kind: 'until-close' }, 'upstream');
  assert.deepEqual(readAll(reader, [bytesOf('abc'), bytesOf(''), bytesOf('def')]), {
    data: 'abcdef',
    rest: '',
  });
  assert.equal(reader.done, false);
  reader.end();
  assert.equal(reader.done, true);
});

test('a body that ends too early is the fault of whoever sent it', () => {
  for (const framing of [{ kind: 'length', length: 5 }, chunked] as const) {
    for (const [sender, status] of [
      ['client', 400],
      ['upstream', 502],
    ] as const) {
      const reader = readerOf(framing, sender);
      reader.push(bytesOf('4\r\n'));
      assert.equal(reader.done, false);
      assert.throws(() => reader.end(), { status });
    }
  }
});

test('a chunked body gives its data, its trailers and what is behind it', () => {
  const cases = [
    ['0\r\n\r\n', '', [], ''],
    ['0\r\n\r\nGET', '', [], 'GET'],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello', [], ''],
    [
      '1\r\na\r\n0A\r\n0123456789\r\nb\r\n0123456789-\r\n00\r\n\r\n\r\n',
      'a01234567890123456789-',
      [],
      '\r\n',
    ],
    ['2;name=value;x\r\n\r\n\r\n0;y\r\n\r\n', '\r\n', [], ''],
    ['0\r\nA: b\r\nX-Sum:  1 \r\n\r\nrest', '', ['A', 'b', 'X-Sum', '1'], 'rest'],
  ] as const;
  for (const [text, data, trailers, rest] of cases) {
    const reader = readerOf(chunked);
    assert.deepEqual(readAll(reader, [bytesOf(text)]), { data, rest });
    assert.equal(reader.done, true);
    assert.deepEqual(reader.trailers.flat, trailers);
    reader.end();
  }
});

test('a chunked body is refused at the first byte that cannot be', () => {
  const cases = [
    ['\r', '0x0d in a chunk size'],
    [' 1', '0x20 in a chunk size'],
    ['+1', '0x2b in a chunk size'],
    ['-1', '0x2d in a chunk size'],
    ['0x1', '0x78 in a chunk size'],
    ['1 ', '0x20 in a chunk size'],
    ['1\n', '0x0a in a chunk size'],
    ['1\rX', 'CR without LF behind a chunk size'],
    ['g', '0x67 in a chunk size'],
    ['20000000000000', 'too large'],
    ['0'.repeat(17), 'too large'],
    ['1;\r', '0x0d in a chunk extension'],
    ['1; a', '0x20 in a chunk extension'],
    ['1;a\n', '0x0a in a chunk extension'],
    ['1;a="b"', '0x22 in a chunk extension'],
    [`1;${'a'.repeat(17_000)}`, 'extensions are too long'],
    [`1;${'a'.repeat(9000)}\r\nx\r\n1;${'a'.repeat(9000)}`, 'extensions are too long'],
    ['1\r\nab', 'longer than its size'],
    ['1\r\na\n', 'longer than its size'],
    ['1\r\na\rb', 'CR without LF behind a chunk'],
    ['0\r\n\n', '0x0a in a name'],
    ['0\r\n A: b', 'begins with a space'],
    ['0\r\nA : b', '0x20 in a name'],
    ['0\r\nA: b\n', '0x0a in a value'],
    [`0\r\nA: ${'b'.repeat(1100)}`, 'more than 1024 bytes'],
    [`0\r\n${'A: b\r\n'.repeat(13)}`, '12 fields'],
  ] as const;
  for (const [text, reason] of cases) {
    for (const [sender, code, status] of [
      ['client', 'HW_HTTP_BODY', 400],
      ['upstream', 'HW_HTTP_RESPONSE', 502],
    ] as const) {
      assert.throws(
        () => readerOf(chunked, sender).push(bytesOf(text)),
        (error) => {
          assert.ok(error instanceof HatchwayError);
          assert.equal(error.code, code);
          assert.equal(error.status, status);
          assert.ok(error.message.includes(reason), `${error.message} / ${reason}`);
          return true;
        },
        JSON.stringify(text),
      );
    }
  }
});

test('the largest chunk there can be is counted to its end', () => {
  const reader = readerOf(chunked);
  assert.deepEqual(reader.push(bytesOf('1fffffffffffff\r\nabc')), [bytesOf('abc')]);
  assert.equal(reader.done, false);
});

test('large pieces of data are not copied', () => {
  const data = Buffer.alloc(40_000, 'x');
  const bytes = Buffer.concat([
    ...[bytesOf(chunkHeader(data.length)), data, bytesOf(chunkEnd)],
    ...[bytesOf(chunkHeader(data.length)), data, bytesOf(chunkEnd)],
  ]);
  const ranges = readerOf(chunked).push(bytes);
  assert.deepEqual(
    ranges.map((range) => [range.buffer, range.length]),
    [
      [bytes.buffer, data.length],
      [bytes.buffer, data.length],
    ],
  );
});

test('many tiny chunks become few pieces, in order, between the large ones', () => {
  const sizes = [...Array.from({ length: 3000 }, () => 1), 600, 1, 2, 700, 511, 512, 1];
  const data = sizes.map((size, i) => Buffer.alloc(size, 0x41 + (i % 50)));
  const encoded = data.flatMap((part) => [
    bytesOf(chunkHeader(part.length)),
    part,
    bytesOf(chunkEnd),
  ]);
  const ranges = readerOf(chunked).push(Buffer.concat(encoded));
  assert.deepEqual(Buffer.concat(ranges), Buffer.concat(data));
  assert.ok(ranges.length <= 8, `${ranges.length} pieces`);
});

const tokens = fc.stringMatching(/^[A-Za-z-]{1,12}$/);

test('what the writer encodes comes back, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 20 }),
          fc.uint8Array({ minLength: 500, maxLength: 600 }),
        ),
        { maxLength: 12 },
      ),
      fc.array(fc.tuple(tokens, fc.stringMatching(/^[!-~]{0,10}$/)), { maxLength: 3 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.nat({ max: 4000 }), { maxLength: 10 }),
      (parts, trailers, behind, cuts) => {
        const bytes = Buffer.concat([
          ...parts.flatMap((part) => [bytesOf(chunkHeader(part.length)), part, bytesOf(chunkEnd)]),
          bytesOf(lastChunk(trailers.flat())),
        ]);
        const data = Buffer.concat(parts).toString('latin1');
        for (const chunks of [cut(bytes, cuts), chunksOf(bytes, 1)]) {
          const reader = readerOf(chunked);
          const last = chunks.length - 1;
          chunks[last] = Buffer.concat([chunks[last] as Buffer, behind]);
          assert.deepEqual(readAll(reader, chunks), {
            data,
            rest: Buffer.from(behind).toString('latin1'),
          });
          assert.equal(reader.done, true);
          assert.deepEqual(reader.trailers.flat, trailers.flat());
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('bytes of any kind are understood or refused alike, however they are cut', () => {
  const text = fc
    .array(fc.constantFrom('0', '1', '3', 'a', '\r\n', '\r', '\n', ';', '=', ' ', 'abc', 'A: b'), {
      maxLength: 30,
    })
    .map((parts) => bytesOf(parts.join('')));
  const outcome = (chunks: readonly Buffer[]) => {
    const reader = readerOf(chunked);
    let data = '';
    try {
      for (const [i, chunk] of chunks.entries()) {
        for (const range of reader.push(chunk)) data += range.toString('latin1');
        if (reader.done) {
          const rest = Buffer.concat([reader.rest, ...chunks.slice(i + 1)]).toString('latin1');
          return { data, rest, trailers: reader.trailers.flat };
        }
      }
      return { data };
    } catch (error) {
      // How much data came before an error depends on the cuts, as it must: it is passed on as it comes.
      return { error: String(error) };
    }
  };
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 60 })), (bytes, cuts) => {
      const whole = outcome([bytes]);
      assert.deepEqual(outcome(cut(bytes, cuts)), whole);
      assert.deepEqual(outcome(chunksOf(bytes, 1)), whole);
    }),
    { numRuns: 1000 },
  );
});
