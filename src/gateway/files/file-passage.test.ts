/** Files through a gateway: what only shows on connections. What is answered is compared with nginx's in test/peers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Http2Client, startHttp2Gateway, testHost } from '../http2/testing/http2-kit.ts';
import { TestCertificates } from '../testing/certificates.ts';
import { GatewayKit, type KitOptions } from '../testing/gateway-kit.ts';

/** Far more than sockets hold. */
const largeBytes = 256 * 1024 * 1024;

/** One that takes no room on the disk. */
function largeFileIn(folder: string): string {
  const path = join(folder, 'large.bin');
  writeFileSync(path, '');
  truncateSync(path, largeBytes);
  return path;
}

/** Nearly all of it is the kernel's, which sizes its buffers itself. */
const boundBytes = largeBytes / 4;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hatchway-files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function startWith(t: TestContext, folder: string): Promise<GatewayKit> {
  return GatewayKit.start(t, besideRoute(folder));
}

/** A folder for everything, in a site whose own route is for something else. */
function besideRoute(folder: string): Required<Pick<KitOptions, 'site' | 'route'>> {
  const files = { folder: [folder] };
  const path = { kind: 'prefix', path: '/', beforeRegex: false } as const;
  return {
    site: { routes: [{ path, upgradeTokens: [], files }] },
    route: { path: { kind: 'exact', path: '/other' } },
  };
}

/** How many descriptors this process has of a file. */
function openOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

async function closed(path: string): Promise<void> {
  while (openOf(path) > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('requests that come together are answered in their order, on one connection', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'a.txt'), 'first');
  writeFileSync(join(folder, 'b.txt'), 'second');
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;
  client.write(ask('/a.txt') + ask('/none') + ask('/b.txt'));
  assert.match(await client.head(), /^HTTP\/1\.1 200 OK\r\n.*Content-Length: 5\r\n/s);
  assert.equal(await client.bytes(5), 'first');
  const missing = await client.head();
  assert.match(missing, /^HTTP\/1\.1 404 /);
  await client.bytes(Number(/Content-Length: (\d+)/.exec(missing)?.[1]));
  await client.head();
  assert.equal(await client.bytes(6), 'second');
  await closed(join(folder, 'a.txt'));
});

test('a HEAD has the length of the file and no body', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'a.txt'), 'first');
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  client.write('HEAD /a.txt HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  const answer = await client.rest();
  assert.match(answer, /Content-Length: 5\r\n.*\r\n\r\n$/s);
});

