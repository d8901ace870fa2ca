/**
 * The body of one request on its way from the client to whoever is to have it: waiting while that is not known, relayed then,
 * thrown away when nobody is to have it. The client is read only as fast as the other side takes it.
 *
 *   waiting, or gathered whole ─▶ sent ─▶ sent again, to another server, while all of it is kept
 *
 * Only requests with a body have one. What the body may cost the request is for the exchange: what fails here is thrown.
 */
import type { Duplex } from 'node:stream';
import { type BodyReader, bodyReader } from '../http1/body.ts';
import { BodyRelay } from './body-relay.ts';
import type { ClientConnection } from './client-connection.ts';
import { never } from './deadlines.ts';
import { gatewayError } from './errors.ts';
import { KeptBody } from './kept-body.ts';
import type { RequestState } from './request-state.ts';

/** Kept of a body that goes up as it comes: enough for forms and documents. */
const keptBytes = 64 * 1024;

/** Read of a body while it is not known who is to have it; a client that has sent more is not read from. */
const waitingBytes = 64 * 1024;

/** Of a body that is gathered first: the most that nginx takes by default. A longer one goes up as it comes. */
const gatheredBytes = 1024 * 1024;

const noBytes = Buffer.alloc(0);

type Gathering = {
  /** Finds the end; whoever has the body then reads it again. */
  readonly reader: BodyReader;
  readonly goOn: () => void;
  /** So far, in bytes. */
  length: number;
};

export class RequestBody {
  /** Whether nobody waits for more of it: it has been read and written to its end, or it is thrown away. */
  isDone = false;
  /** Whether it is thrown away before its end, so that the next request cannot be found behind it. */
  isDiscarded = false;
  /** Of a body that has been gathered to its end, in bytes; else undefined. */
  gatheredLength: number | undefined;
  readonly #client: ClientConnection;
  readonly #request: RequestState;
  /** In bytes; the route's. */
  #most = Number.POSITIVE_INFINITY;
  /** What came before there was anybody to have it, unless it is kept. In one piece, as the next request may be in it. */
  #waiting: Buffer;
  /** All that has come, as long as it may be wanted again. */
  #kept: KeptBody | undefined;
  #gathering: Gathering | undefined;
  #relay: BodyRelay | undefined;
  #isUnwanted = false;

  /** @param early what came together with the head */
  constructor(client: ClientConnection, request: RequestState, early: Buffer) {
    this.#client = client;
    this.#request = request;
    this.#waiting = early;
  }

  /** Somebody is to have it. @param most in bytes; what is more is refused */
  limitTo(most: number): void {
    this.#most = most;
  }

