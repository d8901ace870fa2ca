import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { startNginx } from '../../../test/kit/nginx.ts';
import { RequestRate } from './request-rate.ts';

/** How many of these requests of one address are let through. */
function admitted(rate: RequestRate, times: readonly number[], address = '192.0.2.1'): number {
  return times.filter((now) => rate.admits(address, now)).length;
}

test('a rate without burst lets one request through for each interval', () => {
  const rate = new RequestRate({ perSecond: 10 });
  const cases: [now: number, through: boolean][] = [
    [0, true],
    [0, false],
    [99, false],
    [100, true],
    [150, false],
    [200, true],
    [10_000, true],
    [10_000, false],
  ];
  for (const [now, through] of cases)
    assert.equal(rate.admits('192.0.2.1', now), through, `${now} ms`);
});

test('a burst is let through at once, and comes back at the rate', () => {
  const rate = new RequestRate({ perSecond: 2, burst: 3 });
  assert.equal(admitted(rate, new Array(10).fill(0)), 4);
  assert.equal(admitted(rate, new Array(10).fill(500)), 1);
  assert.equal(admitted(rate, new Array(10).fill(2000)), 3);
  assert.equal(admitted(rate, new Array(10).fill(60_000)), 4);
});

test('a rate below one a second counts, too', () => {
  const rate = new RequestRate({ perSecond: 0.5 });
  assert.equal(admitted(rate, [0, 1000, 1999, 2000, 3999, 4000]), 3);
});

test('however requests come, not more than rate and burst go through, nor fewer than the rate', () => {
  const gaps = fc.array(fc.nat(300), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(20), gaps, (perSecond, burst, steps) => {
      const rate = new RequestRate({ perSecond, burst });
      let now = 0;
      const times = steps.map((step) => {
        now += step;
        return now;
      });
      const first = times[0] ?? 0;
      const through = admitted(rate, times);
      const most = 1 + burst + (perSecond * (now - first)) / 1000;
      assert.ok(through <= most + 1e-9, `${through} of at most ${most}`);
      // Nobody is refused who stays below the rate.
      const slow = new RequestRate({ perSecond, burst });
      const interval = Math.ceil(1000 / perSecond);
      assert.equal(
        admitted(
          slow,
          steps.map((_, i) => i * interval),
        ),
        steps.length,
      );
    }),
  );
});

test('addresses are apart, those of one IPv6 network are not, and Unix sockets are not counted', () => {
  const rate = new RequestRate({ perSecond: 1 });
  assert.ok(rate.admits('192.0.2.1', 0));
  assert.ok(rate.admits('192.0.2.2', 0));
  assert.ok(rate.admits('2001:db8:0:1::1', 0));
  assert.ok(!rate.admits('2001:db8:0:1:ffff::2', 0));
  assert.ok(rate.admits('2001:db8:0:2::1', 0));
  for (let i = 0; i < 10; i++) assert.ok(rate.admits('unix:', 0));
  assert.equal(rate.size, 4);
});

test('memory is bounded, and who was not seen for the longest time is forgotten', () => {
  const rate = new RequestRate({ perSecond: 1 }, 3);
  for (const last of [1, 2, 3]) assert.ok(rate.admits(`192.0.2.${last}`, 0));
  assert.ok(!rate.admits('192.0.2.1', 0), 'seen again, though refused');
  assert.ok(rate.admits('192.0.2.4', 0));
  assert.equal(rate.size, 3);
  assert.ok(!rate.admits('192.0.2.1', 0));
  assert.ok(rate.admits('192.0.2.2', 0), 'forgotten');
});

test('of requests that come together, as many go through as in nginx', async (t) => {
  const bursts = [0, 1, 5, 20];
  const nginx = await startNginx(t, ({ listen }) => {
    const zones = bursts.map((burst) => `limit_req_zone $server_name zone=z${burst}:1m rate=1r/m;`);
    const servers = bursts.map(
      (burst) => `server { listen ${listen}; server_name burst${burst}; keepalive_requests 1000;
        location / { limit_req zone=z${burst} ${burst > 0 ? `burst=${burst} nodelay` : ''}; limit_req_status 429; try_files /none @in; }
        location @in { return 200; } }`,
    );
    return [...zones, ...servers].join('\n');
  });
  const requests = 30;
  for (const burst of bursts) {
    const socket = connect({ host: '127.0.0.1', port: nginx.port });
    const one = `GET / HTTP/1.1\r\nHost: burst${burst}\r\n`;
    socket.write(`${one}\r\n`.repeat(requests - 1));
    socket.end(`${one}Connection: close\r\n\r\n`);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    const statuses = text.match(/HTTP\/1\.1 \d+/g) ?? [];
    assert.equal(statuses.length, requests);
    const byNginx = statuses.filter((line) => line.endsWith('200')).length;
    const rate = new RequestRate({ perSecond: 1 / 60, burst });
    assert.equal(admitted(rate, new Array(requests).fill(0)), byNginx, `burst ${burst}`);
    assert.equal(byNginx, burst + 1);
  }
});
