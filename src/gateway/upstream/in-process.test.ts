import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { inProcessConnection } from './in-process.ts';

/** The error an end is closed by, or undefined. */
async function closed(end: Duplex): Promise<NodeJS.ErrnoException | undefined> {
  let error: NodeJS.ErrnoException | undefined;
  end.once('error', (raised) => {
    error = raised;
  });
  await new Promise((resolve) => end.once('close', resolve));
  return error;
}

test('each end reads what the other wrote, after the write has returned', async () => {
  const [left, right] = inProcessConnection();
  let returned = false;
  right.once('data', (chunk) => {
    assert.ok(returned);
    assert.equal(chunk.toString(), 'ping');
    right.end('pong');
  });
  left.write('ping');
  returned = true;
  assert.equal((await buffer(left)).toString(), 'pong');
  left.destroy();
  right.destroy();
});

test('a half-closed end still reads', async () => {
  const [left, right] = inProcessConnection();
  left.end('question');
  assert.equal((await buffer(right)).toString(), 'question');
  right.end('answer');
  assert.equal((await buffer(left)).toString(), 'answer');
});

test('a writer is held back by a reader that does not read', async () => {
  const [left, right] = inProcessConnection();
  const chunk = Buffer.alloc(16 * 1024);
  for (let i = 0; i < 100; i++) {
    if (!left.write(chunk)) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(left.writableNeedDrain);
  const held = left.writableLength + right.readableLength;
  assert.ok(held <= left.writableHighWaterMark + right.readableHighWaterMark + 2 * chunk.length);
  right.resume();
  await once(left, 'drain');
  left.destroy();
  right.destroy();
});

test('what an end said before it closed can be read to its end', async () => {
  const [left, right] = inProcessConnection();
  left.end(Buffer.alloc(200_000, 1));
  left.once('finish', () => left.destroy());
  assert.equal((await buffer(right)).length, 200_000);
  right.destroy();
});

test('destroying an end that has not ended resets the other', async () => {
  const [left, right] = inProcessConnection();
  const seen = closed(right);
  right.resume();
  left.destroy();
  assert.equal((await seen)?.code, 'ECONNRESET');
});

test('an error at one end is a reset at the other, and stays at home itself', async () => {
  const [left, right] = inProcessConnection();
  const seen = Promise.all([closed(left), closed(right)]);
  left.destroy(new Error('mine'));
  const [own, other] = await seen;
  assert.equal(own?.message, 'mine');
  assert.equal(other?.code, 'ECONNRESET');
});

test('a write that waits for a reader does not outlive it', async () => {
  const [left, right] = inProcessConnection();
  left.write(Buffer.alloc(100_000));
  left.write(Buffer.alloc(100_000));
  const seen = closed(left);
  await new Promise((resolve) => setImmediate(resolve));
  right.destroy();
  assert.equal((await seen)?.code, 'ECONNRESET');
});

test('node:http serves over it, keep-alive included', async () => {
  const server = createServer((incoming, response) => {
    response.setHeader('Content-Length', 1);
    response.end(incoming.url?.slice(1));
  });
  const [left, right] = inProcessConnection();
  server.emit('connection', right);
  left.setEncoding('latin1');
  for (const answer of ['1', '2']) {
    left.write(`GET /${answer} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let text = '';
    while (!text.endsWith(`\r\n\r\n${answer}`)) text += (await once(left, 'data'))[0];
    assert.ok(text.startsWith('HTTP/1.1 200 OK\r\n'));
  }
  const gone = once(right, 'close');
  left.end();
  await gone;
  left.destroy();
});
