import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Cutter, startCutter } from './cutter.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { atEnd, type Scope } from './scope.ts';

leaveNothingBehind();

/** A server that sends `bytes` to everyone who connects, and what comes back to whoever asks. */
async function startSource(scope: Scope, bytes: Buffer): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk));
    socket.write(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function connectThrough(scope: Scope, cutter: Cutter): Socket {
  const socket = connect(Number(new URL(cutter.origin).port), '127.0.0.1');
  socket.on('error', () => {});
  atEnd(scope, () => {
    socket.destroy();
  });
  return socket;
}

/** once() would reject when a reset is reported before the close. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** How many bytes came before the end. */
async function bytesUntilCut(socket: Socket): Promise<number> {
  let count = 0;
  socket.on('data', (chunk) => {
    count += chunk.length;
  });
  await closed(socket);
  return count;
}

test('cuts as often as planned, never later than planned, at the same bytes for the same seed', async (t) => {
  const port = await startSource(t, Buffer.alloc(100_000));
  const plan = { cuts: 5, minBytes: 1_000, maxBytes: 90_000 };
  const runs: number[][] = [];
  for (let run = 0; run < 2; run++) {
    const cutter = await startCutter(t, { port, seed: 7 });
    cutter.follow(plan);
    for (let cut = 1; cut <= plan.cuts; cut++) {
      const count = await bytesUntilCut(connectThrough(t, cutter));
      assert.ok(count <= plan.maxBytes);
      assert.equal(cutter.cuts.length, cut);
    }
    runs.push(cutter.cuts);
    const whole = connectThrough(t, cutter);
    let rest = 0;
    for await (const chunk of whole) {
      rest += (chunk as Buffer).length;
      if (rest === 100_000) break;
    }
  }
  assert.deepEqual(runs[0], runs[1]);
  assert.equal(new Set(runs[0]).size, plan.cuts);
});

test('cuts everything on demand', async (t) => {
  const cutter = await startCutter(t, { port: await startSource(t, Buffer.from('hello')) });
  const socket = connectThrough(t, cutter);
  await once(socket, 'data');
  cutter.cut();
  await closed(socket);
  assert.equal(cutter.connections, 0);
});

test('holds everything back while stalled and loses nothing of it', async (t) => {
  const port = await startSource(t, Buffer.from('hello'));
  const cutter = await startCutter(t, { port });
  const through = connectThrough(t, cutter);
  await once(through, 'data');
  cutter.stall();
  let echoed = '';
  through.on('data', (chunk) => {
    echoed += chunk;
  });
  through.write('are you there?');
  // Without the cutter the same words make their way there and back meanwhile.
  const direct = connect(port, '127.0.0.1');
  await once(direct, 'data');
  direct.write('are you there?');
  await once(direct, 'data');
  direct.destroy();
  assert.equal(echoed, '');
  cutter.resume();
  await once(through, 'data');
  assert.equal(echoed, 'are you there?');
});
