/**
 * One connection to an upstream server through its life: being opened, in use by one exchange, idle in its pool, in
 * use again, closed. It knows who uses it, not what for.
 */
import type { Duplex } from 'node:stream';
import { type HeadLimits, ResponseHeadReader } from '../../http1/head.ts';
import { type Deadlined, never } from '../deadlines.ts';
import { own, type SocketOwner } from '../socket-owner.ts';
import type { Dialed } from './dial.ts';
import { holdFailedWrites } from './failed-writes.ts';
import type { Pool } from './pool.ts';

/** Whoever has a connection at the moment. All calls come from the event loop, never from within `connect`. */
export interface UpstreamUser {
  /** The connection is up and may be written to. Only for new ones. */
  onUpstreamReady(): void;
  onUpstreamData(chunk: Buffer): void;
  onUpstreamDrain(): void;
  onUpstreamEnd(): void;
  /** It takes nothing more of a body; what it has sent, and its end, still come. Only after `sendsBody`. */
  onUpstreamDeaf(): void;
  /** The connection is gone; nothing follows. */
  onUpstreamClose(error: NodeJS.ErrnoException | undefined): void;
  /** The `deadline` that the user, or `connect`, has set has passed. */
  onUpstreamDeadline(): void;
  /** One of these has failed by a mistake. */
  onUpstreamFault(error: unknown): void;
}

export class UpstreamConnection implements SocketOwner, Deadlined {
  readonly socket: Duplex;
  readonly pool: Pool;
  /** Reads the answers of all exchanges; before each it has to be told the request's method. */
  readonly reader: ResponseHeadReader;
  deadline = never;
  /** Undefined while idle, and after `abandon`. */
  user: UpstreamUser | undefined;
  /** Whether the connection has come up. */
  ready = false;
  /** Whether an earlier exchange has used it: then the server may close it just as it is used again. */
  reused = false;
  /** Whether it takes nothing more of what is written to it. */
  isDeaf = false;
  /** How many it has been used for. */
  requests = 1;
  /** A time as in `deadline`, after which it is not kept for another exchange. */
  reusedUntil = never;
  #holdsFailedWrites = false;
  /** Who had it when it was given up: a mistake behind that is still theirs. */
  #lastUser: UpstreamUser | undefined;

  constructor(pool: Pool, dialed: Dialed, user: UpstreamUser, limits: HeadLimits) {
    this.pool = pool;
    this.reader = new ResponseHeadReader(limits);
    this.socket = dialed.socket;
    this.user = user;
    own(this.socket, this);
    const ready = () => {
      if (this.socket.destroyed) return;
      this.ready = true;
      this.deadline = never;
      try {
        this.user?.onUpstreamReady();
      } catch (error) {
        this.onFault(error);
      }
    };
    if (dialed.readyEvent === undefined) process.nextTick(ready);
    else this.socket.once(dialed.readyEvent, ready);
  }

  /** A body is about to be written, which the server may refuse to take while it answers. */
  sendsBody(): void {
    if (this.#holdsFailedWrites) return;
    this.#holdsFailedWrites = true;
    holdFailedWrites(this.socket, () => {
      this.isDeaf = true;
      try {
        this.user?.onUpstreamDeaf();
      } catch (error) {
        this.onFault(error);
      }
    });
  }

  /** Gives the connection back for another exchange. Only when both messages were read and written to their end. */
  release(): void {
    this.user = undefined;
    this.reused = true;
    this.pool.keep(this);
  }

  /** Closes the connection; its user hears nothing more. */
  abandon(): void {
    this.#lastUser = this.user ?? this.#lastUser;
    this.user = undefined;
    this.deadline = never;
    this.socket.destroy();
  }

  /** Gives the socket away for good: it is not idle again, and has no deadline from here. */
  detach(): Duplex {
    this.user = undefined;
    this.pool.forget(this);
    return this.socket;
  }

  onData(chunk: Buffer): void {
    if (this.user !== undefined) this.user.onUpstreamData(chunk);
    // Nobody asked for this: whatever it is, it must not be taken for the next answer.
    else this.abandon();
  }

  onDrain(): void {
    this.user?.onUpstreamDrain();
  }

  onEnd(): void {
    if (this.user !== undefined) this.user.onUpstreamEnd();
    else this.abandon();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    this.pool.forget(this);
    const user = this.user;
    this.#lastUser = user ?? this.#lastUser;
    this.user = undefined;
    user?.onUpstreamClose(error);
  }

  onDeadline(): void {
    if (this.user !== undefined) this.user.onUpstreamDeadline();
    else this.abandon();
  }

  onFault(error: unknown): void {
    this.abandon();
    this.#lastUser?.onUpstreamFault(error);
  }
}
