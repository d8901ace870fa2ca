import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type Log, silentLog } from '../base/log.ts';
import {
  type AccessEntry,
  AccessLog,
  AccessLogs,
  combined,
  formatLocalTime,
} from './access-log.ts';

const entry: AccessEntry = {
  remoteAddress: '192.0.2.1',
  remoteUser: undefined,
  request: { method: 'GET', target: '/a?b=c', minor: 1 },
  status: 200,
  bodyBytesSent: 12,
  referer: undefined,
  userAgent: 'curl/8.5.0',
};

function lineOf(changes: Partial<AccessEntry>): string {
  return combined({ ...entry, ...changes }).replace(/\[[^\]]*\]/, '[time]');
}

test('a line is the combined format', () => {
  assert.match(
    combined(entry),
    /^192\.0\.2\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/a\?b=c HTTP\/1\.1" 200 12 "-" "curl\/8\.5\.0"\n$/,
  );
  assert.equal(
    lineOf({ remoteUser: 'ann', referer: 'https://x.example/', userAgent: undefined }),
    '192.0.2.1 - ann [time] "GET /a?b=c HTTP/1.1" 200 12 "https://x.example/" "-"\n',
  );
});

test('a value cannot leave its field', () => {
  assert.equal(
    lineOf({ userAgent: 'a"b\\c\td\x7f\xe9', request: undefined }),
    '192.0.2.1 - - [time] "-" 200 12 "-" "a\\x22b\\x5Cc\\x09d\\x7F\\xE9"\n',
  );
});

test('secrets in a target or a referer do not reach the file', () => {
  const line = lineOf({
    request: { method: 'GET', target: '/?token=s3cret', minor: 1 },
    referer: 'http://h/?a=1&token=s3cret',
  });
  assert.ok(!line.includes('s3cret'), line);
  assert.ok(line.includes('"GET /?token=REDACTED HTTP/1.1"'), line);
});

test('the time is local, with its offset', () => {
  const time = new Date(2026, 10, 1, 2, 3, 4);
  const minutes = -time.getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  const zone = new Date(0);
  zone.setUTCMinutes(Math.abs(minutes));
  const offset = sign + zone.toISOString().slice(11, 16).replace(':', '');
  assert.equal(formatLocalTime(time), `01/Nov/2026:02:03:04 ${offset}`);
});

test('sites that name one file share one writer, and close writes everything', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hatchway-log-'));
  try {
    const path = join(folder, 'access.log');
    const logs = new AccessLogs(silentLog);
    const first = logs.open({ kind: 'file', path });
    assert.equal(logs.open({ kind: 'file', path }), first);
    assert.equal(logs.open({ kind: 'off' }), undefined);
    // More than a batch, so that both ways of writing are taken.
    for (let i = 0; i < 2000; i++) first?.write({ ...entry, bodyBytesSent: i });
    first?.write({ ...entry, userAgent: 'x'.repeat(100_000) });
    await logs.close();
    const lines = (await readFile(path, 'latin1')).split('\n');
    assert.equal(lines.length, 2002);
    assert.ok(lines.slice(0, 2000).every((line, index) => line.includes(` 200 ${index} `)));
    assert.ok((lines[2000] as string).length > 100_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a file that cannot be opened is named at the start', () => {
  assert.throws(() => new AccessLogs(silentLog).open({ kind: 'file', path: '/nowhere/a.log' }), {
    code: 'HW_ACCESS_LOG',
    message: /\/nowhere\/a\.log/,
  });
});

test('a disk that does not keep up costs lines, not memory', () => {
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (facts) => warnings.push(facts) };
  const stuck = new Writable({ write() {} });
  const accessLog = new AccessLog('stuck', stuck, log);
  const long = { ...entry, userAgent: 'x'.repeat(60_000) };
  for (let i = 0; i < 1000; i++) accessLog.write(long);
  assert.ok(stuck.writableLength < 17 * 1024 * 1024);
  assert.equal(warnings.length, 1);
  stuck.destroy();
});
