/** A node:http server of a test, on a port of its own, that ends with its scope. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { atEnd, type Scope } from './scope.ts';

export type HttpServer = { readonly server: Server; readonly port: number; readonly url: string };

/** Listens on 127.0.0.1 when this resolves. */
export async function startHttpServer(
  scope: Scope,
  onRequest: RequestListener,
): Promise<HttpServer> {
  const server = createServer(onRequest);
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, async () => {
    server.close();
    // Those that were upgraded, too, of which the server itself knows nothing any more.
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}