test('a 405 whose page is a file as well says once what is allowed', async (t) => {
  const files = { folder: [folderOf(t)] };
  const path = { kind: 'prefix', path: '/', beforeRegex: false } as const;
  const response = { errorPages: [{ statuses: [405], to: ['@files'] }] };
  const kit = await GatewayKit.start(t, {
    site: {
      routes: [{ path, upgradeTokens: [], files, response }],
      namedRoutes: { '@files': { path, upgradeTokens: [], files } },
    },
    route: { path: { kind: 'exact', path: '/other' } },
  });
  const client = await kit.connect();
  client.write('DELETE /a HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  const answer = await client.rest();
  assert.match(answer, /^HTTP\/1\.1 405 /);
  assert.equal(answer.match(/^Allow: /gm)?.length, 1);
});

test('a client that takes nothing is given up, and little was read for it', async (t) => {
  const folder = folderOf(t);
  const path = largeFileIn(folder);
  const { site, route } = besideRoute(folder);
  const kit = await GatewayKit.start(t, { site: { ...site, limits: { bodyMs: 300 } }, route });
  const client = await kit.connect();
  client.socket.pause();
  client.write('GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n');
  await kit.opened({ clients: 1 });
  await kit.opened({ clients: 0 });
  await closed(path);
  const [line = ''] = await kit.accessLines();
  const [, bytes] = /" 200 (\d+) /.exec(line) ?? [];
  assert.ok(Number(bytes) > 0 && Number(bytes) < boundBytes, line);
});

test('a client that takes its time gets all of it', async (t) => {
  const folder = folderOf(t);
  const bytes = 32 * 1024 * 1024;
  writeFileSync(join(folder, 'large.bin'), Buffer.alloc(bytes, 'x'));
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  client.socket.removeAllListeners('data');
  client.write('GET /large.bin HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  let received = 0;
  for await (const chunk of client.socket) {
    received += (chunk as Buffer).length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(received > bytes && received < bytes + 1000);
});

test('a file that is cut short while it is sent cuts the answer', async (t) => {
  const folder = folderOf(t);
  const path = largeFileIn(folder);
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  client.socket.removeAllListeners('data');
  client.write('GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n');
  await once(client.socket, 'readable');
  truncateSync(path, 1024);
  let received = 0;
  for await (const chunk of client.socket) received += (chunk as Buffer).length;
  assert.ok(received < largeBytes);
  await kit.logged(/has become shorter while it was sent/);
  await closed(path);
});

test('over HTTP/2 a file that is cut short resets its stream, and the connection goes on', async (t) => {
  const folder = folderOf(t);
  const path = largeFileIn(folder);
  writeFileSync(join(folder, 'a.txt'), 'first');
  const certificates = new TestCertificates();
  t.after(() => certificates.remove());
  const kit = await startHttp2Gateway(t, certificates, besideRoute(folder));
  const client = await Http2Client.connect(t, kit.port);
  const stream = client.session.request({ ':path': '/large.bin', ':authority': testHost });
  await once(stream, 'response');
  truncateSync(path, 1024);
  stream.resume();
  await assert.rejects(once(stream, 'end'), { code: 'ERR_HTTP2_STREAM_ERROR' });
  assert.equal((await client.ask({ ':path': '/a.txt' })).body.toString(), 'first');
  await closed(path);
});

test('a client that leaves in the middle leaves no file open', async (t) => {
  const folder = folderOf(t);
  const path = largeFileIn(folder);
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  client.write('GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n');
  await client.head();
  assert.equal(openOf(path), 1);
  client.destroy();
  await kit.opened({ clients: 0 });
  await closed(path);
});

test('what may not be read is forbidden, and what is no file an error of its own', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'locked'));
  writeFileSync(join(folder, 'locked/a.txt'), 'a', { mode: 0o000 });
  const socket = createServer().listen(join(folder, 'socket'));
  await once(socket, 'listening');
  t.after(() => socket.close());
  const kit = await startWith(t, folder);
  const statusOf = async (path: string) => {
    const client = await kit.connect();
    client.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
    return (await client.rest()).slice('HTTP/1.1 '.length, 12);
  };
  assert.equal(await statusOf('/socket'), '500');
  // Root may read everything.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    assert.equal(await statusOf('/locked/a.txt'), '403');
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  await kit.logged(/locked\/a\.txt cannot be read: EACCES/);
});

test('a request to upgrade reaches its upstream behind what is looked for first', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'open'), '');
  const attempt = { paths: [{ path: ['/open'], isFolder: false }], otherwise: 503 };
  const kit = await GatewayKit.start(t, { route: { files: { folder: [folder], try: attempt } } });
  const { upstream, client, head } = await kit.ask(
    'GET /socket HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  assert.match(head, /^GET \/socket HTTP\/1\.1\r\n.*Upgrade: websocket\r\n/s);
  upstream.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 403 /);
  rmSync(join(folder, 'open'));
  const late = await kit.connect();
  late.write('GET /socket HTTP/1.1\r\nHost: test\r\n\r\n');
  assert.match(await late.head(), /^HTTP\/1\.1 503 /);
});

test('a body that comes while files are looked for reaches the upstream whole', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'open'), '');
  const attempt = { paths: [{ path: ['/open'], isFolder: false }], otherwise: 503 };
  const kit = await GatewayKit.start(t, { route: { files: { folder: [folder], try: attempt } } });
  const { upstream, client, head } = await kit.ask(
    'POST /form HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nfirst',
  );
  assert.match(head, /^POST \/form HTTP\/1\.1\r\n/);
  client.write('last');
  assert.equal(await upstream.bytes(9), 'firstlast');
  upstream.write('HTTP/1.1 204 No Content\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 204 /);
});

test('a file that is lost between its opening and the look at it ends one request, and not the gateway', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'a'), 'a');
  const handle = await open(join(folder, 'a'));
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const lost = Object.assign(new Error('ESTALE: stale file handle'), { code: 'ESTALE' });
  t.mock.method(prototype, 'stat', () => Promise.reject(lost));
  const kit = await startWith(t, folder);
  const client = await kit.connect();
  client.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.head(), /^HTTP\/1\.1 500 /);
  await closed(join(folder, 'a'));
});
