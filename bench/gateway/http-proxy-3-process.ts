/** http-proxy-3 as its README sets it up, with a keep-alive agent: `node http-proxy-3-process.ts <upstream port> <cert> <key>`. */
import { readFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'http-proxy-3';

const [upstreamPort, certPath, keyPath] = process.argv.slice(2) as [string, string, string];
const proxy = createProxyServer({
  target: `http://127.0.0.1:${upstreamPort}`,
  agent: new Agent({ keepAlive: true, maxFreeSockets: 600 }),
  ws: true,
  xfwd: true,
});
proxy.on('error', () => {});
const onRequest = (request: IncomingMessage, response: ServerResponse) => {
  proxy.web(request, response);
};
const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  proxy.ws(request, socket as Parameters<typeof proxy.ws>[1], head);
};
const plain = createServer(onRequest).on('upgrade', onUpgrade);
const secure = createTlsServer(
  { cert: readFileSync(certPath), key: readFileSync(keyPath) },
  onRequest,
).on('upgrade', onUpgrade);
plain.listen(0, '127.0.0.1', () => {
  secure.listen(0, '127.0.0.1', () => {
    const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    console.log(`listening on ${portOf(plain)} ${portOf(secure)}`);
  });
});
process.once('SIGTERM', () => process.exit(0));
