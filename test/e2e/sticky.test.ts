/** Sticky cookies as browsers meet them: what the cookie is, who it leads to, and what it survives. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startHatchway } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';

leaveNothingBehind();

/** Three that answer with their own number. */
async function startServers(t: TestContext): Promise<{ ports: number[]; servers: Server[] }> {
  const servers = [0, 1, 2].map((name) => createServer((_, response) => response.end(`${name}`)));
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => end(server));
      return (server.address() as AddressInfo).port;
    }),
  );
  return { ports, servers };
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function configuration(ports: readonly number[], sticky: string): string {
  return `
upstreams:
  app:
    servers: [${ports.map((port) => `127.0.0.1:${port}`).join(', ')}]
    sticky: ${sticky}
sites:
  - host: app.test
    to: http://app
`;
}

async function ask(origin: string, cookie?: string) {
  const headers = { host: 'app.test', ...(cookie === undefined ? {} : { cookie }) };
  const { status, text, headers: fields } = await httpRequest(`${origin}/`, { headers });
  assert.equal(status, 200, text);
  return { server: text, given: fields['set-cookie'] };
}

test('a cookie keeps a client with its server over a restart of the gateway, until the server is gone', async (t) => {
  const { ports, servers } = await startServers(t);
  const config = configuration(ports, 'who');
  let hatchway = await startHatchway(t, { config });
  const cookies = new Map<string, string>();
  for (const _ of servers) {
    const { server, given } = await ask(hatchway.origin);
    const [text = '', ...others] = given ?? [];
    assert.match(text, /^who=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/i);
    assert.deepEqual(others, []);
    assert.ok(!ports.some((port) => text.includes(String(port))), 'the address is to be seen');
    cookies.set(server, text.replace(/;.*/, ''));
  }
  assert.equal(new Set(cookies.values()).size, 3, 'each server has its own');
  const staysPut = async () => {
    for (const [server, cookie] of [...cookies, ...cookies]) {
      const answer = await ask(hatchway.origin, `a=b; ${cookie}; c=d`);
      assert.deepEqual(answer, { server, given: undefined });
    }
  };
  await staysPut();
  await hatchway.stop();
  hatchway = await startHatchway(t, { config });
  await staysPut();

  const lost = cookies.get('1') as string;
  end(servers[1] as Server);
  const moved = await ask(hatchway.origin, lost);
  assert.notEqual(moved.server, '1');
  const [now = ''] = moved.given ?? [];
  assert.equal(now.replace(/;.*/, ''), cookies.get(moved.server));
  assert.deepEqual(await ask(hatchway.origin, now.replace(/;.*/, '')), {
    server: moved.server,
    given: undefined,
  });
});

test('a value that names no server is replaced, and leads nowhere else', async (t) => {
  const { ports } = await startServers(t);
  const { origin } = await startHatchway(t, { config: configuration(ports, 'who') });
  const forged = [
    '',
    'x',
    '0',
    `127.0.0.1:${ports[0]}`,
    '../1',
    '__proto__',
    'x'.repeat(4000),
    '"',
  ];
  for (const value of forged) {
    const { given } = await ask(origin, `who=${value}`);
    const [text = ''] = given ?? [];
    assert.match(text, /^who=[\w-]+;/, `nothing in place of ${JSON.stringify(value)}`);
    assert.notEqual(text.replace(/^who=|;.*/g, ''), value);
  }
});

test('the cookie has the attributes that the file says', async (t) => {
  const { ports } = await startServers(t);
  const sticky =
    '{ cookie: who, expires: 1h, path: /app, domain: app.test, httpOnly: false, secure: true, sameSite: none }';
  const { origin } = await startHatchway(t, { config: configuration(ports, sticky) });
  const [text = ''] = (await ask(origin)).given ?? [];
  const [, ...attributes] = text.split('; ').map((one) => one.toLowerCase());
  const expires = attributes.find((one) => one.startsWith('expires='))?.slice('expires='.length);
  assert.deepEqual(attributes.filter((one) => !one.startsWith('expires=')).sort(), [
    'domain=app.test',
    'max-age=3600',
    'path=/app',
    'samesite=none',
    'secure',
  ]);
  if (expires !== undefined) {
    const seconds = (Date.parse(expires) - Date.now()) / 1000;
    assert.ok(seconds > 3500 && seconds < 3700, `${seconds} s`);
  }
});
