/**
 * The upstream's answer on its way to the client: its head as the client is to see it, its body framed as the client can read it,
 * and whether the client may ask again afterwards. Where it comes from, and when to read more of it, is for the passage.
 */
import { bodyReader } from '../http1/body.ts';
import type { ResponseHead } from '../http1/head.ts';
import { headChanges } from './answer-head.ts';
import { BodyRelay } from './body-relay.ts';
import type { Exchange } from './exchange.ts';
import { type ClientFraming, clientHead } from './headers.ts';
import type { Route } from './serving.ts';

export class AnswerRelay {
  /** Of the body, for the client. */
  readonly framing: ClientFraming;
  readonly keepAlive: boolean;
  /** Whether it ends with the upstream's connection. */
  readonly endsByClose: boolean;
  readonly #exchange: Exchange;
  readonly #relay: BodyRelay;

  /** @param isForHead whether the upstream was asked with HEAD */
  constructor(exchange: Exchange, { framing, status }: ResponseHead, isForHead: boolean) {
    const { client, head, request } = exchange;
    // The upstream has announced what it would have sent to another method, which the client would wait for.
    const isMissing = isForHead && head.method !== 'HEAD' && status !== 204 && status !== 304;
    if (isMissing) this.framing = 'empty';
    else if (framing.kind === 'none' || framing.kind === 'length') this.framing = 'as-announced';
    else this.framing = head.minor === 0 ? 'until-close' : 'chunked';
    this.keepAlive = this.framing !== 'until-close' && exchange.mayKeepAlive();
    this.endsByClose = framing.kind === 'until-close';
    this.#exchange = exchange;
    const reader = bodyReader(framing, 'upstream', client.serving.limits);
    this.#relay = new BodyRelay(reader, client.socket, this.framing === 'chunked');
    request.answer.responseRelay = this.#relay;
  }

  /** Whether the answer has been written to its end. */
  get done(): boolean {
    return this.#relay.done;
  }

  /** Whether the upstream has sent something behind it, which nobody asked for. */
  get hasSurplus(): boolean {
    return this.#relay.rest.length > 0;
  }

  /**
   * Writes the head, and what came behind it. Throws, and returns, what `push` does.
   *
   * @param route that may change the head
   */
  begin(response: ResponseHead, route: Route, rest: Buffer): boolean {
    const { request, ownLines, pageStatus, head } = this.#exchange;
    const { framing, keepAlive } = this;
    const changes = headChanges(request, route, response, ownLines, pageStatus);
    const http10 = head.minor === 0;
    const text = clientHead(response, { framing, keepAlive, http10, changes });
    const taken = this.#relay.push(rest, text);
    request.answer.status = pageStatus ?? response.status;
    request.answer.headBytes = text.length;
    return taken;
  }

  /**
   * Writes what has come of the body. Throws `HW_HTTP_RESPONSE` for broken framing; returns false when the client has to take
   * that before more is pushed.
   */
  push(chunk: Buffer): boolean {
    return this.#relay.push(chunk);
  }

  /** The upstream has closed. Throws `HW_HTTP_RESPONSE` when the answer was not complete. */
  end(): void {
    this.#relay.end();
  }
}
