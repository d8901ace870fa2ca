import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { endLoan, giveBack, hasTakenAll, lend } from './read-memory.ts';

/** Fills its memory alone, as what a socket reads does. */
const whole = (length: number) => Buffer.from(new ArrayBuffer(length));

test('a chunk that is being delivered is freed when it, or a part of it, is given back', () => {
  for (const part of [(chunk: Buffer) => chunk, (chunk: Buffer) => chunk.subarray(1, 2)]) {
    const chunk = whole(8);
    lend(chunk);
    giveBack(part(chunk));
    assert.equal(chunk.length, 0);
    endLoan();
  }
});

test('a chunk that was kept is not freed later', () => {
  const chunk = whole(8);
  lend(chunk);
  endLoan();
  giveBack(chunk);
  assert.equal(chunk.length, 8);
});

test('no other memory than that of the chunk being delivered is freed', () => {
  const [delivered, other] = [whole(8), whole(8)];
  lend(delivered);
  giveBack(other);
  endLoan();
  assert.equal(other.length, 8);
  assert.equal(delivered.length, 8);
});

test('memory that others use too is not freed', () => {
  const shared = new ArrayBuffer(16);
  const [pooled, neighbour] = [Buffer.from('from the pool'), Buffer.from(shared, 8, 8)];
  for (const chunk of [pooled, Buffer.from(shared, 0, 8)]) {
    lend(chunk);
    giveBack(chunk);
    endLoan();
  }
  assert.equal(pooled.toString(), 'from the pool');
  assert.equal(neighbour.length, 8);
});

test('a socket has taken all as soon as the system has, another stream is not known to', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const near = connect(address.port, '127.0.0.1');
  t.after(() => near.destroy());
  const [far] = (await once(server, 'connection')) as [Socket];
  t.after(() => far.destroy());
  if (near.connecting) await once(near, 'connect');
  near.write('a few bytes');
  assert.equal(hasTakenAll(near), true);
  far.pause();
  while (near.writableLength === 0) near.write(Buffer.alloc(2 ** 20));
  assert.equal(hasTakenAll(near), false);
  assert.equal(hasTakenAll(new PassThrough()), false);
});
