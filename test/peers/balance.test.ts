/**
 * Which servers get the requests: a real nginx and Hatchway that reads the same file. What is not left to chance has to be the
 * same one by one, what is has to come out as its weights say. (`pick/nginx.test.ts` walks through more lists, without sockets.)
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startChild } from '../kit/child.ts';
import { eventually } from '../kit/eventually.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { startNginx } from '../kit/nginx.ts';
import { freePort } from '../kit/ports.ts';
import { tempFolder } from '../kit/temp.ts';

type Servers = {
  readonly addresses: readonly string[];
  /** Requests for `/hold`, by server, which are answered when the test says so. */
  readonly held: (ServerResponse | undefined)[];
};

/** Three that say their names: `0`, `1`, `2`. */
async function startServers(t: TestContext): Promise<Servers> {
  const held: (ServerResponse | undefined)[] = [];
  const addresses = await Promise.all(
    [0, 1, 2].map(async (name) => {
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/hold') === true) held[name] = response;
        else response.end(String(name));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => {
        server.close();
        server.closeAllConnections();
      });
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  return { addresses, held };
}

/** Both programs with the same `http` block, one after the other. */
async function eachProgram(
  t: TestContext,
  http: (listen: string) => string,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const nginx = await startNginx(t, ({ listen }) => http(listen));
  await use(nginx.origin);
  const folder = tempFolder(t, 'balance');
  const listen = `127.0.0.1:${await freePort()}`;
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, `events {} http { access_log off; ${http(listen)} }`);
  const hatchway = startChild(t, hatchwayPath, [
    ...['up', '--nginx', path, '--data-dir', join(folder, 'data')],
  ]);
  await hatchway.said(/Hatchway is ready/);
  await use(`http://${listen}`);
}

/** Which server answered each of `count` requests, one after the other; other answers by their status. */
async function asked(
  t: TestContext,
  origin: string,
  count: number,
  path: (index: number) => string,
): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const [answer] = (await once(get(`${origin}${path(i)}`, { agent }), 'response')) as [
      IncomingMessage,
    ];
    let text = '';
    for await (const piece of answer.setEncoding('utf8')) text += piece;
    names.push(answer.statusCode === 200 ? text : String(answer.statusCode));
  }
  return names;
}

function shares(names: readonly string[]): number[] {
  return ['0', '1', '2'].map((name) => names.filter((one) => one === name).length / names.length);
}

leaveNothingBehind();

