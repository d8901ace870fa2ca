import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempFolder } from '../../test/kit/temp.ts';
import { reset } from './cut.ts';

/** Both ends of a connection. @param path of a Unix socket; default: of TCP */
async function connection(t: TestContext, path?: string): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
  await once(server, 'listening');
  const near = connect(
    path === undefined
      ? { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
      : { path },
  );
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ];
  t.after(() => {
    far.destroy();
    near.destroy();
    server.close();
  });
  return { near, far };
}

/** What the other side sees: the code of its error, or `end`. */
function endOf(socket: Socket): Promise<string> {
  socket.resume();
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('end', () => resolve('end'));
  });
}

test('the other side of a reset connection sees an error and no end', async (t) => {
  const { near, far } = await connection(t);
  const seen = endOf(far);
  near.write('half an answer');
  await once(far, 'data');
  reset(near);
  assert.equal(await seen, 'ECONNRESET');
});

test('so it does while something is still to be written, though the end was asked for', async (t) => {
  const { near, far } = await connection(t);
  far.pause();
  near.end(Buffer.alloc(50_000_000));
  reset(near);
  assert.equal(await endOf(far), 'ECONNRESET');
});

test('a Unix socket, which has no reset, is closed without an error', async (t) => {
  const { near, far } = await connection(t, join(tempFolder(t), 'socket'));
  const seen = endOf(far);
  reset(near);
  await once(near, 'close');
  assert.deepEqual([near.errored, await seen], [null, 'end']);
});

test('a connection that is not up yet is given up', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  reset(near);
  await once(near, 'close');
  assert.deepEqual([near.errored, near.connecting], [null, false]);
});

test('a connection that is just ending is closed, without an error', async (t) => {
  const { near, far } = await connection(t);
  const seen = endOf(far);
  const errors: unknown[] = [];
  near.on('error', (error) => errors.push(error));
  near.end();
  reset(near);
  assert.equal(await seen, 'end');
  far.destroy();
  await once(far, 'close');
  // Nothing else here has a TCP socket: one that was forgotten would stay in this list for ever.
  await new Promise(setImmediate);
  const open = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap');
  assert.deepEqual([open, errors], [[], []]);
});
