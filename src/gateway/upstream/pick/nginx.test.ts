/** The same requests to the same servers, in nginx and here: each goes to the same servers, in the same order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startNginx } from '../../../../test/kit/nginx.ts';
import type { BalanceModel, ServerOptions } from '../../../config/upstream-model.ts';
import { Selection } from '../selection.ts';
import { peerOf, requestOf, TestServers } from '../testing/peers-kit.ts';
import { pickerOf } from './pickers.ts';

const key = [{ variable: 'http_key' }];

/** What stands in nginx's upstream block for it, and here. */
const methods: readonly [name: string, directive: string, balance: BalanceModel][] = [
  ['round_robin', '', { kind: 'round_robin' }],
  ['least_conn', 'least_conn;', { kind: 'least_conn' }],
  ['ip_hash', 'ip_hash;', { kind: 'ip_hash' }],
  ['hash', 'hash $http_key;', { kind: 'hash', key, consistent: false }],
  ['consistent', 'hash $http_key consistent;', { kind: 'hash', key, consistent: true }],
];

/** An hour, so that no second that passes makes a difference. */
const failTimeoutMs = 3_600_000;

type TestServer = ServerOptions & { readonly isDead?: boolean };

/** In the order of the configuration. Dead ones refuse connections. */
const casts: Readonly<Record<string, readonly TestServer[]>> = {
  weights: [{ weight: 5 }, { weight: 1 }, { weight: 2 }],
  one_down: [{}, { down: true, weight: 2 }, { weight: 3 }, {}],
  one_dead_for_ever: [{ weight: 2 }, { isDead: true, maxFails: 0 }, { weight: 1 }, { weight: 2 }],
  one_left_alone: [{ weight: 4 }, { isDead: true, maxFails: 3, weight: 7 }, { weight: 2 }],
};

const clients = Array.from({ length: 60 }, (_, index) => ({
  key: index === 7 ? '' : `key-${index * 7919}`,
  address: index % 3 === 0 ? `2001:db8::${index.toString(16)}:1` : `10.${index}.${index * 3}.9`,
}));

test('requests go to the servers that nginx sends them to', async (context) => {
  const live = await Promise.all([1, 2, 3, 4].map(() => listenOn(context)));
  const dead = await deadPort();
  const names = (servers: readonly TestServer[]) =>
    servers.map(({ isDead }, index) => `127.0.0.1:${isDead ? dead : live[index]}`);

  const cases = methods.flatMap((method) =>
    Object.entries(casts).map(([cast, servers]) => ({ method, cast, servers })),
  );
  const nginx = await startNginx(context, ({ listen }) => {
    const upstreams = cases.map(({ method: [name, directive], cast, servers }) => {
      const lines = servers.map((server, index) => line(names(servers)[index] ?? '', server));
      return `upstream ${name}_${cast} { ${directive} ${lines.join(' ')} }`;
    });
    const locations = cases.map(
      ({ method: [name], cast }) =>
        `location /${name}/${cast} { proxy_pass http://${name}_${cast}; }`,
    );
    return `${upstreams.join('\n')}
      set_real_ip_from 127.0.0.1;
      real_ip_header X-Real-IP;
      server {
        listen ${listen};
        add_header X-Walk $upstream_addr always;
        ${locations.join('\n')}
      }`;
  });

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  for (const { method, cast, servers } of cases) {
    const [name, , balance] = method;
    const own = names(servers);
    const peers = servers.map(({ isDead: _, ...options }, index) =>
      peerOf(own[index] ?? '', { failTimeoutMs, ...options }),
    );
    const group = new TestServers(peers, { picker: pickerOf(balance) });
    group.nowMs = 10 * failTimeoutMs;
    for (const client of clients) {
      const headers = { 'X-Real-IP': client.address, Key: client.key };
      const options = { agent, headers };
      const asked = get(`${nginx.origin}/${name}/${cast}`, options);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');

      const request = requestOf({ http_key: client.key }, client.address);
      const walk = walkOver(new Selection(group, request), `127.0.0.1:${dead}`);
      const what = `${name}, ${cast}, ${client.address}, "${client.key}"`;
      assert.equal(walk, answer.headers['x-walk'], what);
    }
  }
});

/** The servers that are asked until one of them answers. */
function walkOver(selection: Selection, dead: string): string {
  const walk: string[] = [];
  while (selection.next() !== undefined) {
    walk.push(selection.serverName);
    if (selection.serverName !== dead) {
      selection.succeeded();
      break;
    }
    selection.failed();
  }
  selection.end();
  return walk.join(', ');
}

function line(name: string, { weight = 1, maxFails = 1, down = false }: TestServer): string {
  const seconds = failTimeoutMs / 1000;
  return `server ${name} weight=${weight} max_fails=${maxFails} fail_timeout=${seconds}s${down ? ' down' : ''};`;
}

async function listenOn(context: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** One that refuses connections. */
async function deadPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
