/**
 * One direction of a tunnel: what is read from one socket is written to the other, as fast as that one takes it. In a
 * WebSocket it follows the frames, so that the gateway's own last frame stands between two.
 */
import type { Duplex } from 'node:stream';
import { reset } from './cut.ts';
import type { FaultBearer } from './fault.ts';
import { OwnPings } from './own-pings.ts';
import { giveBack, hasTakenAll } from './read-memory.ts';
import type { SocketOwner } from './socket-owner.ts';
import { FrameFollower } from './websocket-frames.ts';

/** What both directions tell their tunnel. */
export interface TunnelEndOwner extends FaultBearer {
  /** Somebody other than the gateway has said something. */
  bytesCame(): void;
  /** The first one that ends it says so, and how. Called for what follows from that, too. */
  endedBy(end: TunnelEnd, how: 'close-frame' | 'end' | 'reset'): void;
  /** Its socket is gone. */
  endClosed(): void;
}

export class TunnelEnd implements SocketOwner {
  readonly socket: Duplex;
  readonly to: Duplex;
  /** Undefined where the bytes are no frames. */
  readonly frames: FrameFollower | undefined;
  readonly #owner: TunnelEndOwner;
  /** Undefined where the reader is never pinged. */
  readonly #pings: OwnPings | undefined;
  /** The gateway's own last frame, which waits for the end of the one that is under way. */
  #last: Buffer | undefined;
  #isClosed = false;
  bytes = 0;

  /** @param isPinged whether `socket` may have to answer Pings of the gateway */
  constructor(
    owner: TunnelEndOwner,
    socket: Duplex,
    to: Duplex,
    { isWebSocket, isPinged }: { readonly isWebSocket: boolean; readonly isPinged: boolean },
  ) {
    this.#owner = owner;
    this.socket = socket;
    this.to = to;
    this.frames = isWebSocket ? new FrameFollower() : undefined;
    this.#pings = isPinged && this.frames ? new OwnPings(this.frames) : undefined;
  }

  onData(chunk: Buffer): void {
    this.bytes += chunk.length;
    // Behind the gateway's own Close nothing may follow.
    if (this.#isClosed) return;
    if (this.#last !== undefined) {
      this.#finishFrame(chunk, this.#last);
      return;
    }
    const { frames, to } = this;
    if (this.#pings?.isUnanswered === true) {
      this.#passOnWithoutPong(chunk, this.#pings);
      return;
    }
    this.#owner.bytesCame();
    if (frames !== undefined) {
      frames.follow(chunk);
      if (frames.closeCode !== undefined) this.#owner.endedBy(this, 'close-frame');
    }
    const taken = to.write(chunk);
    if (hasTakenAll(to)) giveBack(chunk);
    else if (!taken) this.socket.pause();
  }

  /** This end's socket has taken everything: the other may send again. */
  onDrain(): void {
    this.to.resume();
  }

  onEnd(): void {
    this.#owner.endedBy(this, 'end');
    if (!this.to.writable) return;
    for (const kept of this.#pings?.rest() ?? []) this.to.write(kept);
    this.to.end();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    // Both directions of this socket have ended by themselves: the other one is told by `onEnd`, and closes so too.
    if (error !== undefined || !this.socket.readableEnded || !this.socket.writableFinished) {
      this.#owner.endedBy(this, 'reset');
      reset(this.to);
    }
    this.#owner.endClosed();
  }

  onFault(error: unknown): void {
    this.#owner.onFault(error);
  }

  /** Pings the reader of the other direction, which is this end's socket. @param other that direction */
  ping(other: TunnelEnd): void {
    const { frames, to } = other;
    if (this.#pings === undefined || frames === undefined) return;
    if (!frames.isBetweenFrames || frames.closeCode !== undefined) return;
    // To one who does not read, a Ping says nothing.
    if (to.writable && !to.writableNeedDrain) to.write(this.#pings.next());
  }

  /**
   * Ends this direction for whoever reads it: at once, or, with a frame that is to be the last one, behind the frame that is
   * under way. What its writer sends then is read and thrown away. Where the bytes are no frames there is no last one.
   */
  close(last: Buffer | undefined): void {
    const { frames, to } = this;
    const canWait = last !== undefined && frames !== undefined && to.writable;
    if (canWait && !frames.isBetweenFrames) this.#last = last;
    else this.#closeWith(last);
  }

  /** Of a side that does not close by itself. */
  cut(): void {
    reset(this.socket);
  }

  #passOnWithoutPong(chunk: Buffer, pings: OwnPings): void {
    const { to, frames } = this;
    const parts = pings.take(chunk);
    if (parts.length > 0) this.#owner.bytesCame();
    if (frames?.closeCode !== undefined) this.#owner.endedBy(this, 'close-frame');
    let taken = true;
    for (const part of parts) taken = to.write(part);
    if (hasTakenAll(to)) giveBack(chunk);
    else if (!taken) this.socket.pause();
  }

  #finishFrame(chunk: Buffer, last: Buffer): void {
    const { frames, to } = this;
    const end = frames?.followFrame(chunk, 0) ?? 0;
    const taken = to.write(chunk.subarray(0, end));
    if (frames?.isBetweenFrames === true) this.#closeWith(last);
    else if (!taken) this.socket.pause();
  }

  #closeWith(last: Buffer | undefined): void {
    const { frames, to } = this;
    this.#isClosed = true;
    this.socket.resume();
    if (!to.writable) return;
    if (last !== undefined && frames !== undefined && frames.closeCode === undefined)
      to.write(last);
    to.end();
  }
}
