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
import { type Deadlined, type Deadlines, never } from './deadlines.ts';
import type { FaultBearer } from './fault.ts';
import { handOver } from './socket-owner.ts';
import { TunnelEnd, type TunnelEndOwner } from './tunnel-end.ts';
import { closeFrame } from './websocket-frames.ts';

/** What a tunnel tells whoever opened it: when both sides are gone, once, and a mistake, which cuts both. */
export interface TunnelOwner extends FaultBearer {
  onTunnelEnd(tunnel: Tunnel): void;
}

/** Who ended a tunnel first, and how. In a WebSocket that is who sent the first Close, whoever closes the connection then. */
export type TunnelEnding = {
  readonly endedBy: 'client' | 'upstream' | 'gateway';
  /** `idle` and `shutdown` are the gateway's. */
  readonly how: 'close-frame' | 'end' | 'reset' | 'idle' | 'shutdown';
  /** Of the first WebSocket Close that was seen, of whatever side; 1005 for one without a code. */
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

export class Tunnel implements Deadlined, TunnelEndOwner {
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
    const isPinged = isWebSocket && limits.pingMs !== undefined;
    this.#client = new TunnelEnd(this, client, upstream, { isWebSocket, isPinged });
    this.#upstream = new TunnelEnd(this, upstream, client, { isWebSocket, isPinged: false });
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
    if (ending.endedBy === 'gateway') return ending;
    const isClient = ending.endedBy === 'client';
    const [first, second] = isClient
      ? [this.#client, this.#upstream]
      : [this.#upstream, this.#client];
    const closeCode = first.frames?.closeCode ?? second.frames?.closeCode;
    return closeCode === undefined ? ending : { ...ending, closeCode };
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
    for (const end of [this.#client, this.#upstream]) {
      if (end.frames?.closeCode !== undefined) this.endedBy(end, 'close-frame');
    }
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
    this.#client.ping(this.#upstream);
    this.deadline = this.#deadlines.after(Math.min(this.#pingMs, this.#idleMs - quietMs));
  }

  onFault(error: unknown): void {
    this.#ending ??= { endedBy: 'gateway', how: 'shutdown' };
    this.#client.cut();
    this.#upstream.cut();
    this.#owner.onFault(error);
  }

  bytesCame(): void {
    if (!this.#isTimed || this.#isEndedHere) return;
    this.#lastByteAt = performance.now();
    this.deadline = this.#deadlines.after(Math.min(this.#pingMs, this.#idleMs));
  }

  endedBy(end: TunnelEnd, how: 'close-frame' | 'end' | 'reset'): void {
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

  /** Catches up with what happened to a socket before the tunnel had it. */
  #settle(end: TunnelEnd): void {
    if (end.socket.closed) end.onClose(undefined);
    else if (end.socket.readableEnded) end.onEnd();
    // A reader that is behind already holds its writer back from the first byte on.
    if (end.to.writableNeedDrain) end.socket.pause();
    else end.socket.resume();
  }
}
