/** `hatchway up --nginx`: configurations that people had, with and without what nginx needs for WebSockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { type Certificate, selfSignedCertificate } from '../kit/certificate.ts';
import { type Child, startChild } from '../kit/child.ts';
import { eventually } from '../kit/eventually.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { freePort } from '../kit/ports.ts';
import { atEnd } from '../kit/scope.ts';
import { tempFolder } from '../kit/temp.ts';

leaveNothingBehind();

const fixtures = join(import.meta.dirname, '../../src/nginx/fixtures');

type Upstream = { readonly port: number; readonly seen: IncomingHttpHeaders[] };

/** Answers with a page, and echoes WebSockets; as Nomad does, only those whose Origin is the host that was asked for. */
async function startUpstream(
  t: TestContext,
  options: { certificate?: Certificate; checksOrigin?: boolean } = {},
): Promise<Upstream> {
  const { certificate, checksOrigin = false } = options;
  const seen: IncomingHttpHeaders[] = [];
  const server =
    certificate === undefined
      ? createServer()
      : createTlsServer({
          cert: readFileSync(certificate.certPath),
          key: readFileSync(certificate.keyPath),
        });
  server.on('request', (request, response) => {
    seen.push(request.headers);
    response.end(`page ${request.url}`);
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const { origin = '', host } = request.headers;
    seen.push(request.headers);
    if (checksOrigin && new URL(origin).host !== host) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, async () => {
    server.close();
    for (const webSocket of sockets.clients) webSocket.terminate();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

function startHatchwayWith(t: TestContext, file: string, ...args: string[]): Child {
  const dataDir = join(tempFolder(t, 'data'), 'data');
  return startChild(t, hatchwayPath, ['up', '--nginx', file, '--data-dir', dataDir, ...args]);
}

/** A text that comes back through a WebSocket. */
async function echo(t: TestContext, url: string, headers: Record<string, string>): Promise<void> {
  const socket = new WebSocket(url, { headers, rejectUnauthorized: false });
  atEnd(t, () => socket.terminate());
  await once(socket, 'open');
  socket.send('ls -l\r');
  const [data] = await once(socket, 'message');
  assert.equal(String(data), 'ls -l\r');
  socket.close(1000);
  const [code] = await once(socket, 'close');
  assert.equal(code, 1000);
}

/** What nginx needs to be told for WebSockets. */
function withoutWebSocketLines(text: string): string {
  const left = text.replace(
    /^\s*(?:proxy_http_version|proxy_set_header (?:Upgrade|Connection)) .*\n/gm,
    '',
  );
  assert.notEqual(left, text);
  return left;
}

const variants: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['without its lines about WebSockets', withoutWebSocketLines],
];

for (const [variant, change] of variants) {
  test(`the Portainer configuration serves pages and terminals, ${variant}`, async (t) => {
    const certificate = selfSignedCertificate(t, ['shell.example.com']);
    const upstream = await startUpstream(t, { certificate });
    const folder = tempFolder(t, 'conf');
    const port = await freePort();
    const file = join(folder, 'portainer.conf');
    const text = readFileSync(join(fixtures, 'portainer.conf'), 'utf8')
      .replace('443 ssl', `127.0.0.1:${port} ssl`)
      .replace('/ssl/cert.pem', certificate.certPath)
      .replace('/ssl/key.pem', certificate.keyPath)
      .replace('/var/log/nginx/portainer.log', join(folder, 'portainer.log'))
      .replace('portainer_task:9443', `localhost:${upstream.port}`);
    writeFileSync(file, change(text));
    await startHatchwayWith(t, file).said(/Hatchway is ready/);

    const page = await httpRequest(`https://shell.example.com:${port}/a?b`, { port });
    assert.equal(page.text, 'page /a?b');
    assert.equal(upstream.seen.at(-1)?.['x-forwarded-for'], '127.0.0.1');
    assert.equal(upstream.seen.at(-1)?.host, `localhost:${upstream.port}`);
    await echo(t, `wss://127.0.0.1:${port}/api/websocket/exec`, { host: 'shell.example.com' });
    await eventually('both are in the access log', () => {
      const lines = readFileSync(join(folder, 'portainer.log'), 'utf8');
      return /"GET \/a\?b HTTP\/1.1" 200/.test(lines) && /exec HTTP\/1.1" 101/.test(lines);
    });
  });

  test(`the Nomad configuration serves pages and terminals, ${variant}`, async (t) => {
    const upstream = await startUpstream(t, { checksOrigin: true });
    const port = await freePort();
    const file = join(tempFolder(t, 'conf'), 'nomad.conf');
    const text = readFileSync(join(fixtures, 'nomad.conf'), 'utf8')
      .replace('listen 80', `listen 127.0.0.1:${port}`)
      .replaceAll(/10\.0\.0\.1\d:4646/g, `127.0.0.1:${upstream.port}`);
    writeFileSync(file, change(text));
    await startHatchwayWith(t, file).said(/Hatchway is ready/);

    const page = await httpRequest(`http://127.0.0.1:${port}/v1/jobs`);
    assert.equal(page.text, 'page /v1/jobs');
    await echo(t, `ws://127.0.0.1:${port}/v1/client/allocation/1/exec`, {
      origin: `http://127.0.0.1:${port}`,
    });
    assert.equal(upstream.seen.at(-1)?.origin, 'http://nomad-servers');
  });
}

test('files that are included by a pattern count, and --prefix says where relative names start', async (t) => {
  const folder = tempFolder(t, 'conf');
  mkdirSync(join(folder, 'sites'));
  mkdirSync(join(folder, 'main'));
  const port = await freePort();
  const site = (name: string) =>
    `server { listen 127.0.0.1:${port}; server_name ${name}.test; access_log off; return 200 "site ${name}"; }`;
  writeFileSync(join(folder, 'sites/a.conf'), site('a'));
  writeFileSync(join(folder, 'sites/b.conf'), site('b'));
  writeFileSync(join(folder, 'sites/c.disabled'), 'not a configuration {');
  const file = join(folder, 'main/nginx.conf');
  writeFileSync(file, 'http { include sites/*.conf; }');
  await startHatchwayWith(t, file, '--prefix', folder).said(/Hatchway is ready/);
  for (const name of ['a', 'b']) {
    const answer = await httpRequest(`http://127.0.0.1:${port}/`, {
      headers: { host: `${name}.test` },
    });
    assert.equal(answer.text, `site ${name}`);
  }
});

test('a configuration that cannot be served says why, each with its place, and ends with 1', async (t) => {
  const file = join(tempFolder(t, 'conf'), 'nginx.conf');
  writeFileSync(
    file,
    'http {\n  server {\n    listen 80;\n    lisen 81;\n    location / { autoindex on; }\n  }\n}\n',
  );
  const child = startHatchwayWith(t, file);
  assert.equal(await child.exited, 1);
  assert.match(
    child.output,
    /nginx\.conf:4:5: unknown directive "lisen"\n {4}did you mean "listen"/,
  );
  assert.match(child.output, /nginx\.conf:5:18: "autoindex" is not done here/);
  const missing = startHatchwayWith(t, join(tempFolder(t, 'conf'), 'none.conf'));
  assert.equal(await missing.exited, 1);
  assert.match(missing.output, /none\.conf: cannot be read: there is no such file/);
});
