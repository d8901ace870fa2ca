/**
 * The gateway's own Pings to the client of a WebSocket, and the Pongs that answer them: those are for the gateway, so they are
 * taken out of what the client sends, however it is cut into chunks. Knows one direction's bytes and no socket.
 */
import { randomBytes } from 'node:crypto';
import { type FrameFollower, pingFrame, pongStart } from './websocket-frames.ts';

/** Nobody's Ping but the gateway's has this payload: an upstream that would have to guess it has nothing to gain. */
const payload = randomBytes(8);
const ping = pingFrame(payload);
const start = pongStart(payload);
const headLength = 2;
const maskLength = 4;
const pongLength = headLength + maskLength + payload.length;

export class OwnPings {
  /** Of the client's direction. */
  readonly #frames: FrameFollower;
  #isUnanswered = false;
  /** What may be the beginning of a Pong for the gateway, kept back until that is known. */
  readonly #kept = Buffer.alloc(pongLength);
  #keptLength = 0;

  constructor(frames: FrameFollower) {
    this.#frames = frames;
  }

  /** The bytes of another Ping, to be put between two frames. */
  next(): Buffer {
    this.#isUnanswered = true;
    return ping;
  }

  /** Whether what the client sends has to go through `take`. */
  get isUnanswered(): boolean {
    return this.#isUnanswered;
  }

  /** Follows a chunk, and returns what of it is for the upstream, in order: all but the answer to the Ping. */
  take(chunk: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (!this.#isUnanswered || !this.#frames.isBetweenFrames) {
        at = this.#frames.followFrame(chunk, at);
        continue;
      }
      if (from < at) parts.push(chunk.subarray(from, at));
      while (at < chunk.length && this.#keep(chunk[at] as number)) at++;
      from = at;
      if (this.#keptLength === pongLength) {
        this.#keptLength = 0;
        this.#isUnanswered = false;
      } else if (at < chunk.length) {
        // The byte at hand is not that of an answer.
        parts.push(...this.rest());
        if (this.#frames.isBetweenFrames) at = this.#frames.followFrame(chunk, at);
      }
    }
    if (from < at) parts.push(chunk.subarray(from, at));
    return parts;
  }

  /** What was kept back, follows it, and is to be passed on after all: nothing or one piece. */
  rest(): Buffer[] {
    if (this.#keptLength === 0) return [];
    const kept = Buffer.from(this.#kept.subarray(0, this.#keptLength));
    this.#keptLength = 0;
    this.#frames.follow(kept);
    return [kept];
  }

  /** Keeps a byte if it continues an answer; false if there is none, or it is complete. */
  #keep(byte: number): boolean {
    const index = this.#keptLength;
    if (index === pongLength || !this.#fits(byte, index)) return false;
    this.#kept[index] = byte;
    this.#keptLength++;
    return true;
  }

  #fits(byte: number, index: number): boolean {
    if (index < headLength) return byte === start[index];
    const inPayload = index - headLength - maskLength;
    if (inPayload < 0) return true;
    return (
      (byte ^ (this.#kept[headLength + (inPayload % maskLength)] as number)) === payload[inPayload]
    );
  }
}