test('what is not left to chance is the same, request by request', async (t) => {
  const { addresses } = await startServers(t);
  const [a, b, c] = addresses;
  const nobody = `127.0.0.1:${await freePort()}`;
  const upstreams = {
    weights: `server ${a} weight=5; server ${b}; server ${c} weight=2;`,
    backup: `server ${nobody} max_fails=2 fail_timeout=1h; server ${nobody} fail_timeout=1h; server ${b} backup; server ${c} backup weight=2;`,
    unused: `server ${a}; server ${b} weight=2; server ${c} backup;`,
    down: `server ${a} down; server ${b}; server ${c} weight=3;`,
    failing: `server ${a} weight=3; server ${nobody} weight=5 max_fails=3 fail_timeout=1h; server ${c};`,
    least: `least_conn; server ${a} weight=2; server ${b}; server ${c};`,
    keyed: `hash $arg_key; server ${a} weight=2; server ${b}; server ${c} down;`,
    ring: `hash $arg_key consistent; server ${a} weight=3; server ${b}; server ${c};`,
    broken_ring: `hash $arg_key consistent; server ${a}; server ${nobody} max_fails=1 fail_timeout=1h; server ${c};`,
    alone: `random two least_conn; server ${b};`,
  };
  const answers: Record<string, string[]>[] = [];
  await eachProgram(
    t,
    (listen) => `
      ${Object.entries(upstreams)
        .map(([name, lines]) => `upstream ${name}.test { zone ${name} 64k; ${lines} }`)
        .join('\n')}
      server {
        listen ${listen};
        ${Object.keys(upstreams)
          .map((name) => `location /${name} { proxy_pass http://${name}.test; }`)
          .join('\n')}
      }`,
    async (origin) => {
      const found: Record<string, string[]> = {};
      for (const name of Object.keys(upstreams)) {
        found[name] = await asked(t, origin, 40, (i) => `/${name}?key=${i * 7919}`);
      }
      answers.push(found);
    },
  );
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(new Set(answers[0]?.ring), new Set(['0', '1', '2']));
  assert.deepEqual(new Set(answers[0]?.backup), new Set(['1', '2']));
});

test('random goes by weight, and of two to the less busy one', async (t) => {
  const { addresses, held } = await startServers(t);
  const [a, b, c] = addresses;
  const count = 600;
  await eachProgram(
    t,
    (listen) => `
      upstream random.test { random; server ${a} weight=3; server ${b}; server ${c} weight=2; }
      upstream two.test { zone two 64k; random two least_conn; server ${a}; server ${b}; server ${c}; }
      upstream first.test { server ${a}; }
      server {
        listen ${listen};
        location /random { proxy_pass http://random.test; }
        location /two { proxy_pass http://two.test; }
        location /hold { proxy_pass http://two.test; }
      }`,
    async (origin) => {
      const random = shares(await asked(t, origin, count, () => '/random'));
      // Five standard deviations of a share of a half: once in a million runs it is chance.
      const margin = 5 * Math.sqrt(0.25 / count);
      for (const [i, weight] of [3, 1, 2].entries()) {
        assert.ok(Math.abs((random[i] ?? 0) - weight / 6) < margin, `${origin}: ${random}`);
      }
      held.length = 0;
      const holding = get(`${origin}/hold`);
      holding.on('error', () => {});
      await eventually('one is busy', () => held.some((one) => one !== undefined));
      const busy = held.findIndex((one) => one !== undefined);
      const two = await asked(t, origin, 200, () => '/two');
      assert.ok(!two.includes(String(busy)), 'the busy one was less busy than another');
      assert.equal(new Set(two).size, 2);
      held[busy]?.end();
      const [answer] = (await once(holding, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
    },
  );
});

test('a server at its max_conns is passed over, and nobody is left when all are', async (t) => {
  const { addresses, held } = await startServers(t);
  const [a, b] = addresses;
  const found: string[][] = [];
  await eachProgram(
    t,
    (listen) => `
      upstream full.test { zone full 64k; server ${a} max_conns=1 weight=5; server ${b} max_conns=1; }
      server { listen ${listen}; location / { proxy_pass http://full.test; } }`,
    async (origin) => {
      held.length = 0;
      const names: string[] = [];
      const holding = [get(`${origin}/hold`), undefined];
      holding[0]?.on('error', () => {});
      await isHeld(held, 0);
      names.push(...(await asked(t, origin, 4, () => '/')));
      holding[1] = get(`${origin}/hold`);
      holding[1].on('error', () => {});
      await isHeld(held, 1);
      names.push(...(await asked(t, origin, 2, () => '/')));
      for (const [i, request] of holding.entries()) {
        held[i]?.end();
        const [answer] = (await once(request as NonNullable<typeof request>, 'response')) as [
          IncomingMessage,
        ];
        answer.resume();
        await once(answer, 'end');
      }
      names.push(...(await asked(t, origin, 6, () => '/')));
      found.push(names);
    },
  );
  assert.deepEqual(found[1], found[0]);
  assert.deepEqual(found[0]?.slice(0, 6), ['1', '1', '1', '1', '502', '502']);
});

/** The server has got a request that it does not answer. */
function isHeld(held: Servers['held'], index: number): Promise<boolean> {
  return eventually(`server ${index} is busy`, () => held[index] !== undefined);
}
