/**
 * One direction of a bridge: what a client sends on an HTTP/2 stream, written to a connection as the body of an
 * HTTP/1.1 request. Knows nothing of heads or answers.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { HatchwayError } from '../../base/errors.ts';
import { chunkEnd, chunkHeader, lastChunk } from '../../http1/chunk-writer.ts';
import type { FaultBearer } from '../fault.ts';
import type { SocketOwner } from '../socket-owner.ts';
import { http1Trailers, type RequestBody } from './request-head.ts';

const { NGHTTP2_PROTOCOL_ERROR } = constants;

const chunkEndBytes = Buffer.from(chunkEnd, 'latin1');

export interface RequestOwner extends FaultBearer {
  /** What came is no request: the stream is to be reset. */
  breakOff(code: number): void;
  /** The stream has closed. Called once, last. */
  onStreamClose(): void;
}

export class RequestSide implements SocketOwner {
  /** Whether the client has said that this was all, and all of it is written. */
  ended = false;
  /** Whether what still comes is thrown away: the answer is complete. */
  discards = false;
  readonly #stream: ServerHttp2Stream;
  readonly #inner: Duplex;
  readonly #kind: RequestBody['kind'];
  /** Bytes that are still to come of a body that has announced its length. */
  #left: number;
  #trailers: readonly string[] | undefined;
  readonly #owner: RequestOwner;

  constructor(stream: ServerHttp2Stream, inner: Duplex, body: RequestBody, owner: RequestOwner) {
    this.#stream = stream;
    this.#inner = inner;
    this.#kind = body.kind;
    this.#left = body.kind === 'length' ? body.length : 0;
    this.#owner = owner;
    if (body.kind === 'chunked') stream.on('trailers', (_, _flags, flat) => this.#hold(flat));
  }

  onData(chunk: Buffer): void {
    // Frames without data are allowed, and a chunk without data would be the last one.
    if (this.discards || chunk.length === 0) return;
    switch (this.#kind) {
      case 'none':
        return;
      case 'length':
        this.#left -= chunk.length;
        if (this.#left < 0) this.#owner.breakOff(NGHTTP2_PROTOCOL_ERROR);
        else this.#write(chunk);
        return;
      case 'chunked': {
        const header = Buffer.from(chunkHeader(chunk.length), 'latin1');
        this.#write(Buffer.concat([header, chunk, chunkEndBytes]));
        return;
      }
      case 'tunnel':
        this.#write(chunk);
    }
  }

  /** The client has taken of the answer what was written to it. */
  onDrain(): void {
    this.#inner.resume();
  }

  onEnd(): void {
    // Node ends a stream that the client broke off, too, when its reason was "no error".
    if (this.discards || this.#stream.aborted) return;
    if (this.#left > 0) {
      this.#owner.breakOff(NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    this.ended = true;
    if (this.#kind === 'tunnel') this.#inner.end();
    else if (this.#kind === 'chunked') this.#inner.write(lastChunk(this.#trailers), 'latin1');
  }

  onClose(): void {
    this.#owner.onStreamClose();
  }

  onFault(error: unknown): void {
    this.#owner.onFault(error);
  }

  #write(bytes: Buffer): void {
    if (!this.#inner.write(bytes)) this.#stream.pause();
  }

  #hold(flat: readonly string[]): void {
    try {
      this.#trailers = http1Trailers(flat);
    } catch (error) {
      if (!(error instanceof HatchwayError)) throw error;
      this.#owner.breakOff(NGHTTP2_PROTOCOL_ERROR);
    }
  }
}
