/**
 * Opens a connection to one upstream server, wherever that is: TCP, TLS, a Unix socket, or this process.
 *
 * A host that is still a name is looked up on the way, and all its addresses are tried (Happy Eyeballs, Node's default).
 * Knows nothing of HTTP or pools.
 */
import { connect, type LookupFunction, type NetConnectOpts } from 'node:net';
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
  /** Whether the kernel asks a silent server if it is there. */
  readonly tcpKeepAlive: boolean;
  /** For a host that is a name. Default: the system's. */
  readonly lookup?: LookupFunction | undefined;
};

/** @param session of an earlier TLS connection to the same server, which saves half of the handshake */
export function dial(options: DialOptions, session?: Buffer): Dialed {
  const { server, tls } = options;
  if (server.kind === 'in-process') {
    const [near, far] = inProcessConnection();
    // `Upstreams` has checked that the server exists.
    options.inProcess[server.name]?.(far);
    return { socket: near, readyEvent: undefined };
  }
  const address: NetConnectOpts =
    server.kind === 'unix'
      ? { path: server.path, allowHalfOpen: true }
      : {
          ...tcpOptions,
          host: server.host,
          port: server.port,
          keepAlive: options.tcpKeepAlive,
          ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
        };
  if (tls === undefined) return { socket: connect(address), readyEvent: 'connect' };
  const resumed = session === undefined ? {} : { session };
  return { socket: connectTls({ ...tls, ...resumed, ...address }), readyEvent: 'secureConnect' };
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
