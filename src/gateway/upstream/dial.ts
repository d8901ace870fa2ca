/**
 * Opens a connection to one upstream server, wherever that is: TCP, TLS, a Unix socket, or this process.
 *
 * Names are resolved at each connection, as the system does it, and all addresses are tried (Happy Eyeballs, Node's
 * default). Knows nothing of HTTP or pools.
 */
import { connect, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { UpstreamServerModel } from '../../config/upstream-model.ts';
import { tcpOptions } from '../socket-options.ts';
import { inProcessConnection } from './in-process.ts';

/** The servers of this process by the name that the model gives them: each takes the far end of a new connection. */
export type InProcessServers = Readonly<Record<string, (connection: Duplex) => void>>;

/** A connection that is being opened. Nothing may be written before `readyEvent`: a certificate might not hold. */
export type Dialed = {
  readonly socket: Duplex;
  readonly readyEvent: 'connect' | 'secureConnect' | undefined;
};

export type DialOptions = {
  readonly server: UpstreamServerModel;
  /** Present for TLS; made once by `upstreamTls`. */
  readonly tls: ConnectionOptions | undefined;
  readonly inProcess: InProcessServers;
};

export function dial(options: DialOptions): Dialed {
  const { server, tls } = options;
  if (server.kind === 'in-process') {
    const [near, far] = inProcessConnection();
    // `createGateway` has checked that the server exists.
    options.inProcess[server.name]?.(far);
    return { socket: near, readyEvent: undefined };
  }
  const address: NetConnectOpts =
    server.kind === 'unix'
      ? { path: server.path, allowHalfOpen: true }
      : { host: server.host, port: server.port, ...tcpOptions };
  if (tls === undefined) return { socket: connect(address), readyEvent: 'connect' };
  return { socket: connectTls({ ...tls, ...address }), readyEvent: 'secureConnect' };
}

/** A server's address for logs and messages: `127.0.0.1:9443`, `unix:/run/x.sock`, `in-process:console`. */
export function serverName(server: UpstreamServerModel): string {
  switch (server.kind) {
    case 'tcp':
      return server.host.includes(':')
        ? `[${server.host}]:${server.port}`
        : `${server.host}:${server.port}`;
    case 'unix':
      return `unix:${server.path}`;
    case 'in-process':
      return `in-process:${server.name}`;
  }
}
