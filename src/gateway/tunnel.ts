/**
 * A tunnel: after a verified 101, bytes between a client and an upstream, and nothing else.
 *
 * Each direction ends on its own (`docker exec -i` half-closes its input and goes on reading), each is held back by
 * its reader, and there is no idle limit unless the route has one: TCP keep-alive finds the dead, see `tcpOptions`. In a
 * WebSocket it knows where frames end, so that a Ping or the Close of the gateway's own end can be put between two. Knows
 * nothing of HTTP or logs, and keeps nothing of the request that it grew from: thousands of them lie idle.
 */
import type { Duplex } from 'node:stream';
import type { TunnelModel } from '../config/route-model.ts';
import { reset } from './cut.ts';
import { type Deadlined, type Deadlines, never } from './deadlines.ts';
import { giveBack, hasTakenAll } from './read-memory.ts';
import { handOver, type SocketOwner } from './socket-owner.ts';
import { closeFrame, FrameFollower, pingFrame } from './websocket-frames.ts';

/** What a tunnel tells whoever opened it, once, when both sides are gone. */
export interface TunnelOwner {
  onTunnelEnd(tunnel: Tunnel): void;
}

/** Who ended a tunnel first, and how. */
export type TunnelEnding = {
  readonly endedBy: 'client' | 'upstream' | 'gateway';
  /** `close-frame`, `end`, `reset`, or of the gateway: `idle`, `shutdown`. */
  readonly how: string;
  /** Of the WebSocket Close that was seen. */
  readonly closeCode?: number | undefined;
};

export type TunnelOptions = {
  /** Whether frames of WebSocket go through. */
  readonly isWebSocket: boolean;
  /** Default: no limits. */
  readonly limits?: TunnelModel | undefined;
  readonly deadlines: Deadlines;
};

/** How long both sides may take to close once the gateway has, in milliseconds. */
const lingerMs = 5000;

/** The endpoint goes away (RFC 6455, 7.4.1). */
const goingAway = 1001;

export class Tunnel implements Deadlined {
  deadline = never;
  readonly #client: TunnelEnd;
  readonly #upstream: TunnelEnd;
  readonly #owner: TunnelOwner;
  readonly #deadlines: Deadlines;
  readonly #idleMs: number;
  readonly #pingMs: number;
  /** Whether any silence matters. */
  readonly #isTimed: boolean;
  #lastByteAt = 0;
  #ending: TunnelEnding | undefined;
  #openEnds = 2;
  /** Whether the gateway has ended it. */
  #isEndedHere = false;

  constructor(
    client: Duplex,
    upstream: Duplex,
    owner: TunnelOwner,
    { isWebSocket, limits = {}, deadlines }: TunnelOptions,
  ) {
    this.#owner = owner;
    this.#deadlines = deadlines;
    this.#idleMs = limits.idleMs ?? Number.POSITIVE_INFINITY;
    this.#pingMs = isWebSocket && limits.pingMs !== undefined ? limits.pingMs : this.#idleMs;
    this.#isTimed = Number.isFinite(Math.min(this.#idleMs, this.#pingMs));
    this.#client = new TunnelEnd(this, client, upstream, isWebSocket);
    this.#upstream = new TunnelEnd(this, upstream, client, isWebSocket);
  }

  /** Bytes read from the upstream, which went to the client. */
  get bytesToClient(): number {
    return this.#upstream.bytes;
  }

  /** Bytes read from the client. */
  get bytesToUpstream(): number {
    return this.#client.bytes;
  }

  /** Valid once it has ended. */
  get ending(): TunnelEnding {
    const ending = this.#ending ?? { endedBy: 'gateway', how: 'shutdown' };
    if (ending.how === 'idle' || ending.how === 'shutdown') return ending;
    const first = ending.endedBy === 'upstream' ? this.#upstream : this.#client;
    const code = first.frames?.closeCode ?? this.#other(first).frames?.closeCode;
    return code === undefined ? ending : { ...ending, how: 'close-frame', closeCode: code };
  }

