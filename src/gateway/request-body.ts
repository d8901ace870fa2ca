/**
 * The body of one request on its way from the client to whoever is to have it: kept while that is not known, relayed then,
 * thrown away when nobody is to have it. The client is read only as fast as the other side takes it.
 *
 * Only requests with a body have one. What the body may cost the request is for the exchange: what fails here is thrown.
 */
import type { Duplex } from 'node:stream';
import { bodyReader } from '../http1/body.ts';
import { BodyRelay } from './body-relay.ts';
import type { ClientConnection } from './client-connection.ts';
import { gatewayError } from './errors.ts';
import type { RequestState } from './request-state.ts';

const noBytes = Buffer.alloc(0);

export class RequestBody {
  /** Whether nobody waits for more of it: it has been read and written to its end, or it is thrown away. */
  isDone = false;
  /** Whether it is thrown away, so that the next request cannot be found behind it. */
  isDiscarded = false;
  readonly #client: ClientConnection;
  readonly #request: RequestState;
  /** In bytes. */
  #most = Number.POSITIVE_INFINITY;
  /** What came before there was anybody to have it. */
  #early: Buffer;
  #relay: BodyRelay | undefined;

  /** @param early what came together with the head */
  constructor(client: ClientConnection, request: RequestState, early: Buffer) {
    this.#client = client;
    this.#request = request;
    this.#early = early;
  }

  /** Whether some of it may have been sent. */
  get hasBegun(): boolean {
    return this.#relay !== undefined;
  }

  /**
   * Sends it, behind its head, and what comes of it later. Throws as `push` does.
   *
   * @param before the head, one character a byte
   * @param most in bytes
   */
  sendTo(upstream: Duplex, before: string, most: number): void {
    const { framing } = this.#request.head;
    const reader = bodyReader(framing, 'client', this.#client.serving.limits);
    const relay = new BodyRelay(reader, upstream, framing.kind === 'chunked');
    const early = this.#early;
    this.#early = noBytes;
    this.#most = most;
    this.#relay = relay;
    this.#request.answer.requestRelay = relay;
    this.#client.socket.resume();
    this.#send(relay, early, before);
  }

  /** More of it has come. Throws `HW_BODY_TOO_LARGE`, and `HW_HTTP_BODY` for broken framing. */
  push(chunk: Buffer): void {
    const relay = this.#relay;
    if (relay !== undefined) {
      this.#send(relay, chunk, '');
      return;
    }
    this.#early = this.#early.length === 0 ? chunk : Buffer.concat([this.#early, chunk]);
    this.#client.socket.pause();
  }

  /** Nobody is to have what is left of it. */
  discard(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.isDiscarded = true;
    this.#early = noBytes;
    this.#client.socket.resume();
  }

  #send(relay: BodyRelay, chunk: Buffer, before: string): void {
    const taken = relay.push(chunk, before);
    if (relay.bodyBytes > this.#most) {
      throw gatewayError('HW_BODY_TOO_LARGE', 'more came than the route takes');
    }
    if (relay.done) {
      this.isDone = true;
      if (relay.rest.length > 0) this.#client.hold(relay.rest);
    } else if (!taken) {
      this.#client.socket.pause();
    }
  }
}
