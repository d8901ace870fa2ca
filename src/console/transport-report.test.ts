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
  assert.match(
    reportOf(dropped, 'Apache/2.4.71 (Debian)').fix?.lines[0] ?? '',
    /upgrade=websocket/,
  );
  assert.match(reportOf(dropped, 'openresty').fix?.where ?? '', /Websockets Support/);
  assert.match(reportOf(dropped, undefined).fix?.where ?? '', /^If that proxy is nginx/);
  // What a stranger's header says goes into a sentence, never more than a product's name of it.
  assert.doesNotMatch(reportOf(dropped, '<b>x</b> hello').sentence, /[<>]|hello/);
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
