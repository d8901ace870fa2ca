import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Log, silentLog } from '../base/log.ts';
import type { AccessLogFormat } from '../config/model.ts';
import { AccessLog, AccessLogs } from './access-log.ts';
import { AccessLogFile } from './access-log-file.ts';
import { loggedRequest } from './testing/logged-request.ts';

/** A log into memory. */
function logOf(format: AccessLogFormat) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const file = new AccessLogFile('memory', stream, silentLog);
  return {
    log: new AccessLog(file, format),
    async lines() {
      await file.close();
      return Buffer.concat(chunks).toString('latin1').split('\n').slice(0, -1);
    },
  };
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hatchway-log-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('sites that name one file share one writer, and close writes everything', async (context) => {
  const path = join(folderOf(context), 'access.log');
  const logs = new AccessLogs(silentLog);
  const first = logs.open({ kind: 'file', path });
  const second = logs.open({ kind: 'file', path, format: 'json' });
  assert.equal(logs.open({ kind: 'off' }), undefined);
  // More than a batch, so that both ways of writing are taken.
  for (let i = 0; i < 2000; i++) {
    const log = i % 2 === 0 ? first : second;
    log?.write(loggedRequest({ answer: { bodyBytesSent: i } }));
  }
  first?.write(loggedRequest({ fields: { 'User-Agent': 'x'.repeat(100_000) } }));
  await logs.close();
  const lines = readFileSync(path, 'latin1').split('\n');
  assert.equal(lines.length, 2002);
  for (const [index, line] of lines.slice(0, 2000).entries()) {
    if (index % 2 === 0) assert.ok(line.includes(` 200 ${index} `), line);
    else assert.equal(JSON.parse(line).bytesSent, index);
  }
  assert.ok((lines[2000] as string).length > 100_000);
});

test('a file that was moved away is followed by a new one, and no line is lost', async (context) => {
  const path = join(folderOf(context), 'access.log');
  const logs = new AccessLogs(silentLog);
  const log = logs.open({ kind: 'file', path });
  log?.write(loggedRequest({ target: '/before' }));
  renameSync(path, `${path}.1`);
  log?.write(loggedRequest({ target: '/moved' }));
  logs.reopen();
  log?.write(loggedRequest({ target: '/after' }));
  await logs.close();
  assert.match(readFileSync(`${path}.1`, 'latin1'), /^.*\/before .*\n.*\/moved .*\n$/);
  assert.match(readFileSync(path, 'latin1'), /^.*\/after .*\n$/);
});

test('a file that cannot be opened is named at the start', () => {
  assert.throws(() => new AccessLogs(silentLog).open({ kind: 'file', path: '/nowhere/a.log' }), {
    code: 'HW_ACCESS_LOG',
    message: /\/nowhere\/a\.log/,
  });
});

test('a file that cannot be opened anew is gone on with', async (context) => {
  const path = join(folderOf(context), 'access.log');
  const errors: string[] = [];
  const logs = new AccessLogs({ ...silentLog, error: (_facts, message) => errors.push(message) });
  const log = logs.open({ kind: 'file', path });
  renameSync(path, `${path}.1`);
  // A folder is in the way.
  mkdirSync(path);
  logs.reopen();
  log?.write(loggedRequest());
  await logs.close();
  assert.equal(readFileSync(`${path}.1`, 'latin1').split('\n').length, 2);
  assert.deepEqual(errors, ['access log not reopened']);
});

test('a disk that does not keep up costs lines, not memory', () => {
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (facts) => warnings.push(facts) };
  const stuck = new Writable({ write() {} });
  const accessLog = new AccessLog(new AccessLogFile('stuck', stuck, log), {});
  const long = loggedRequest({ fields: { 'User-Agent': 'x'.repeat(60_000) } });
  for (let i = 0; i < 1000; i++) accessLog.write(long);
  assert.ok(stuck.writableLength < 17 * 1024 * 1024);
  assert.equal(warnings.length, 1);
  stuck.destroy();
});

test('a failed write is said once and ends no request', async () => {
  const errors: object[] = [];
  const log: Log = { ...silentLog, error: (facts) => errors.push(facts) };
  const full = new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('no space left on device'));
    },
  });
  const file = new AccessLogFile('full', full, log);
  const accessLog = new AccessLog(file, {});
  const long = loggedRequest({ fields: { 'User-Agent': 'x'.repeat(60_000) } });
  for (let i = 0; i < 3; i++) accessLog.write(long);
  await new Promise((resolve) => full.once('close', resolve));
  for (let i = 0; i < 3; i++) accessLog.write(long);
  await file.close();
  assert.deepEqual(errors, [{ accessLog: 'full', reason: 'no space left on device' }]);
});

test('only what `when` holds for is written, a tunnel as a whole', async () => {
  const { log, lines } = logOf({ format: 'json', when: [{ variable: 'loggable' }] });
  const withValue = (loggable?: string) =>
    loggedRequest({ variables: loggable === undefined ? {} : { loggable } });
  for (const value of ['1', '0', '', 'yes', undefined]) log.write(withValue(value));
  assert.equal(log.openTunnel(withValue('0')), undefined);
  log
    .openTunnel(withValue('1'))
    ?.write({ bytesToClient: 1, bytesToUpstream: 2, endedBy: 'client', how: 'closed' });
  log.writeUnread({
    remoteAddress: '192.0.2.9',
    requestId: '00',
    status: 400,
    bodyBytesSent: 5,
    errorCode: 'HW_HTTP_HOST',
  });
  assert.deepEqual(
    (await lines()).map((line) => JSON.parse(line).event),
    ['request', 'request', 'tunnel-open', 'tunnel-end', 'bad-request'],
  );
});
