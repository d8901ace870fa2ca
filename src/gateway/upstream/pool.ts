/**
 * The connections to one upstream server: opens them and keeps idle ones for the next exchange.
 *
 * The most recently used one goes first, so that a burst's connections are left alone and close by themselves.
 */
import type { KeepAliveModel } from '../../config/upstream-model.ts';
import type { HeadLimits } from '../../http1/head.ts';
import type { Deadlines } from '../deadlines.ts';
import { UpstreamConnection, type UpstreamUser } from './connection.ts';
import { type DialOptions, dial, serverName } from './dial.ts';
import type { UpstreamSockets } from './upstream-sockets.ts';

/** How long an idle connection is kept: nginx's `keepalive_timeout` of an upstream. */
const defaultIdleMs = 60_000;
/** Idle connections kept a server. As many as a busy gateway has requests under way, and not a server's last socket. */
const defaultIdleConnections = 256;
/** After which a connection is not used again: nginx's `keepalive_time`, so that what balances behind it gets to. */
const defaultAgeMs = 3_600_000;

/** What pools share with their gateway. */
export type PoolContext = {
  readonly deadlines: Deadlines;
  /** Of the heads that upstreams send. */
  readonly limits: HeadLimits;
  readonly sockets: UpstreamSockets;
};

export class Pool {
  /** The server's address, for logs and messages. */
  readonly name: string;
  /** For health checks, which have connections of their own. */
  readonly dialOptions: DialOptions;
  readonly #context: PoolContext;
  readonly #idleConnections: number;
  readonly #idleMs: number;
  readonly #requests: number;
  readonly #ageMs: number;
  /** Most recently used last. Invariant: ready, without user. */
  readonly #idle: UpstreamConnection[] = [];
  /** Of the last TLS connection that was up. */
  #session: Buffer | undefined;
  #closed = false;

  constructor(dialOptions: DialOptions, keepAlive: KeepAliveModel, context: PoolContext) {
    this.name = serverName(dialOptions.server);
    this.dialOptions = dialOptions;
    this.#context = context;
    this.#idleConnections = keepAlive.connections ?? defaultIdleConnections;
    this.#idleMs = keepAlive.idleMs ?? defaultIdleMs;
    this.#requests = keepAlive.requests ?? Number.POSITIVE_INFINITY;
    this.#ageMs = keepAlive.ageMs ?? defaultAgeMs;
  }

  /** Connections that wait for the next request. */
  get idle(): number {
    return this.#idle.length;
  }

  /** An idle connection, ready to be written to; undefined when there is none. */
  take(user: UpstreamUser): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      // One that has just been closed is here until its 'close' event.
      if (connection?.socket.destroyed) continue;
      if (connection !== undefined) {
        connection.user = user;
        connection.requests++;
      }
      return connection;
    }
  }

  /**
   * A new connection; the user hears whether and when it is ready.
   *
   * @param connectMs how long it may take, name and TLS included
   */
  connect(user: UpstreamUser, connectMs: number): UpstreamConnection {
    const { deadlines, sockets, limits } = this.#context;
    const dialed = dial(this.dialOptions, this.#session);
    const connection = new UpstreamConnection(this, dialed, user, limits);
    const { socket } = connection;
    sockets.add(socket);
    deadlines.add(connection);
    connection.deadline = deadlines.after(connectMs);
    connection.reusedUntil = deadlines.after(this.#ageMs);
    if (this.dialOptions.tls !== undefined) this.#keepSession(connection);
    return connection;
  }

  /** Node gives sessions away only once the certificate was found to be good. */
  #keepSession(connection: UpstreamConnection): void {
    connection.socket.on('session', (session: Buffer) => {
      this.#session = session;
    });
    connection.socket.once('close', () => {
      if (!connection.ready) this.#session = undefined;
    });
  }

  /** Called by `UpstreamConnection.release`. */
  keep(connection: UpstreamConnection): void {
    const { deadlines } = this.#context;
    if (
      this.#closed ||
      this.#idle.length >= this.#idleConnections ||
      connection.requests >= this.#requests ||
      connection.reusedUntil < deadlines.after(0) ||
      !connection.socket.writable
    ) {
      connection.abandon();
      return;
    }
    connection.deadline = deadlines.after(this.#idleMs);
    this.#idle.push(connection);
  }

  /** Called by an `UpstreamConnection` that is gone, or no longer one. */
  forget(connection: UpstreamConnection): void {
    this.#context.deadlines.remove(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  /** Closes what is idle now and, later, what is given back. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#idle]) connection.abandon();
  }
}
