import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptBody } from './kept-body.ts';
import { SocketCounts } from './socket-counts.ts';

test('what is kept are copies, up to the limit of one body', () => {
  const kept = new KeptBody(new SocketCounts(), 8);
  const chunk = Buffer.from('hello');
  assert.ok(kept.add(chunk));
  chunk.fill('x');
  assert.equal(kept.add(Buffer.from('more')), false);
  assert.ok(kept.add(Buffer.from('you')));
  assert.equal(Buffer.concat(kept.pieces).toString(), 'helloyou');
});

test('bytes behind the body are taken out again', () => {
  const counts = new SocketCounts();
  const kept = new KeptBody(counts, 100);
  kept.add(Buffer.from('a'));
  kept.add(Buffer.from('bcGET'));
  kept.trim(3);
  assert.equal(Buffer.concat(kept.pieces).toString(), 'abc');
  kept.add(Buffer.from('GET'));
  kept.trim(3);
  assert.equal(Buffer.concat(kept.pieces).toString(), 'abc');
  assert.equal(counts.keptBytes, 3);
});

test('all bodies of a gateway share a limit, and what is forgotten makes room', () => {
  const counts = new SocketCounts();
  const mebibyte = Buffer.alloc(1024 * 1024);
  const bodies = Array.from({ length: 64 }, () => new KeptBody(counts, mebibyte.length));
  for (const body of bodies) assert.ok(body.add(mebibyte));
  const late = new KeptBody(counts, mebibyte.length);
  assert.equal(late.add(Buffer.from('x')), false);
  bodies[0]?.forget();
  assert.ok(late.add(Buffer.from('x')));
  for (const body of [...bodies, late]) body.forget();
  assert.equal(counts.keptBytes, 0);
});
