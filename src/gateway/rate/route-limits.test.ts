import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../base/log.ts';
import type { RouteLimitsModel } from '../../config/limit-model.ts';
import type { GatewayModel } from '../../config/model.ts';
import { GatewayKit } from '../testing/gateway-kit.ts';
import { LimitRecord } from './limit-record.ts';
import { RouteLimits } from './route-limits.ts';
import { compileZones } from './zones.ts';

const zoneModels = {
  requestZones: [
    { name: 'client', key: [{ variable: 'remote_addr' }], perSecond: 2, bytes: 65_536 },
    { name: 'site', key: [{ variable: 'server_name' }], perSecond: 4, bytes: 65_536 },
  ],
  connectionZones: [
    { name: 'places', key: [{ variable: 'remote_addr' }], bytes: 65_536 },
    { name: 'all', key: [{ variable: 'server_name' }], bytes: 65_536 },
  ],
} as const;

const zonesModel = {
  listeners: [],
  limits: {},
  ...zoneModels,
} as unknown as GatewayModel;

/** Requests of one client after the other, and what the log was told. */
function limiter(model: RouteLimitsModel) {
  const limits = new RouteLimits(model, compileZones(zonesModel));
  const lines: string[] = [];
  const note = (level: keyof Log, message: string) => lines.push(`${level}: ${message}`);
  const from = (remote_addr: string) => {
    const values: Readonly<Record<string, string>> = { remote_addr, server_name: 'a.test' };
    return { limits: new LimitRecord(), variable: (name: string) => values[name] };
  };
  const outcome = (request: ReturnType<typeof from>, now: number): number | string => {
    try {
      return limits.delayOf(request, note, now);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { limits, lines, note, from, outcome };
}

test('of a burst the first requests go on at once, and the others wait for their turn', () => {
  const { from, outcome, lines } = limiter({
    requests: { limits: [{ zone: 'client', burst: 4, undelayed: 2 }] },
  });
  const outcomes = Array.from({ length: 6 }, () => outcome(from('192.0.2.1'), 0));
  assert.deepEqual(outcomes, [0, 0, 0, 500, 1000, 'HW_REQUESTS_LIMITED']);
  assert.deepEqual(lines, [
    'warn: delaying request, excess 3.000 in zone client',
    'warn: delaying request, excess 4.000 in zone client',
  ]);
});

test('without a burst nobody waits, and with nodelay neither', () => {
  const strict = limiter({ requests: { limits: [{ zone: 'client' }] } });
  const atOnce = limiter({
    requests: { limits: [{ zone: 'client', burst: 1, undelayed: 'all' }] },
  });
  const three = (one: typeof strict) =>
    Array.from({ length: 3 }, () => one.outcome(one.from('192.0.2.1'), 0));
  assert.deepEqual(three(strict), [0, 'HW_REQUESTS_LIMITED', 'HW_REQUESTS_LIMITED']);
  assert.deepEqual(three(atOnce), [0, 0, 'HW_REQUESTS_LIMITED']);
});

test('of several limits the strictest one decides, and a refused request counts in none', () => {
  const { from, outcome } = limiter({
    requests: {
      limits: [
        { zone: 'site', burst: 3 },
        { zone: 'client', burst: 1 },
      ],
    },
  });
  assert.equal(outcome(from('192.0.2.1'), 0), 0);
  assert.equal(outcome(from('192.0.2.1'), 0), 500, 'that of the client is longer than 250 ms');
  for (let i = 0; i < 5; i++) assert.equal(outcome(from('192.0.2.1'), 0), 'HW_REQUESTS_LIMITED');
  assert.equal(outcome(from('192.0.2.2'), 0), 500, 'the third request of the site');
  assert.equal(outcome(from('192.0.2.3'), 0), 750);
  assert.equal(outcome(from('192.0.2.4'), 0), 'HW_REQUESTS_LIMITED');
});

test('a request without key is not counted, and one that is led on not twice', () => {
  const { from, outcome } = limiter({ requests: { limits: [{ zone: 'client' }] } });
  for (let i = 0; i < 3; i++) assert.equal(outcome(from(''), 0), 0);
  const request = from('192.0.2.1');
  for (let i = 0; i < 3; i++) assert.equal(outcome(request, 0), 0);
  assert.equal(request.limits.requestStatus, 'PASSED');
});

test('a dry run only says what would be done', () => {
  const { limits, from, outcome, lines, note } = limiter({
    requests: { dryRun: true, logLevel: 'info', limits: [{ zone: 'client', burst: 1 }] },
    connections: { dryRun: true, logLevel: 'warn', limits: [{ zone: 'places', most: 1 }] },
  });
  const requests = Array.from({ length: 3 }, () => from('192.0.2.1'));
  for (const request of requests) {
    assert.equal(outcome(request, 0), 0);
    limits.hold(request, note);
  }
  assert.deepEqual(
    requests.map((one) => [one.limits.requestStatus, one.limits.connectionStatus]),
    [
      ['PASSED', 'PASSED'],
      ['DELAYED_DRY_RUN', 'REJECTED_DRY_RUN'],
      ['REJECTED_DRY_RUN', 'REJECTED_DRY_RUN'],
    ],
  );
  assert.deepEqual(lines, [
    'info: delaying request, excess 1.000 in zone client, dry run',
    'warn: limiting connections in zone places, dry run',
    'info: limiting requests, excess 2.000 in zone client, dry run',
    'warn: limiting connections in zone places, dry run',
  ]);
});

test('a request that one zone of connections refuses holds no place in another', () => {
  const { limits, from, note } = limiter({
    connections: {
      status: 429,
      limits: [
        { zone: 'all', most: 2 },
        { zone: 'places', most: 1 },
      ],
    },
  });
  const first = from('192.0.2.1');
  limits.hold(first, note);
  const error = { code: 'HW_CONNECTIONS_LIMITED', status: 429 };
  for (let i = 0; i < 3; i++) assert.throws(() => limits.hold(from('192.0.2.1'), note), error);
  limits.hold(from('192.0.2.2'), note);
  assert.throws(() => limits.hold(from('192.0.2.3'), note), error);
  first.limits.release();
  first.limits.release();
  limits.hold(from('192.0.2.3'), note);
  assert.throws(() => limits.hold(from('192.0.2.4'), note), error);
});

test('a zone that is the same in the next configuration is as full as it was', () => {
  const before = compileZones(zonesModel);
  const [client, site] = zoneModels.requestZones;
  const next = { ...zonesModel, requestZones: [client, { ...site, perSecond: 5 }] };
  const after = compileZones(next, before);
  assert.equal(after.requests.get('client'), before.requests.get('client'));
  assert.notEqual(after.requests.get('site'), before.requests.get('site'));
  assert.equal(after.connections.get('places'), before.connections.get('places'));
});

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const noContent = 'HTTP/1.1 204 No Content\r\n\r\n';

test('a request that came too early is answered when its turn comes, one that left is forgotten', async (t) => {
  const kit = await GatewayKit.start(t, {
    ...zoneModels,
    route: { limits: { requests: { limits: [{ zone: 'client', burst: 2 }] } } },
  });
  const first = await kit.ask(get);
  first.upstream.write(noContent);
  await first.client.head();
  const startedAt = performance.now();
  const second = await kit.connect();
  second.write(get);
  await kit.logged(/^delaying request/);
  const third = await kit.connect();
  third.write(get);
  await first.upstream.head();
  first.upstream.write(noContent);
  assert.match(await second.head(), /^HTTP\/1\.1 204 /);
  assert.ok(performance.now() - startedAt >= 450, 'two a second');
  third.destroy();
  await kit.opened({ clients: 2 });
  const statuses = (await kit.accessLines()).map((line) => / (\d{3}) /.exec(line)?.[1]);
  assert.deepEqual(statuses, ['204', '204', '499']);
});

test('a status of its own answers who is too fast, and 444 not at all', async (t) => {
  const kit = await GatewayKit.start(t, {
    ...zoneModels,
    route: { limits: { requests: { status: 429, limits: [{ zone: 'client' }] } } },
  });
  const first = await kit.ask(get);
  first.upstream.write(noContent);
  await first.client.head();
  first.client.write(get);
  assert.match(await first.client.head(), /^HTTP\/1\.1 429 /);
  assert.ok(kit.lines.some(({ level, message }) => level === 'error' && /^limiting/.test(message)));

  const silent = await GatewayKit.start(t, {
    ...zoneModels,
    route: { limits: { requests: { status: 444, limits: [{ zone: 'client' }] } } },
  });
  const one = await silent.ask(get);
  one.upstream.write(noContent);
  await one.client.head();
  one.client.write(get);
  assert.equal(await one.client.gone(), 'ECONNRESET');
});

test('a tunnel is a request under way as long as it lasts', async (t) => {
  const kit = await GatewayKit.start(t, {
    ...zoneModels,
    upgradeTokens: ['tcp'],
    route: { limits: { connections: { limits: [{ zone: 'places', most: 1 }] } } },
  });
  const { client, upstream } = await kit.ask(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  upstream.write('HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await client.head();
  const other = await kit.connect();
  other.write(get);
  assert.match(await other.head(), /^HTTP\/1\.1 503 /);
  client.end();
  await upstream.rest();
  upstream.end();
  await kit.opened({ tunnels: 0 });
  const third = await kit.ask(get);
  third.upstream.write(noContent);
  assert.match(await third.client.head(), /^HTTP\/1\.1 204 /);
});

test('a request inside whose place comes when the one it is for is over gives it back at once', () => {
  const { limits, note, from } = limiter({
    connections: { limits: [{ zone: 'places', most: 1 }] },
  });
  const gone = from('192.0.2.1');
  gone.limits.release();
  limits.hold(gone, note);
  const next = from('192.0.2.1');
  limits.hold(next, note);
  assert.equal(next.limits.connectionStatus, 'PASSED');
});
