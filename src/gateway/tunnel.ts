/**
 * A tunnel: after a verified 101, bytes between a client and an upstream, and nothing else.
 *
 * Each direction ends on its own (`docker exec -i` half-closes its input and goes on reading), each is held back by
 * its reader, and there is no idle limit: TCP keep-alive finds the dead, see `tcpOptions`. Knows nothing of HTTP,
 * WebSocket or logs, and keeps nothing of the request that it grew from: thousands of them lie idle.
 */
import type { Duplex } from 'node:stream';
import { reset } from './cut.ts';
import { giveBack, hasTakenAll } from './read-memory.ts';
import { handOver, type SocketOwner } from './socket-owner.ts';

/** What a tunnel tells whoever opened it, once, when both sides are gone. */
export interface TunnelOwner {
  onTunnelEnd(tunnel: Tunnel): void;
}

export class Tunnel {
  /** Bytes read from the upstream, which went to the client. */
  get bytesToClient(): number {
    return this.#upstream.bytes;
  }
  /** Bytes read from the client. */
  get bytesToUpstream(): number {
    return this.#client.bytes;
  }

  readonly #client: TunnelEnd;
  readonly #upstream: TunnelEnd;
  readonly #owner: TunnelOwner;
  #openEnds = 2;

  constructor(client: Duplex, upstream: Duplex, owner: TunnelOwner) {
    this.#owner = owner;
    this.#client = new TunnelEnd(this, client, upstream);
    this.#upstream = new TunnelEnd(this, upstream, client);
  }

  /** Takes the sockets over from their owners; both flow from now on. */
  start(): void {
    handOver(this.#client.socket, this.#client);
    handOver(this.#upstream.socket, this.#upstream);
    this.#settle(this.#client);
    this.#settle(this.#upstream);
  }

  endClosed(): void {
    this.#openEnds--;
    if (this.#openEnds === 0) this.#owner.onTunnelEnd(this);
  }

  /** Catches up with what happened to a socket before the tunnel had it. */
  #settle(end: TunnelEnd): void {
    if (end.socket.closed) end.onClose(undefined);
    else if (end.socket.readableEnded) end.onEnd();
    // A reader that is behind already holds its writer back from the first byte on.
    if (end.to.writableNeedDrain) end.socket.pause();
    else end.socket.resume();
  }
}

/** One direction: what is read from `socket` is written to `to`. */
class TunnelEnd implements SocketOwner {
  readonly socket: Duplex;
  readonly to: Duplex;
  readonly #tunnel: Tunnel;
  bytes = 0;

  constructor(tunnel: Tunnel, socket: Duplex, to: Duplex) {
    this.#tunnel = tunnel;
    this.socket = socket;
    this.to = to;
  }

  onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    const { to } = this;
    const taken = to.write(chunk);
    if (hasTakenAll(to)) giveBack(chunk);
    else if (!taken) this.socket.pause();
  }

  /** This end's socket has taken everything: the other may send again. */
  onDrain(): void {
    this.to.resume();
  }

  onEnd(): void {
    if (this.to.writable) this.to.end();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    // Both directions of this socket have ended by themselves: the other one is told by `onEnd`, and closes so too.
    if (error !== undefined || !this.socket.readableEnded || !this.socket.writableFinished) {
      reset(this.to);
    }
    this.#tunnel.endClosed();
  }
}
