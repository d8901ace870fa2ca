/** Addresses of which one is every address of the machine and others are among them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../base/log.ts';
import type { ListenerModel } from '../config/model.ts';
import { Gateway } from './gateway.ts';
import { limits, siteModel } from './testing/gateway-kit.ts';
import { RawSocket } from './testing/raw-socket.ts';

test('clients of an address of the machine are its own, those of all others the listener of every address’s', async (t) => {
  const port = await start(t, [['0.0.0.0'], ['127.0.0.1'], ['127.0.0.3']]);
  assert.equal(await askAt('127.0.0.1', port), '127.0.0.1');
  assert.equal(await askAt('127.0.0.2', port), '0.0.0.0');
  assert.equal(await askAt('127.0.0.3', port), '127.0.0.3');
});

test('every address of IPv6 leaves those of IPv4 to another listener when it is said so', async (t) => {
  const port = await start(t, [['::', { ipv6Only: true }], ['0.0.0.0'], ['127.0.0.1'], ['::1']]);
  assert.equal(await askAt('127.0.0.1', port), '127.0.0.1');
  assert.equal(await askAt('127.0.0.2', port), '0.0.0.0');
  assert.equal(await askAt('::1', port), '::1');
});

test('every address of IPv6 takes IPv4 as well when nothing is said', async (t) => {
  const port = await start(t, [['::']]);
  assert.equal(await askAt('127.0.0.1', port), '::');
  assert.equal(await askAt('::1', port), '::');
});

/** Listeners of one port that answer with their address. */
async function start(
  context: TestContext,
  listeners: readonly (readonly [host: string, more?: Partial<ListenerModel>])[],
): Promise<number> {
  const port = await portFreeEverywhere();
  const gateway = new Gateway(
    {
      listeners: listeners.map(([host, more]) => {
        const site = siteModel(undefined, [], {
          rules: [{ kind: 'return', status: 200, text: [host] }],
        });
        const address = { kind: 'tcp', host, port } as const;
        return { address, tls: false, sites: [site], defaultSite: site, ...more };
      }),
      limits,
    },
    { log: silentLog },
  );
  context.after(() => gateway.close({ drainMs: 0 }));
  await gateway.listen();
  return port;
}

async function askAt(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const client = new RawSocket(socket);
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await client.head();
  const body = await client.rest();
  client.destroy();
  return body;
}

async function portFreeEverywhere(): Promise<number> {
  const server = createServer().listen({ host: '::', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
