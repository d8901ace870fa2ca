import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BodyFraming, bodyReader } from '../http1/body.ts';
import { BodyRelay } from './body-relay.ts';
import { limits } from './testing/gateway-kit.ts';

/** A receiver that takes everything at once. */
function sink(): { socket: Duplex; text(): string } {
  const chunks: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, encoding, done) {
      chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      done();
    },
  });
  return { socket, text: () => Buffer.concat(chunks).toString('latin1') };
}

/** The bytes that a sender would send for `body`. */
function encoded(framing: BodyFraming, body: Buffer, chunkBytes: number): Buffer {
  if (framing.kind !== 'chunked') return body;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunkBytes) {
    const data = body.subarray(at, at + chunkBytes);
    parts.push(Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function decodeChunks(text: string): string {
  const reader = bodyReader({ kind: 'chunked' }, 'upstream', limits);
  const data = Buffer.concat([...reader.push(Buffer.from(text, 'latin1'))]);
  assert.ok(reader.done);
  return data.toString('latin1');
}

test('whatever goes in by whatever framing and cuts comes out, behind the head, and is counted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('length', 'chunked', 'until-close'),
      fc.boolean(),
      // Around the size up to which head and body are one write, too.
      fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 4000, max: 9000 })),
      fc.integer({ min: 1, max: 6000 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 8 }),
      (kind, chunked, bodyBytes, chunkBytes, cuts) => {
        const body = Buffer.alloc(bodyBytes, 'body of bytes \xff\x00', 'latin1');
        const framing: BodyFraming = kind === 'length' ? { kind, length: body.length } : { kind };
        const { socket, text } = sink();
        const relay = new BodyRelay(bodyReader(framing, 'upstream', limits), socket, chunked);
        let bytes = encoded(framing, body, chunkBytes);
        let before = 'head';
        for (const cut of [...cuts, bytes.length]) {
          if (relay.done && before === '') break;
          relay.push(bytes.subarray(0, cut), before);
          before = '';
          bytes = bytes.subarray(cut);
        }
        if (kind === 'until-close') relay.end();
        assert.ok(relay.done);
        assert.equal(relay.rest.length, 0);
        const sent = text();
        assert.ok(sent.startsWith('head'));
        assert.equal(relay.bytesWritten, sent.length - 'head'.length);
        const data = sent.slice('head'.length);
        assert.equal(chunked ? decodeChunks(data) : data, body.toString('latin1'));
      },
    ),
    { numRuns: 500 },
  );
});

test('what is behind a body is left for others, also when there is none', () => {
  const cases: [framing: BodyFraming, bytes: string, rest: string][] = [
    [{ kind: 'length', length: 2 }, 'abcd', 'cd'],
    [{ kind: 'chunked' }, '1\r\na\r\n0\r\n\r\nnext', 'next'],
    [{ kind: 'none' }, 'next', 'next'],
  ];
  for (const [framing, bytes, rest] of cases) {
    const { socket } = sink();
    const relay = new BodyRelay(bodyReader(framing, 'upstream', limits), socket, false);
    relay.push(Buffer.from(bytes));
    assert.equal(relay.rest.toString(), rest);
  }
});

test('broken framing is told before anything of it is written', () => {
  const { socket, text } = sink();
  const relay = new BodyRelay(bodyReader({ kind: 'chunked' }, 'upstream', limits), socket, true);
  assert.throws(() => relay.push(Buffer.from('1\r\na\r\nx'), 'head'), { status: 502 });
  assert.equal(text(), '');
});

test('of a body that is too large nothing is written any more, and no head before it', () => {
  const first = sink();
  const whole = new BodyRelay(
    bodyReader({ kind: 'chunked' }, 'client', limits),
    first.socket,
    true,
    3,
  );
  const chunked = Buffer.from('2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n');
  assert.throws(() => whole.push(chunked, 'head'), { code: 'HW_BODY_TOO_LARGE' });
  assert.equal(first.text(), '');

  const second = sink();
  const reader = bodyReader({ kind: 'until-close' }, 'client', limits);
  const growing = new BodyRelay(reader, second.socket, false, 3);
  growing.push(Buffer.from('abc'));
  assert.throws(() => growing.push(Buffer.from('d')), { code: 'HW_BODY_TOO_LARGE' });
  assert.equal(second.text(), 'abc');
});
