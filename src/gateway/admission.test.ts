import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { tempFolder } from '../../test/kit/temp.ts';
import type { RouteModel } from '../config/route-model.ts';
import { GatewayKit, routeModel, tcpServer, upstreamModel } from './testing/gateway-kit.ts';
import { RawServer, type RawSocket } from './testing/raw-socket.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n';

/** One request at once, the next one 100 ms later. */
const zone = { name: 'z', key: ['x'], perSecond: 10, bytes: 65_536 };
const places = { name: 'c', key: ['x'], bytes: 65_536 };
const delaying: RouteModel['limits'] = {
  requests: { limits: [{ zone: 'z', burst: 5 }] },
  connections: { limits: [{ zone: 'c', most: 1 }] },
};

/** A gateway that asks a second server, at `/auth`, before the first one. */
async function start(context: TestContext, auth: Partial<RouteModel>, route: Partial<RouteModel>) {
  const server = await RawServer.listen();
  context.after(() => server.close());
  const authRoute = { ...routeModel('/auth', upstreamModel(tcpServer(server.port))), ...auth };
  const kit = await GatewayKit.start(context, {
    requestZones: [zone],
    connectionZones: [places],
    site: { routes: [authRoute] },
    route,
  });
  return { kit, server };
}

/** Takes the one request that is not delayed. */
async function first(kit: GatewayKit): Promise<void> {
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
  upstream.end();
  await client.head();
  client.destroy();
  await kit.opened({ clients: 0, upstreams: 0 });
}

/** Another client's request, whose turn is later, is the next that the server gets. */
async function expectForgotten(kit: GatewayKit, left: RawSocket): Promise<void> {
  await kit.opened({ clients: 0 });
  left.destroy();
  const { upstream, head } = await kit.ask('GET /later HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(head, /^GET \/later /);
  upstream.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
}

for (const [how, leave] of [
  ['closes', (client: RawSocket) => client.end()],
  ['resets', (client: RawSocket) => client.reset()],
] as const) {
  for (const [what, text] of [
    ['a request', get],
    ['a request with a body', post],
  ] as const) {
    test(`${what} that waits for its turn is forgotten when its client ${how}`, async (t) => {
      const kit = await GatewayKit.start(t, {
        requestZones: [zone],
        connectionZones: [places],
        route: { limits: delaying },
      });
      await first(kit);
      const client = await kit.connect();
      client.socket.on('error', () => {});
      client.write(text);
      await kit.logged(/^delaying request/);
      if (text === post) {
        for (const part of ['abc', 'def']) {
          client.write(part);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      leave(client);
      await expectForgotten(kit, client);
    });
  }
}

test('a server that is being asked about a request is left when its client has gone', async (t) => {
  const { kit, server } = await start(t, {}, { access: { authRequest: { uri: ['/auth'] } } });
  const client = await kit.connect();
  client.write(get);
  const asked = await server.accept();
  await asked.head();
  client.end();
  await asked.gone();
  await kit.opened({ clients: 0, upstreams: 0 });
  assert.equal(kit.upstream.connections, 0);
});

test('it is left, too, when what another one has answered before breaks off', async (t) => {
  const page: RouteModel = {
    ...routeModel('/page', upstreamModel(tcpServer(1))),
    access: { authRequest: { uri: ['/auth'] } },
  };
  const server = await RawServer.listen();
  t.after(() => server.close());
  const kit = await GatewayKit.start(t, {
    site: { routes: [page, routeModel('/auth', upstreamModel(tcpServer(server.port)))] },
    route: {
      access: { authRequest: { uri: ['/auth'] } },
      response: { errorPages: [{ statuses: [401], to: ['/page'] }] },
    },
  });
  const client = await kit.connect();
  client.write(get);
  const earlier = await server.accept();
  await earlier.head();
  earlier.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n');
  const later = await server.accept();
  await later.head();
  earlier.end();
  await earlier.gone();
  client.end();
  await later.gone();
  await kit.opened({ clients: 0, upstreams: 0 });
});

test('a server is not asked about a request whose client has left while that had to wait', async (t) => {
  const auth = { limits: { requests: { limits: [{ zone: 'z', burst: 5 }] } } };
  const { kit, server } = await start(t, auth, { access: { authRequest: { uri: ['/auth'] } } });
  const ask = async () => {
    const client = await kit.connect();
    client.write(get);
    return client;
  };
  await ask();
  await (await server.accept()).head();
  const left = await ask();
  await kit.logged(/^delaying request/);
  left.end();
  await left.gone();
  const last = await kit.connect();
  last.write('GET /last HTTP/1.1\r\nHost: a\r\n\r\n');
  const asked = await server.accept();
  await asked.head();
  assert.equal(server.connections, 2);
});

test('a server is not asked about a request whose client has left while its password was checked', async (t) => {
  const usersPath = join(tempFolder(t), 'users');
  writeFileSync(usersPath, `ann:${hashSync('secret', 11)}\n`);
  const { kit, server } = await start(
    t,
    {},
    {
      access: {
        basic: { realm: ['r'], usersPath: [usersPath] },
        authRequest: { uri: ['/auth'] },
      },
    },
  );
  const lines = `Host: a\r\nAuthorization: Basic ${Buffer.from('ann:secret').toString('base64')}\r\n\r\n`;
  const left = await kit.connect();
  left.write(`GET /left HTTP/1.1\r\n${lines}`);
  left.end();
  await left.gone();
  const client = await kit.connect();
  // The same password: both answers come together.
  client.write(`GET / HTTP/1.1\r\n${lines}`);
  await (await server.accept()).head();
  assert.equal(server.connections, 1);
});
