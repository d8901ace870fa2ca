/**
 * One stream of HTTP/2 and one end of an HTTP/1.1 connection in this process, as if they were one:
 *
 *   client ══ stream ──▶ request side ──▶ inner ══ (the other end) ClientConnection
 *                    ◀── answer side  ◀──
 *
 * Each direction is read only as fast as the other side takes it, ends on its own, and is cut when the other side is.
 * Knows neither sites nor sessions.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Deadlined, type Deadlines, never } from '../deadlines.ts';
import { own } from '../socket-owner.ts';
import { type AnswerOwner, AnswerSide } from './answer-side.ts';
import type { Http1Request } from './request-head.ts';
import { type RequestOwner, RequestSide } from './request-side.ts';

export interface BridgeOwner {
  /**
   * The stream has closed.
   *
   * @param isBrokenOff whether the client, and not the gateway, ended it before its answer was complete
   */
  onBridgeEnd(isBrokenOff: boolean): void;
  /** An answer cannot be sent in HTTP/2, or a mistake of the gateway has met the stream. It has been broken off. */
  onAnswerFailure(error: unknown): void;
}

export type BridgeOptions = {
  readonly deadlines: Deadlines;
  /** How long a client may take to take the last of an answer, in milliseconds. */
  readonly lastTakeMs: number;
  readonly owner: BridgeOwner;
};

export class StreamBridge implements AnswerOwner, RequestOwner, Deadlined {
  deadline = never;
  readonly #stream: ServerHttp2Stream;
  readonly #inner: Duplex;
  readonly #options: BridgeOptions;
  readonly #isTunnel: boolean;
  readonly #request: RequestSide;
  readonly #answer: AnswerSide;
  #isWatched = false;

  constructor(
    stream: ServerHttp2Stream,
    inner: Duplex,
    request: Http1Request,
    options: BridgeOptions,
  ) {
    this.#stream = stream;
    this.#inner = inner;
    this.#options = options;
    this.#isTunnel = request.body.kind === 'tunnel';
    this.#request = new RequestSide(stream, inner, request.body, this);
    this.#answer = new AnswerSide(stream, inner, request, this);
    inner.write(request.text, 'latin1');
    own(inner, this.#answer);
    own(stream, this.#request);
    // If it does not open, what comes behind its head is nobody's, and must not come to look like a request.
    if (this.#isTunnel) stream.pause();
  }

  /** What follows from it is for the owner of the session to say. */
  onFault(error: unknown): void {
    this.#options.owner.onAnswerFailure(error);
    this.#inner.destroy();
    this.breakOff(constants.NGHTTP2_INTERNAL_ERROR);
  }

  onOpen(): void {
    this.#stream.resume();
  }

  onAnswerComplete(): void {
    this.#request.discards = true;
    this.#inner.destroy();
    this.#stream.resume();
    this.#expectClose();
  }

  /** A client that still sends is told that nobody listens (RFC 9113, 8.1). */
  onAnswerSent(): void {
    if (!this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  onAnswerFailure(error: unknown): void {
    this.#options.owner.onAnswerFailure(error);
  }

  breakOff(code: number): void {
    // The connection also breaks because the stream has gone; nobody would take this one off the watched again.
    if (this.#stream.destroyed) return;
    this.#stream.close(code);
    this.#expectClose();
  }

  /** The answer has been written and is not taken, or nobody takes even the news that it is broken off. */
  onDeadline(): void {
    if (this.#stream.closed) this.#stream.destroy();
    else this.breakOff(constants.NGHTTP2_CANCEL);
  }

  /** A session whose peer broke the protocol behind its own GOAWAY sends nothing more, and would keep the stream for ever. */
  #expectClose(): void {
    const { deadlines, lastTakeMs } = this.#options;
    this.deadline = deadlines.after(lastTakeMs);
    if (!this.#isWatched) deadlines.add(this);
    this.#isWatched = true;
  }

  onStreamClose(): void {
    const { deadlines, owner } = this.#options;
    if (this.#isWatched) deadlines.remove(this);
    const isAnswered = this.#answer.isOver;
    // Both directions of a tunnel have ended by themselves: what the connection has not taken yet is not to be lost.
    if (!(this.#isTunnel && isAnswered && this.#request.ended)) this.#inner.destroy();
    owner.onBridgeEnd(!isAnswered);
  }
}
