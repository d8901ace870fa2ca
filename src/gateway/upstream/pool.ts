/**
 * The connections to one upstream server: opens them, keeps idle ones for the next exchange, counts them all.
 *
 * The most recently used one goes first, so that a burst's connections are left alone and close by themselves.
 */
import type { Duplex } from 'node:stream';
import type { HeadLimits } from '../../http1/head.ts';
import type { Deadlines } from '../deadlines.ts';
import type { SocketCounts } from '../socket-counts.ts';
import { UpstreamConnection, type UpstreamUser } from './connection.ts';
import { type DialOptions, dial, serverName } from './dial.ts';

/** How long an idle connection is kept: nginx's `keepalive_timeout` of an upstream. */
const idleMs = 60_000;
/** Idle connections kept a server. As many as a busy gateway has requests under way, and not a server's last socket. */
const idleConnections = 256;

/** What pools share with their gateway. */
export type PoolContext = {
  readonly deadlines: Deadlines;
  /** Of the heads that upstreams send. */
  readonly limits: HeadLimits;
  /** Kept up to date by pools. */
  readonly counts: SocketCounts;
};

export class Pool {
  /** For logs and messages. */
  readonly name: string;
  readonly #dial: DialOptions;
  readonly #connectMs: number;
  readonly #context: PoolContext;
  /** All there are, those of tunnels included. */
  readonly #open = new Set<Duplex>();
  /** Most recently used last. Invariant: ready, without user. */
  readonly #idle: UpstreamConnection[] = [];
  #closed = false;

  constructor(dial: DialOptions, connectMs: number, context: PoolContext) {
    this.name = serverName(dial.server);
    this.#dial = dial;
    this.#connectMs = connectMs;
    this.#context = context;
  }

  /** An idle connection, ready to be written to; undefined when there is none. */
  take(user: UpstreamUser): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      // One that has just been closed is here until its 'close' event.
      if (connection?.socket.destroyed) continue;
      if (connection !== undefined) connection.user = user;
      return connection;
    }
  }

  /** A new connection; the user hears whether and when it is ready. */
  connect(user: UpstreamUser): UpstreamConnection {
    const { deadlines, counts, limits } = this.#context;
    const connection = new UpstreamConnection(this, dial(this.#dial), user, limits);
    const { socket } = connection;
    deadlines.add(connection);
    connection.deadline = deadlines.after(this.#connectMs);
    counts.upstreams++;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      counts.closed('upstreams');
    });
    return connection;
  }

  /** Called by `UpstreamConnection.release`. */
  keep(connection: UpstreamConnection): void {
    if (this.#closed || this.#idle.length >= idleConnections || !connection.socket.writable) {
      connection.abandon();
      return;
    }
    connection.deadline = this.#context.deadlines.after(idleMs);
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

  /** Closes everything; exchanges and tunnels under way hear that their connection is gone. */
  destroy(): void {
    this.close();
    for (const socket of this.#open) socket.destroy();
  }
}
