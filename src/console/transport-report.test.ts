import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrival, arrivedFields, reportOf, TransportReports } from './transport-report.ts';

const accepted = { status: 101, sentence: '' };
const intact: Arrival = {
  version: '1.1',
  upgrade: 'websocket',
  connection: 'keep-alive, Upgrade',
  answer: accepted,
};

const version = 'proxy_http_version 1.1;';
const upgrade = 'proxy_set_header Upgrade $http_upgrade;';
const connection = 'proxy_set_header Connection "upgrade";';

test('what nginx drops by default is told, with the three lines that bring it back', () => {
  const report = reportOf(
    { version: '1.0', upgrade: undefined, connection: 'close', answer: accepted },
    'nginx/1.22.1',
  );
  assert.equal(report.verdict, 'upgrade-dropped');
  assert.match(
    report.sentence,
    /nginx\/1\.22\.1.*dropped Upgrade and Connection: upgrade.*HTTP\/1\.0/,
  );
  assert.deepEqual(report.fix?.lines, [version, upgrade, connection]);
});

test('only the lines that are missing are shown', () => {
  const lines = (arrival: Partial<Arrival>) =>
    reportOf({ ...intact, ...arrival }, 'nginx').fix?.lines;
  assert.deepEqual(lines({ version: '1.0' }), [version]);
  assert.deepEqual(lines({ upgrade: undefined }), [upgrade]);
  assert.deepEqual(lines({ upgrade: 'h2c' }), [upgrade]);
  assert.deepEqual(lines({ connection: 'close' }), [connection]);
  assert.deepEqual(lines({ connection: undefined, upgrade: undefined }), [upgrade, connection]);
});

test('each way to fail has its verdict', () => {
  assert.equal(reportOf(undefined, undefined).verdict, 'never-arrived');
  assert.equal(reportOf(intact, 'nginx').verdict, 'answer-lost');
  const refused = reportOf({ ...intact, answer: { status: 403, sentence: 'Foreign.' } }, 'nginx');
  assert.equal(refused.verdict, 'refused');
  assert.match(refused.sentence, /Foreign\./);
  assert.equal(refused.fix, undefined);
});

test('the lines are those of the proxy, as far as it says what it is', () => {
  const dropped: Arrival = { ...intact, upgrade: undefined };
  const fix = (server: string | undefined) => reportOf(dropped, server).fix;
  assert.deepEqual(fix('Apache/2.4.71 (Debian)')?.lines, ['upgrade=websocket']);
  assert.match(fix('openresty')?.where ?? '', /Websockets Support/);
  assert.deepEqual(fix('openresty')?.lines, [upgrade]);
  assert.match(fix(undefined)?.where ?? '', /^If that proxy is nginx/);
  assert.match(fix('something/1.0')?.where ?? '', /^If that proxy is nginx/);
  for (const server of ['Caddy', 'traefik', 'HAProxy']) {
    assert.equal(fix(server), undefined, 'there is nothing to add to it');
    assert.match(reportOf(dropped, server).sentence, /second proxy/);
  }
  // What a stranger's header says goes into a sentence, never more than a product's name of it.
  assert.doesNotMatch(reportOf(dropped, '<b>x</b> hello').sentence, /[<>]|hello/);
});

test('lines are shown only where it is known that they would help', () => {
  assert.equal(reportOf(undefined, 'nginx/1.22.1').fix, undefined);
  assert.equal(reportOf(intact, 'nginx/1.22.1').fix, undefined);
  assert.match(reportOf(undefined, 'envoy').fix?.lines.join() ?? '', /upgrade_type: websocket/);
  assert.match(reportOf(undefined, 'awselb/2.0').sentence, /application load balancer/);
});

test('a report is one paragraph of whole sentences', () => {
  const arrivals = [
    undefined,
    intact,
    { ...intact, version: '1.0' },
    { ...intact, upgrade: undefined, connection: undefined },
  ];
  for (const server of [undefined, 'nginx', 'envoy', 'awselb/2.0', 'cloudflare', 'Caddy']) {
    for (const arrival of arrivals) {
      assert.match(reportOf(arrival, server).sentence, /^[A-Z][^\n]*[^.,]\.$/);
    }
  }
});

test("a gateway's word on what it received counts, else what the request itself has", () => {
  assert.deepEqual(
    arrivedFields(
      {
        via: '1.0 elsewhere, 1.0 hatchway',
        'x-hatchway-connection': 'close',
        connection: 'keep-alive',
      },
      '1.1',
    ),
    { version: '1.0', upgrade: undefined, connection: 'close' },
  );
  assert.deepEqual(
    arrivedFields({ via: '1.0 elsewhere', upgrade: 'websocket', connection: 'Upgrade' }, '1.1'),
    { version: '1.1', upgrade: 'websocket', connection: 'Upgrade' },
  );
});

test('attempts are remembered for a minute, and not without bound', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const reports = new TransportReports();
  reports.remember('first', { ...intact, upgrade: undefined });
  assert.equal(reports.report('first', undefined).verdict, 'upgrade-dropped');
  assert.equal(reports.report('other', undefined).verdict, 'never-arrived');
  t.mock.timers.tick(61_000);
  reports.remember('second', intact);
  assert.equal(reports.report('first', undefined).verdict, 'never-arrived');
  for (let i = 0; i < 600; i++) reports.remember(`flood-${i}`, intact);
  assert.equal(reports.report('second', undefined).verdict, 'never-arrived');
  assert.equal(reports.report('flood-599', undefined).verdict, 'answer-lost');
});
