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

  assert.equal(new Descriptors().areShortFor(accepted), false);
  assert.equal(new Descriptors(Number.POSITIVE_INFINITY).areShortFor(accepted), false);
  // Its number is below 1000, and no limit is as low as 3: the three standard streams are open.
  assert.equal(new Descriptors(1000 + 64).areShortFor(accepted), false);
  assert.equal(new Descriptors(4).areShortFor(accepted), true);
});
