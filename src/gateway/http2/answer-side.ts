/**
 * One direction of a bridge: what a connection answers to an HTTP/1.1 request, sent on an HTTP/2 stream. Knows nothing
 * of requests but whether theirs was a HEAD or a WebSocket's.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type BodyReader, bodyReader } from '../../http1/body.ts';
import { noFields } from '../../http1/fields.ts';
import { type HeadLimits, type ResponseHead, ResponseHeadReader } from '../../http1/head.ts';
import type { FaultBearer } from '../fault.ts';
import type { SocketOwner } from '../socket-owner.ts';
import type { Http1Request } from './request-head.ts';
import { http2Response, http2Trailers } from './response-head.ts';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = constants;

/** The gateway's own answers are read here, whose upstream has been held to the limits that are configured. */
const answerLimits: HeadLimits = { headBytes: 1024 * 1024, headFields: 10_000 };

/** What a WebSocket's client gets in place of a success that is no 101: to it, any 2xx says that it is open (RFC 8441, 5). */
const notOpened = 502;

/** A head that Node sends without a body whatever is written (RFC 9110, 15.3.6). */
const resetContent = 205;

export interface AnswerOwner extends FaultBearer {
  /** The WebSocket that was asked for is open. */
  onOpen(): void;
  /** All of the answer has been read; the connection is of no use any more. */
  onAnswerComplete(): void;
  /** All of it has been sent. */
  onAnswerSent(): void;
  /** It cannot be sent as it is. The stream has been broken off. */
  onAnswerFailure(error: unknown): void;
  /** No more of it comes: the stream is to be reset. */
  breakOff(code: number): void;
}

export class AnswerSide implements SocketOwner {
  readonly #stream: ServerHttp2Stream;
  readonly #inner: Duplex;
  readonly #owner: AnswerOwner;
  readonly #wantsTunnel: boolean;
  readonly #heads = new ResponseHeadReader(answerLimits);
  #body: BodyReader | undefined;
  /**
   * Whether Node asks for trailers before it ends the stream. Where nothing else says that an answer is cut short, it has
   * to: a reset stream is otherwise ended first, which is what a whole answer looks like.
   */
  #endsWithTrailers = false;
  #isTunnel = false;
  #isOver = false;

  constructor(
    stream: ServerHttp2Stream,
    inner: Duplex,
    { method, body }: Http1Request,
    owner: AnswerOwner,
  ) {
    this.#stream = stream;
    this.#inner = inner;
    this.#owner = owner;
    this.#wantsTunnel = body.kind === 'tunnel';
    this.#heads.requestMethod = method;
  }

  /** Whether nothing more of the answer is to come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  onData(chunk: Buffer): void {
    if (this.#isOver || this.#stream.closed) return;
    try {
      if (this.#isTunnel) this.#write(chunk);
      else if (this.#body === undefined) this.#readHeads(chunk);
      else this.#relay(this.#body, chunk);
    } catch (error) {
      this.#break(NGHTTP2_INTERNAL_ERROR);
      this.#owner.onAnswerFailure(error);
    }
  }

  /** The connection has taken of the request what was written to it. */
  onDrain(): void {
    if (!this.#wantsTunnel || this.#isTunnel) this.#stream.resume();
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#isTunnel) {
      this.#isOver = true;
      this.#endStream();
    } else {
      this.#break(NGHTTP2_INTERNAL_ERROR);
    }
  }

  onClose(): void {
    if (!this.#isOver) this.#break(this.#isTunnel ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
  }

  onFault(error: unknown): void {
    this.#owner.onFault(error);
  }

  #readHeads(chunk: Buffer): void {
    const reader = this.#heads;
    for (let bytes = chunk; ; bytes = reader.rest) {
      const head = reader.push(bytes);
      if (head === undefined) return;
      if (head.status === 101) {
        this.#isTunnel = true;
        this.#endsWithTrailers = true;
        this.#stream.respond(http2Response(head), { waitForTrailers: true });
        if (reader.rest.length > 0) this.#write(reader.rest);
        this.#owner.onOpen();
        return;
      }
      if (head.status >= 200) {
        this.#begin(head, reader.rest);
        return;
      }
      this.#stream.additionalHeaders(http2Response(head));
    }
  }

  #begin(answer: ResponseHead, rest: Buffer): void {
    const isOpening = this.#wantsTunnel && answer.status < 300;
    const head = isOpening ? { ...answer, status: notOpened } : answer;
    const body = bodyReader(head.framing, 'upstream', answerLimits);
    const isBodiless = body.done || head.status === resetContent;
    this.#body = body;
    this.#endsWithTrailers = !isBodiless && head.framing.kind === 'chunked';
    this.#stream.respond(http2Response(head), {
      endStream: isBodiless,
      waitForTrailers: this.#endsWithTrailers,
    });
    if (isBodiless) this.#complete();
    else if (rest.length > 0) this.#relay(body, rest);
  }

  #relay(body: BodyReader, chunk: Buffer): void {
    for (const range of body.push(chunk)) this.#write(range);
    if (body.done) this.#complete();
  }

  #write(bytes: Buffer): void {
    if (!this.#stream.write(bytes)) this.#inner.pause();
  }

  #complete(): void {
    this.#isOver = true;
    this.#endStream();
    this.#owner.onAnswerComplete();
  }

  #endStream(): void {
    const stream = this.#stream;
    if (this.#endsWithTrailers) stream.once('wantTrailers', () => this.#sendTrailers());
    else if (stream.writableFinished) this.#owner.onAnswerSent();
    else stream.once('finish', () => this.#owner.onAnswerSent());
    stream.end();
  }

  #sendTrailers(): void {
    const stream = this.#stream;
    if (stream.closed) return;
    stream.sendTrailers(http2Trailers(this.#body?.trailers ?? noFields));
    // Node sends them in an immediate, too, and whatever closes the stream has to come behind.
    if (!this.#isTunnel) setImmediate(() => this.#owner.onAnswerSent());
  }

  #break(code: number): void {
    this.#isOver = true;
    this.#owner.breakOff(code);
  }
}
