/** Chromium over HTTP/2: page, requests and WebSocket on one connection, and curl the same without a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Certificate, selfSignedCertificate } from '../kit/certificate.ts';
import { openPage, startBrowser } from '../kit/chromium.ts';
import { ConsolePage } from '../kit/console-page.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { run } from '../kit/run.ts';

leaveNothingBehind();

function startSecure(t: TestContext, { certPath, keyPath }: Certificate): Promise<Hatchway> {
  const config = `console: { host: localhost, cert: ${certPath}, key: ${keyPath} }\n`;
  return startHatchway(t, { config });
}

function accessLog({ dataDir }: Hatchway): string {
  return readFileSync(join(dataDir, 'access.log'), 'latin1');
}

test('a terminal in Chromium works over HTTP/2, and so does its WebSocket', async (t) => {
  const hatchway = await startSecure(t, selfSignedCertificate(t, ['localhost']));
  assert.match(hatchway.origin, /^https:/);
  const page = await openPage(t, await startBrowser(t));
  await page.goto(hatchway.urlThrough(hatchway.origin, '/x/local/shell'));
  const shell = new ConsolePage(page);
  await shell.shows(/[#$]$/);
  await shell.isConnectedBy('WebSocket');
  await shell.enters('echo $((40+2))');
  await shell.shows(/^42$/m);
  await shell.enters('seq 1 20000');
  await shell.shows(/^20000$/m);
  assert.equal(await shell.notice(), '');

  await page.context().close();
  // The line of a tunnel is written when it has ended.
  const line = await eventually('the WebSocket is in the access log', () =>
    /^.*\/socket.* 101 .*$/m.exec(accessLog(hatchway))?.shift(),
  );
  assert.match(line, /"GET \S+\/socket\S* HTTP\/2\.0" 101 /);
  assert.doesNotMatch(accessLog(hatchway), /HTTP\/1\.1"/, 'nothing needed another connection');
});

test('curl speaks HTTP/2 where it may, and HTTP/1.1 where it is told to', async (t) => {
  const certificate = selfSignedCertificate(t, ['localhost']);
  const hatchway = await startSecure(t, certificate);
  // Of the answer; one of HTTP/1.0 is answered in 1.1, as by nginx.
  const cases: [args: string[], version: string][] = [
    [['--http2'], '2'],
    [['--http1.1'], '1.1'],
    [['--http1.0'], '1.1'],
  ];
  for (const [args, version] of cases) {
    const about = ['-q', '-s', '-o', '/dev/null', '-w', '%{http_version} %{http_code}'];
    const trust = ['--cacert', certificate.certPath];
    const { stdout } = await run(t, '/usr/bin/curl', [
      ...about,
      ...trust,
      ...args,
      `${hatchway.origin}/`,
    ]);
    assert.match(String(stdout), new RegExp(`^${version.replace('.', '\\.')} 200$`), args.join());
  }
});
