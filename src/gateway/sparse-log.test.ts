import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, silentLog } from '../base/log.ts';
import { SparseLog } from './sparse-log.ts';
import { GatewayKit } from './testing/gateway-kit.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function sparseLog() {
  const lines: string[] = [];
  const keep = (level: keyof Log) => (_: object, message: string) => {
    lines.push(`${level}: ${message}`);
  };
  const log = new SparseLog({ ...silentLog, info: keep('info'), error: keep('error') });
  return { log, lines };
}

test('of lines that come all the time five are written in a second, and how many more there were', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, lines } = sparseLog();
  const few = Array.from({ length: 5 }, () => 'error: refused');
  for (let i = 0; i < 1000; i++) log.write('a', 'error', {}, 'refused');
  log.write('a', 'info', {}, 'delayed');
  log.write('b', 'info', {}, 'another kind');
  assert.deepEqual(lines.splice(0), [...few, 'info: another kind']);
  t.mock.timers.tick(1000);
  const more = ['error: left out within a second: 995 more like these (a)'];
  assert.deepEqual(lines.splice(0), [
    ...more,
    'info: left out within a second: 1 more like these (a)',
  ]);
  log.write('a', 'error', {}, 'refused');
  t.mock.timers.tick(1000);
  assert.deepEqual(lines, ['error: refused'], 'nothing was left out');
});

test('what was left out is told at the end', () => {
  const { log, lines } = sparseLog();
  for (let i = 0; i < 8; i++) log.write('a', 'error', {}, 'refused');
  log.close();
  assert.equal(lines.at(-1), 'error: left out within a second: 3 more like these (a)');
  log.close();
  assert.equal(lines.length, 6);
});

test('a flood above the limits of a route, of the gateway or of connections is some lines of the log', async (t) => {
  const requests = 500;
  for (const [pattern, options] of [
    [
      /^limiting requests/,
      {
        requestZones: [{ name: 'z', key: ['x'], perSecond: 0.01, bytes: 65_536 }],
        route: { limits: { requests: { status: 429, limits: [{ zone: 'z' }] } } },
      },
    ],
    [/^too many requests of/, { limits: { ratePerAddress: { perSecond: 0.01 } } }],
  ] as const) {
    const kit = await GatewayKit.start(t, options);
    const { client, upstream } = await kit.ask(get);
    upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
    await client.head();
    client.write(get.repeat(requests));
    for (let i = 0; i < requests; i++) assert.match(await client.head(), /^HTTP.1.1 429 /m);
    await kit.gateway.close({ drainMs: 0 });
    const told = kit.lines.filter(({ message }) => pattern.test(message)).length;
    assert.ok(told >= 5 && told < requests / 5, `${told} lines of the log`);
    const left = kit.lines.flatMap(({ facts }) => ('more' in facts ? Number(facts.more) : []));
    assert.equal(told + left.reduce((sum, one) => sum + one, 0), requests);
  }
  const kit = await GatewayKit.start(t, { limits: { connectionsPerAddress: 1 } });
  await kit.connect();
  for (let i = 0; i < 20; i++) await (await kit.connect()).rest();
  assert.equal(kit.lines.filter(({ message }) => /from one address/.test(message)).length, 5);
});

test('every refused upgrade has its line, also in a flood', async (t) => {
  const kit = await GatewayKit.start(t, { limits: { ratePerAddress: { perSecond: 0.01 } } });
  const { client, upstream } = await kit.ask(get);
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  await client.head();
  const handshake = get.replace(
    /\r\n$/,
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  for (let i = 0; i < 20; i++) {
    const one = await kit.connect();
    one.write(handshake);
    assert.match(await one.head(), /^HTTP.1.1 429 /);
  }
  assert.equal(kit.lines.filter(({ message }) => /^upgrade failed: /.test(message)).length, 20);
});