  /** Whether all of it, from its first byte, can be sent to somebody. */
  get canBeSent(): boolean {
    if (this.#isUnwanted || this.#gathering !== undefined) return false;
    return this.#relay === undefined || this.#kept !== undefined;
  }

  /**
   * Waits for the whole of it before anybody is to have it, as nginx does with `proxy_request_buffering on`, unless it is too
   * long for that. Throws as `push` does.
   *
   * @param goOn called later, from within `push`
   * @returns false when there is nothing to wait for
   */
  gather(goOn: () => void): boolean {
    const { head } = this.#request;
    const waiting = this.#waiting;
    if (this.#relay !== undefined || this.gatheredLength !== undefined) return false;
    this.#kept = this.#keeping(gatheredBytes);
    if (this.#kept === undefined) return false;
    this.#waiting = noBytes;
    const reader = bodyReader(head.framing, 'client', this.#client.serving.limits);
    const gathering = { reader, goOn, length: 0 };
    // A client that waits for leave to send has to get it from here; others are told nothing.
    if (waiting.length === 0 && head.minor === 1 && head.fields.has('expect')) {
      this.#client.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    this.#gathering = gathering;
    if (!this.#gather(gathering, waiting)) {
      this.#awaitMore();
      return true;
    }
    this.#gathering = undefined;
    return false;
  }

  /**
   * Sends it, behind its head, and what comes of it later; from its first byte again if it was sent before. Throws as `push`
   * does.
   *
   * @param head one character a byte
   * @param keeps whether it is kept, if it is short, to be sent again
   */
  sendTo(upstream: Duplex, head: string, keeps: boolean): void {
    const { framing } = this.#request.head;
    const reader = bodyReader(framing, 'client', this.#client.serving.limits);
    const isChunked = framing.kind === 'chunked' && this.gatheredLength === undefined;
    const relay = new BodyRelay(reader, upstream, isChunked, this.#most);
    if (keeps) this.#kept ??= this.#copied();
    const pieces = this.#kept?.pieces ?? [this.#waiting];
    this.#waiting = noBytes;
    this.#relay = relay;
    this.#request.answer.requestRelay = relay;
    this.isDone = false;
    this.#client.socket.resume();
    if (pieces.length === 0) this.#send(relay, noBytes, head);
    for (let i = 0; i < pieces.length; i++) {
      this.#send(relay, pieces[i] as Buffer, i === 0 ? head : '');
    }
    if (!keeps) this.forget();
  }

  /** More of it has come. Throws `HW_BODY_TOO_LARGE`, and `HW_HTTP_BODY` for broken framing. */
  push(chunk: Buffer): void {
    const gathering = this.#gathering;
    if (gathering !== undefined) {
      if (!this.#gather(gathering, chunk)) {
        this.#awaitMore();
        return;
      }
      this.#gathering = undefined;
      this.#client.deadline = never;
      gathering.goOn();
    } else if (this.gatheredLength !== undefined) {
      // All of it is here, and whoever is to have it is still being looked for.
      this.#client.hold(chunk);
    } else if (this.#relay === undefined) {
      this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
      // Who is not read from cannot be seen to leave.
      if (this.#waiting.length > waitingBytes) this.#client.socket.pause();
    } else {
      if (this.#kept?.add(chunk) === false) this.forget();
      this.#send(this.#relay, chunk, '');
    }
  }

  /**
   * Somebody is to have it later. If another one has had a part, no more is read until then: it might become too much to be
   * kept, and its beginning is there only as long as all of it is.
   */
  halt(): void {
    if (this.#relay !== undefined && !this.isDone) this.#client.socket.pause();
  }

  /** Nobody is to have what is left of it, nor what there was. */
  discard(): void {
    this.#isUnwanted = true;
    this.#waiting = noBytes;
    this.#gathering = undefined;
    this.forget();
    if (this.isDone) return;
    this.isDone = true;
    this.isDiscarded = true;
    this.#client.socket.resume();
  }

  /** It is not sent again. */
  forget(): void {
    this.#kept?.forget();
    this.#kept = undefined;
  }

  /** A place for all of it; undefined for one that is known to be longer. */
  #keeping(most: number): KeptBody | undefined {
    const { framing } = this.#request.head;
    if (framing.kind === 'length' && framing.length > most) return undefined;
    return new KeptBody(this.#client.serving.counts, most);
  }

  /** What is waiting, kept; undefined when it is too much. */
  #copied(): KeptBody | undefined {
    const kept = this.#keeping(keptBytes);
    return kept?.add(this.#waiting) === true ? kept : undefined;
  }

  /** Whether there is nothing more to wait for: it is whole, or too long. */
  #gather(gathering: Gathering, chunk: Buffer): boolean {
    const { reader } = gathering;
    for (const range of reader.push(chunk)) gathering.length += range.length;
    if (gathering.length > this.#most) {
      throw gatewayError('HW_BODY_TOO_LARGE', 'more came than the route takes');
    }
    const kept = this.#kept as KeptBody;
    if (!kept.add(chunk)) {
      this.#waiting = Buffer.concat([...kept.pieces, chunk]);
      this.forget();
      return true;
    }
    if (!reader.done) return false;
    this.gatheredLength = gathering.length;
    this.#holdBehind(reader.rest);
    return true;
  }

  #awaitMore(): void {
    const { client, site } = this.#request;
    client.deadline = client.serving.deadlines.after(site.limits.bodyMs);
    client.socket.resume();
  }

  #send(relay: BodyRelay, chunk: Buffer, before: string): void {
    const taken = relay.push(chunk, before);
    if (relay.done) {
      this.isDone = true;
      this.#holdBehind(relay.rest);
    } else if (!taken) {
      this.#client.socket.pause();
    }
  }

  /** What came behind the body belongs to the next request. */
  #holdBehind(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#kept?.trim(rest.length);
    this.#client.hold(rest);
  }
}
