/** A folder of files behind `hatchway up --nginx`, as curl and a browser's HTTP/2 see it. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { startChild } from '../kit/child.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { largeBody, largeBytes, sha256 } from '../kit/large-body.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { freePort } from '../kit/ports.ts';
import { run } from '../kit/run.ts';
import { tempFolder } from '../kit/temp.ts';

leaveNothingBehind();

/** Where a product that fails could leave a test waiting for ever. */
const patience = { timeout: 30_000 };

type Site = {
  readonly folder: string;
  readonly pid: number;
  /** Of the plain and of the secure port. */
  readonly origins: readonly [plain: string, secure: string];
  /** What curl writes to its output, with these arguments and URLs. */
  curl(...args: string[]): Promise<Buffer>;
};

async function startSite(t: TestContext): Promise<Site> {
  const folder = tempFolder(t, 'site');
  const { certPath, keyPath } = selfSignedCertificate(t, ['localhost']);
  const [plain, secure] = [await freePort(), await freePort()];
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `http {
      types { text/html html; text/plain txt; }
      server {
        listen 127.0.0.1:${plain};
        listen 127.0.0.1:${secure} ssl http2;
        server_name localhost;
        ssl_certificate ${certPath};
        ssl_certificate_key ${keyPath};
        root ${folder}/www;
        location /.well-known/acme-challenge/ { root ${folder}/certbot; }
        location / { try_files $uri $uri/ @app; }
        location @app { return 200 "the application at $uri"; }
      }
    }`,
  );
  mkdirSync(join(folder, 'www'));
  const child = startChild(t, hatchwayPath, [
    ...['up', '--nginx', file, '--data-dir', join(folder, 'data')],
  ]);
  await child.said(/Hatchway is ready/);
  return {
    folder,
    pid: child.pid,
    origins: [`http://localhost:${plain}`, `https://localhost:${secure}`],
    curl: async (...args) => {
      // -q: no .curlrc of whoever runs this.
      const ran = await run(t, '/usr/bin/curl', ['-q', '-s', '-S', '--insecure', ...args]);
      assert.equal(ran.exitCode, 0, ran.stderr);
      return ran.stdout;
    },
  };
}

/** In bytes: the most memory that a process has had at a time. */
function peakMemoryOf(pid: number): number {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

test(
  '64 MiB arrive byte for byte over HTTP/1.1, TLS and HTTP/2, whole and in parts',
  patience,
  async (t) => {
    const { folder, pid, origins, curl } = await startSite(t);
    const [plain, secure] = origins;
    const body = largeBody();
    const digest = sha256(body);
    writeFileSync(join(folder, 'www/large.bin'), body);
    const before = peakMemoryOf(pid);
    assert.equal(sha256(await curl(`${plain}/large.bin`)), digest);
    assert.ok(peakMemoryOf(pid) - before < largeBytes / 2);
    for (const args of [
      ['--http1.1', `${plain}/large.bin`],
      ['--http1.1', `${secure}/large.bin`],
      ['--http2', `${secure}/large.bin`],
    ]) {
      assert.equal(sha256(await curl(...args)), digest, args.join(' '));
      const [from, to] = [12_345_678, 45_678_901];
      const part = await curl('--range', `${from}-${to}`, ...args);
      assert.equal(sha256(part), sha256(body.subarray(from, to + 1)), args.join(' '));
      const end = await curl('--range', '-1000', ...args);
      assert.equal(sha256(end), sha256(body.subarray(-1000)), args.join(' '));
    }
  },
);

test(
  'a download that was broken off goes on where it was, and begins anew when the file has changed',
  patience,
  async (t) => {
    const { folder, origins, curl } = await startSite(t);
    const [plain] = origins;
    const path = join(folder, 'www/large.bin');
    const body = largeBody().subarray(0, 1024 * 1024);
    writeFileSync(path, body);
    const got = join(folder, 'got.bin');
    writeFileSync(got, body.subarray(0, 1000));
    await curl('--continue-at', '-', '--output', got, `${plain}/large.bin`);
    assert.equal(sha256(readFileSync(got)), sha256(body));
    const etag = /etag: (.*)\r/i.exec((await curl('--head', `${plain}/large.bin`)).toString())?.[1];
    appendFileSync(path, 'more');
    const again = await curl('--range', '1000-', '-H', `If-Range: ${etag}`, `${plain}/large.bin`);
    assert.equal(again.length, body.length + 4);
  },
);

test('files, folders, challenges and an application share a site', patience, async (t) => {
  const { folder, origins, curl } = await startSite(t);
  const [plain, secure] = origins;
  mkdirSync(join(folder, 'www/docs'));
  writeFileSync(join(folder, 'www/docs/index.html'), 'the docs');
  mkdirSync(join(folder, 'certbot/.well-known/acme-challenge'), { recursive: true });
  writeFileSync(join(folder, 'certbot/.well-known/acme-challenge/token'), 'token.thumbprint');
  writeFileSync(join(folder, 'secret.txt'), 'nobody may see this');
  for (const origin of [plain, secure]) {
    const text = async (...args: string[]) => (await curl(...args)).toString();
    assert.equal(await text('--location', `${origin}/docs`), 'the docs');
    assert.equal(await text(`${origin}/docs/missing`), 'the application at /docs/missing');
    assert.equal(await text(`${origin}/.well-known/acme-challenge/token`), 'token.thumbprint');
    for (const way of [
      '/../secret.txt',
      '/docs/%2e%2e/%2e%2e/secret.txt',
      '/docs/..%2f..%2fsecret.txt',
    ]) {
      assert.doesNotMatch(await text('--path-as-is', `${origin}${way}`), /nobody may see/, way);
    }
    const urls = [`${origin}/docs/`, `${origin}/docs/index.html`, `${origin}/other`];
    const connects = await text(
      ...urls,
      '--write-out',
      '(%{num_connects})',
      '--output',
      '/dev/null',
      '--output',
      '/dev/null',
      '--output',
      '/dev/null',
    );
    assert.equal(connects, '(1)(0)(0)');
  }
});
