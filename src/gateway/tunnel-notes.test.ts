import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import type { AccessLogFormat } from '../config/model.ts';
import type { LoggedTunnelEnd } from './access-entry.ts';
import { AccessLog } from './access-log.ts';
import { AccessLogFile } from './access-log-file.ts';
import { Totals } from './admin/totals.ts';
import { loggedRequest } from './testing/logged-request.ts';
import { TunnelNotes } from './tunnel-notes.ts';

const end: LoggedTunnelEnd = {
  bytesToClient: 30,
  bytesToUpstream: 20,
  endedBy: 'client',
  how: 'close-frame',
  closeCode: 1001,
};

/** What is said of a tunnel that lasted 61.5 s. */
async function said(format: AccessLogFormat | undefined, ending = end) {
  const lines: { facts: Record<string, unknown>; message: string }[] = [];
  const log = {
    ...silentLog,
    info: (facts: object, message: string) => lines.push({ facts: { ...facts }, message }),
  };
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const file = new AccessLogFile('memory', stream, log);
  const totals = new Totals().site('a.example');
  const notes = new TunnelNotes({
    request: loggedRequest({ target: '/ws?token=s3cret', startedAt: Date.now() - 61_500 }),
    token: 'websocket',
    accessLog: format === undefined ? undefined : new AccessLog(file, format),
    totals,
    log,
  });
  assert.equal(totals.tunnelsOpened, 1);
  notes.end(ending);
  await file.close();
  const access = Buffer.concat(chunks).toString('latin1').split('\n').slice(0, -1);
  assert.ok(!JSON.stringify([lines, access]).includes('s3cret'));
  return { lines, access, totals };
}

test('beside combined, the log says when a tunnel opens, who ended it and how', async () => {
  const { lines, access } = await said({ format: 'combined' });
  assert.equal(access.length, 1);
  assert.match(access[0] ?? '', /"GET \/ws\?token=REDACTED HTTP\/1\.1" 101 30 /);
  const [opening, ending] = lines;
  assert.equal(opening?.message, 'tunnel opened');
  assert.equal(opening?.facts.request, 'GET /ws?token=REDACTED');
  assert.equal(opening?.facts.upgrade, 'websocket');
  assert.match(ending?.message ?? '', /^tunnel ended by the client after 61\.\d s: close-frame$/);
  const { durationMs, ...facts } = ending?.facts ?? {};
  assert.ok((durationMs as number) >= 61_500);
  assert.deepEqual(facts, {
    requestId: opening?.facts.requestId,
    endedBy: 'client',
    how: 'close-frame',
    closeCode: 1001,
    bytesToClient: 30,
    bytesToUpstream: 20,
  });
});

test('beside JSON, the log repeats nothing', async () => {
  const { lines, access } = await said({ format: 'json' });
  assert.deepEqual(lines, []);
  assert.deepEqual(
    access.map((line) => JSON.parse(line).event),
    ['tunnel-open', 'tunnel-end'],
  );
});

test('a site without access log still has its tunnels in the log, and counted', async () => {
  const { closeCode, ...cut } = end;
  const { lines, totals } = await said(undefined, { ...cut, endedBy: 'gateway', how: 'idle' });
  assert.equal(closeCode, 1001);
  assert.equal(lines.length, 2);
  assert.ok(!('closeCode' in (lines[1]?.facts ?? {})));
  assert.deepEqual([...totals.tunnelEnds], [0, 0, 1]);
  assert.equal(totals.tunnelBytesToClient, 30);
  assert.equal(totals.tunnelBytesToUpstream, 20);
});
