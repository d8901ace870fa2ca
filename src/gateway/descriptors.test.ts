import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Descriptors } from './descriptors.ts';

test('a descriptor of the reserve is one of the last, whatever the limit', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });

  assert.equal(new Descriptors().shortageFor(accepted), 'none');
  assert.equal(new Descriptors(Number.POSITIVE_INFINITY).shortageFor(accepted), 'none');
  // Its number is above those of the three standard streams, and far below 1000.
  assert.equal(new Descriptors(1000 + 64).shortageFor(accepted), 'none');
  assert.equal(new Descriptors(4).shortageFor(accepted), 'severe');
  const number = (accepted as Socket & { _handle: { fd: number } })._handle.fd;
  // A quarter of a small limit is kept, and half of that for refusals.
  const found = [1.5, 1.2, 1.1].map((share) =>
    new Descriptors(number * share).shortageFor(accepted),
  );
  assert.deepEqual(found, ['none', 'short', 'severe']);
});