  /**
   * Takes the sockets over from their owners; both flow from now on.
   *
   * @param fromClient what came from the client before, and was passed on
   * @param fromUpstream the same of the upstream
   */
  start(fromClient: Buffer | undefined, fromUpstream: Buffer): void {
    if (fromClient !== undefined) this.#client.frames?.follow(fromClient);
    this.#upstream.frames?.follow(fromUpstream);
    handOver(this.#client.socket, this.#client);
    handOver(this.#upstream.socket, this.#upstream);
    if (this.#isTimed) {
      this.#deadlines.add(this);
      this.#deadlines.allowFor(Math.min(this.#idleMs, this.#pingMs));
      this.bytesCame();
    }
    this.#settle(this.#client);
    this.#settle(this.#upstream);
  }

  /** The gateway ends: says so between two frames, as far as that is possible, and closes. */
  goAway(): void {
    this.#end('shutdown');
  }

  onDeadline(): void {
    if (this.#isEndedHere) {
      this.#client.cut();
      this.#upstream.cut();
      return;
    }
    const quietMs = performance.now() - this.#lastByteAt;
    if (quietMs >= this.#idleMs) {
      this.#end('idle');
      return;
    }
    const { to: client, frames } = this.#upstream;
    // To one who does not read, a Ping says nothing.
    if (frames?.isBetweenFrames && client.writable && !client.writableNeedDrain) {
      client.write(pingFrame);
    }
    this.deadline = this.#deadlines.after(Math.min(this.#pingMs, this.#idleMs - quietMs));
  }

  /** Called by its ends. */
  bytesCame(): void {
    if (!this.#isTimed || this.#isEndedHere) return;
    this.#lastByteAt = performance.now();
    this.deadline = this.#deadlines.after(Math.min(this.#pingMs, this.#idleMs));
  }

  /** Called by its ends: one of them sends no more, or is gone. */
  endedBy(end: TunnelEnd, how: 'end' | 'reset'): void {
    this.#ending ??= { endedBy: end === this.#client ? 'client' : 'upstream', how };
  }

  endClosed(): void {
    this.#openEnds--;
    if (this.#openEnds > 0) return;
    this.deadline = never;
    this.#deadlines.remove(this);
    this.#owner.onTunnelEnd(this);
  }

  #end(how: 'idle' | 'shutdown'): void {
    if (this.#isEndedHere) return;
    this.#isEndedHere = true;
    this.#ending ??= { endedBy: 'gateway', how };
    this.#deadlines.add(this);
    this.deadline = this.#deadlines.after(lingerMs);
    this.#upstream.close(how === 'shutdown' ? closeFrame(goingAway, false) : undefined);
    this.#client.close(how === 'shutdown' ? closeFrame(goingAway, true) : undefined);
  }

  #other(end: TunnelEnd): TunnelEnd {
    return end === this.#client ? this.#upstream : this.#client;
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
  /** Undefined where the bytes are no frames. */
  readonly frames: FrameFollower | undefined;
  readonly #tunnel: Tunnel;
  #isClosing = false;
  bytes = 0;

  constructor(tunnel: Tunnel, socket: Duplex, to: Duplex, isWebSocket: boolean) {
    this.#tunnel = tunnel;
    this.socket = socket;
    this.to = to;
    this.frames = isWebSocket ? new FrameFollower() : undefined;
  }

  onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#tunnel.bytesCame();
    // Behind the gateway's own Close nothing may follow.
    if (this.#isClosing) return;
    this.frames?.follow(chunk);
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
    this.#tunnel.endedBy(this, 'end');
    if (this.to.writable) this.to.end();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    // Both directions of this socket have ended by themselves: the other one is told by `onEnd`, and closes so too.
    if (error !== undefined || !this.socket.readableEnded || !this.socket.writableFinished) {
      this.#tunnel.endedBy(this, 'reset');
      reset(this.to);
    }
    this.#tunnel.endClosed();
  }

  /** Ends this direction for whoever reads it, behind `last` if that can stand there, and listens for its answer no more. */
  close(last: Buffer | undefined): void {
    this.#isClosing = true;
    this.socket.resume();
    const { to, frames } = this;
    if (!to.writable) return;
    if (last !== undefined && frames?.isBetweenFrames && frames.closeCode === undefined)
      to.write(last);
    to.end();
  }

  /** Of a side that does not close by itself. */
  cut(): void {
    reset(this.socket);
  }
}
