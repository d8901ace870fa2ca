/** Hatchway where an nginx was: one site from the first report, TLS on both sides, nothing said about WebSockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { selfSignedCertificate } from '../kit/certificate.ts';
import { eventually } from '../kit/eventually.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { atEnd } from '../kit/scope.ts';
import { tempFolder } from '../kit/temp.ts';

leaveNothingBehind();

type Upstream = {
  port: number;
  /** Of every request and every WebSocket, in order. */
  seen: { url: string; headers: IncomingHttpHeaders }[];
};

/** Speaks TLS with a certificate that nobody knows; echoes WebSockets and checks their Origin as Nomad does. */
async function startUpstream(t: TestContext): Promise<Upstream> {
  const { certPath, keyPath } = selfSignedCertificate(t, ['sweet_swarm_task']);
  const seen: Upstream['seen'] = [];
  const server = createServer(
    { cert: readFileSync(certPath), key: readFileSync(keyPath) },
    (request, response) => {
      seen.push({ url: request.url ?? '', headers: request.headers });
      response.setHeader('content-type', 'text/html');
      response.end('<h1>The application</h1>');
    },
  );
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    const { origin = '', host } = request.headers;
    if (new URL(origin).host !== host) {
      socket.end(
        'HTTP/1.1 403 Forbidden\r\nX-Says: the application\r\nContent-Length: 13\r\n\r\norigin denied',
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // At once, so that it travels in the same segment as the 101.
      webSocket.send('welcome');
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, async () => {
    server.close();
    server.closeAllConnections();
    for (const webSocket of sockets.clients) webSocket.terminate();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

/** A client's WebSocket with everything that came over it, from the first message on. */
async function openWebSocket(
  t: TestContext,
  port: number,
  headers: Record<string, string>,
): Promise<{ socket: WebSocket; messages: Buffer[] }> {
  const agent = new Agent({ servername: 'sweet.domain.com', rejectUnauthorized: false });
  const url = `wss://127.0.0.1:${port}/api/websocket/exec?id=7`;
  const socket = new WebSocket(url, { headers, agent });
  atEnd(t, () => socket.terminate());
  const messages: Buffer[] = [];
  socket.on('message', (data: Buffer) => messages.push(data));
  await once(socket, 'open');
  return { socket, messages };
}

test('a site in the place of nginx', async (t) => {
  const upstream = await startUpstream(t);
  const { certPath, keyPath } = selfSignedCertificate(t, ['sweet.domain.com', 'console.test']);
  const accessLog = join(tempFolder(t), 'data-access.log');
  const hatchway = await startHatchway(t, {
    config: `
accessLog: off
console:
  host: console.test
  cert: ${certPath}
  key: ${keyPath}
sites:
  - host: ~^sweet\\.domain\\.com$
    cert: ${certPath}
    key: ${keyPath}
    accessLog: ${accessLog}
    to: https://localhost:${upstream.port}
    upstreamTls:
      verify: false
`,
  });
  const { port } = hatchway;
  const origin = `https://sweet.domain.com:${port}`;

  await t.test('pages pass, and the application learns who asked for what', async () => {
    const response = await httpRequest(`${origin}/jobs?all=1`, { port });
    assert.equal(response.text, '<h1>The application</h1>');
    const request = upstream.seen.at(-1);
    assert.equal(request?.url, '/jobs?all=1');
    assert.equal(request?.headers.host, `sweet.domain.com:${port}`);
    assert.equal(request?.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(request?.headers['x-forwarded-proto'], 'https');
    assert.equal(request?.headers['x-forwarded-host'], `sweet.domain.com:${port}`);
  });

  await t.test('WebSockets pass, from the message that comes with the 101 on', async (inner) => {
    const headers = { host: `sweet.domain.com:${port}`, origin };
    const { socket, messages } = await openWebSocket(inner, port, headers);
    const large = Buffer.alloc(300_000, 'x');
    socket.send('text');
    socket.send(large);
    await eventually('three messages', () => messages.length === 3);
    assert.equal(messages[0]?.toString(), 'welcome');
    assert.equal(messages[1]?.toString(), 'text');
    assert.ok(messages[2]?.equals(large));
    const request = upstream.seen.at(-1);
    assert.equal(request?.headers['x-forwarded-proto'], 'https');
    socket.close(1000);
    const [code] = await once(socket, 'close');
    assert.equal(code, 1000);
  });

  await t.test('a refused upgrade arrives in the words of the application', async () => {
    const response = await httpRequest(`${origin}/api/websocket/exec`, {
      port,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        origin: 'https://elsewhere.test',
      },
    });
    assert.equal(response.status, 403);
    assert.equal(response.headers['x-says'], 'the application');
    assert.equal(response.text, 'origin denied');
  });

  await t.test('the access log is in the combined format', async () => {
    const line =
      /^127\.0\.0\.1 - - \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "GET \/jobs\?all=1 HTTP\/1\.1" 200 24 "-" "-"$/m;
    const webSocketLine = /"GET \/api\/websocket\/exec\?id=7 HTTP\/1\.1" 101 \d+ /;
    await eventually('both requests are in the log', () => {
      const text = readFileSync(accessLog, 'utf8');
      assert.match(text, line);
      assert.match(text, webSocketLine);
      return true;
    });
  });
});
