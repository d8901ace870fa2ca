import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Durations,
  durationBoundsMs,
  methodLabels,
  otherName,
  statusLabels,
  Totals,
} from './totals.ts';

test('every request is counted once, under its method and the class of its status', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.oneof(fc.constantFrom(...methodLabels), fc.string()),
          fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(0, 444, 499, 999)),
        ),
      ),
      (requests) => {
        const site = new Totals().site('a');
        const expected = new Map<string, number>();
        for (const [method, status] of requests) {
          site.requestEnded(method, status, 1, 2, 3);
          const methodLabel = methodLabels.find((label) => label === method) ?? 'other';
          const statusLabel =
            statusLabels.find((label) => label[0] === String(status)[0] && status < 600) ?? 'none';
          const key = `${methodLabel} ${statusLabel}`;
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
        const counted = new Map<string, number>();
        for (const [index, count] of site.requests.entries()) {
          if (count === 0) continue;
          const method = methodLabels[Math.floor(index / statusLabels.length)];
          counted.set(`${method} ${statusLabels[index % statusLabels.length]}`, count);
        }
        assert.deepEqual(
          counted,
          new Map([...counted.keys()].map((key) => [key, expected.get(key)])),
        );
        assert.equal(counted.size, expected.size);
        assert.equal(site.bytesSent, requests.length * 2);
        assert.equal(site.bytesReceived, requests.length * 3);
      },
    ),
  );
});

test('a duration is in the first class that is not below it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (ms) => {
      const durations = new Durations(durationBoundsMs);
      durations.add(ms);
      const index = durations.counts.indexOf(1);
      assert.ok(index === durationBoundsMs.length || ms <= (durationBoundsMs[index] as number));
      assert.ok(index === 0 || ms > (durationBoundsMs[index - 1] as number));
      assert.equal(durations.sumMs, ms);
    }),
  );
});

test('a site has one count, also after a reload', () => {
  const totals = new Totals();
  assert.equal(totals.site('a'), totals.site('a'));
  assert.notEqual(totals.site('a'), totals.site('b'));
});

test('names are counted apart up to a bound, and then together', () => {
  const totals = new Totals();
  for (let i = 0; i < 2000; i++) {
    totals.site(`site-${i}`).tunnelOpened();
    totals.upstreamFailed(`upstream-${i}`, 'HW_UPSTREAM_TIMEOUT');
  }
  const sites = [...totals.sites];
  assert.equal(sites.length, 501);
  assert.equal(totals.site(otherName).tunnelsOpened, 1500);
  assert.equal(totals.upstreamFailures.size, 501);
  assert.equal(totals.upstreamFailures.get(otherName)?.get('HW_UPSTREAM_TIMEOUT'), 1500);
  assert.equal(totals.site('site-7').tunnelsOpened, 1);
});
