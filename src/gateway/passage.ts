/**
 * A request's way to an upstream and its answer's way back: which server is tried, another one where the rules allow it, both
 * bodies with back-pressure, and who is waited for how long.
 *
 *   next server ─▶ connection ─▶ head, body ─▶ (1xx …) head ─▶ body ─▶ connection is given back
 *        ▲                                      │     └─ 101 ─▶ tunnel
 *        └───────── failed, not yet answered ◀──┘
 *
 * Whether and where a request may go is decided before, and what is answered when nobody has an answer is for the exchange.
 */
import { HatchwayError } from '../base/errors.ts';
import type { RetryCause } from '../config/route-model.ts';
import type { ResponseHead } from '../http1/head.ts';
import { checkedFieldLine } from '../http1/head-writer.ts';
import { challengeLines, failureOf, intercepts } from './answer-head.ts';
import { AnswerRelay } from './answer-relay.ts';
import { never } from './deadlines.ts';
import { gatewayError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { noteRetry } from './exchange-notes.ts';
import { clientHead, upstreamHead, upstreamMethod } from './headers.ts';
import { beginTunnel, refusalOfSwitch } from './protocol-switch.ts';
import type { RequestBody } from './request-body.ts';
import type { Route } from './serving.ts';
import { connectFailure } from './upstream/connect-failure.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream/connection.ts';
import type { Pool } from './upstream/pool.ts';
import { isIdempotent, mayAskAnother, mayBeSentTwice } from './upstream/retry.ts';
import type { Selection } from './upstream/selection.ts';
import type { Upstream } from './upstream/upstream.ts';

export class Passage implements UpstreamUser {
  /** Once its head is passed on. */
  answer: AnswerRelay | undefined;
  readonly #exchange: Exchange;
  readonly #route: Route;
  readonly #upstream: Upstream;
  readonly #selection: Selection;
  /** To be sent; undefined for none. */
  readonly #body: RequestBody | undefined;
  /** Kept until the request is answered, for another try. */
  readonly #head: string;
  /** With which the upstream is asked. */
  readonly #method: string;
  /** Servers asked so far, and when the first one was. */
  #tries = 0;
  #firstTryAt = 0;
  #connection: UpstreamConnection | undefined;
  /** Whether the request can be sent again if a connection that was used before breaks unanswered. */
  #mayRepeat: boolean;

  /** @param passBody whether the request's own body, if it has one, goes there */
  constructor(exchange: Exchange, route: Route, upstream: Upstream, passBody: boolean) {
    const { request, upgrade, body } = exchange;
    this.#exchange = exchange;
    this.#route = route;
    this.#upstream = upstream;
    this.#body = passBody ? body : undefined;
    this.#method = upstreamMethod(request, route.forward);
    this.#mayRepeat = isIdempotent(this.#method);
    this.#head = upstreamHead(request, route.forward, {
      upgradeTo: upgrade?.token,
      inProcess: upstream.inProcess,
      passBody,
      gatheredLength: this.#body?.gatheredLength,
    });
    this.#selection = upstream.select(request);
  }

  /** Throws `HW_NO_LIVE_UPSTREAM`. */
  begin(): void {
    if (this.#tryNext()) return;
    const { answer } = this.#exchange.request;
    const error = this.#upstream.noLive();
    answer.ask(this.#upstream.authority, performance.now(), false);
    answer.askedInVain(error.status);
    throw error;
  }

  /** Gives up whatever is under way; nothing more is heard of it. May be called more than once. */
  leave(): void {
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection.end();
  }

  /** The client takes more of the answer. */
  resume(): void {
    this.#connection?.socket.resume();
    this.watch();
  }

  /** Sets both sides' deadlines by who is waited for. */
  watch(): void {
    const connection = this.#connection;
    if (connection === undefined || !connection.ready) return;
    const { client, site, isBodyDone } = this.#exchange;
    const { deadlines } = client.serving;
    const { timeouts } = this.#upstream.model;
    const clientIsBehind = client.socket.writableNeedDrain;
    const upstreamIsBehind = connection.socket.writableNeedDrain;
    const bodyIsAwaited = !isBodyDone && !upstreamIsBehind;
    client.deadline = clientIsBehind || bodyIsAwaited ? deadlines.after(site.limits.bodyMs) : never;
    connection.deadline = upstreamIsBehind
      ? deadlines.after(timeouts.sendMs)
      : isBodyDone && !clientIsBehind
        ? deadlines.after(timeouts.readMs)
        : never;
  }

  // The way there.

  /** Asks the next server; false when there is none that has not been asked. */
  #tryNext(): boolean {
    const pool = this.#selection.next();
    if (pool === undefined) return false;
    const now = performance.now();
    this.#exchange.request.answer.ask(pool.name, now, this.#tries > 0);
    if (this.#tries === 0) this.#firstTryAt = now;
    this.#tries++;
    const idle = pool.take(this);
    if (idle === undefined) {
      this.#connect(pool);
    } else {
      this.#connection = idle;
      this.#send(idle, now);
    }
    return true;
  }

  #connect(pool: Pool): void {
    this.#body?.halt();
    this.#connection = pool.connect(this, this.#upstream.model.timeouts.connectMs);
  }

  /**
   * A server has failed before a byte of its answer was passed on: another one is asked, where the rules allow that.
   *
   * @param error what the client is told when none is
   */
  #tryFailed(cause: RetryCause, error: HatchwayError): void {
    const exchange = this.#exchange;
    const wasSent = this.#connection?.ready === true;
    exchange.client.serving.totals.upstreamFailed(this.#upstream.model.name, error.code);
    exchange.request.answer.askedInVain(error.status);
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection.failed();
    if (this.#mayAskAnother(cause, wasSent) && this.#tryNext()) noteRetry(exchange, error);
    else exchange.fail(error);
  }

  #mayAskAnother(cause: RetryCause, wasSent: boolean): boolean {
    // What the first server has had of the body cannot be read from the client again.
    if (this.#body?.canBeSent === false) return false;
    return mayAskAnother(this.#route.forward.retry, {
      cause,
      method: this.#exchange.request.method,
      wasSent,
      tries: this.#tries,
      elapsedMs: performance.now() - this.#firstTryAt,
    });
  }

  onUpstreamReady(): void {
    this.#send(this.#connection as UpstreamConnection, performance.now());
  }

  /** @param connectedAt when the connection was up, as far as this request has waited for it */
  #send(connection: UpstreamConnection, connectedAt: number): void {
    const exchange = this.#exchange;
    const { request } = exchange;
    const body = this.#body;
    const { socket, reader } = connection;
    request.answer.connectedAt = connectedAt;
    // A body that the client is not to have is not read either; the connection ends with the answer then.
    reader.requestMethod = exchange.head.method === 'HEAD' ? 'HEAD' : this.#method;
    if (body === undefined) {
      socket.write(this.#head, 'latin1');
    } else {
      connection.sendsBody();
      try {
        body.sendTo(socket, this.#head, mayBeSentTwice(this.#route.forward.retry, request.method));
      } catch (error) {
        exchange.fail(error);
        return;
      }
    }
    this.watch();
  }

  onUpstreamDrain(): void {
    const { isBodyDone, client } = this.#exchange;
    if (isBodyDone) return;
    client.socket.resume();
    this.watch();
  }

  /** Before its answer, or the end without one, the rest of the body may still be for another server. */
  onUpstreamDeaf(): void {
    if (this.answer === undefined) return;
    this.#exchange.body?.discard();
    this.watch();
  }

  onUpstreamDeadline(): void {
    const name = this.#serverName();
    const error = this.#connection?.ready
      ? gatewayError('HW_UPSTREAM_TIMEOUT', `${name} did not answer or take the request in time`)
      : gatewayError('HW_UPSTREAM_CONNECT_TIMEOUT', `${name} did not take the connection in time`);
    if (this.answer === undefined) this.#tryFailed('timeout', error);
    else this.#exchange.fail(error);
  }

  onUpstreamClose(error: NodeJS.ErrnoException | undefined): void {
    if (this.answer === undefined) {
      this.#closedUnanswered(error);
      return;
    }
    this.#brokeOff(error?.message ?? 'it closed the connection');
  }

  onUpstreamEnd(): void {
    const relay = this.answer;
    if (relay === undefined) {
      this.#closedUnanswered(undefined);
      return;
    }
    if (relay.endsByClose && this.#connection?.isDeaf === true) {
      // It was a reset, which is no regular end of an answer (RFC 9112, 8).
      this.#brokeOff('it reset the connection');
      return;
    }
    try {
      relay.end();
    } catch (error) {
      this.#exchange.fail(error);
      return;
    }
    this.#finish(relay);
  }

  onUpstreamFault(error: unknown): void {
    this.#exchange.fail(error);
  }

  /** The upstream went away within its answer. */
  #brokeOff(reason: string): void {
    const message = `${this.#serverName()} broke off: ${reason}`;
    this.#exchange.fail(gatewayError('HW_UPSTREAM_CLOSED', message));
  }

  /** The upstream went away before its answer. */
  #closedUnanswered(error: Error | undefined): void {
    const connection = this.#connection as UpstreamConnection;
    const { pool } = connection;
    const { model } = this.#upstream;
    if (!connection.ready) {
      this.#tryFailed('error', connectFailure(error, model, pool.name));
    } else if (connection.reused && this.#mayRepeat && this.#body?.canBeSent !== false) {
      // It closed an idle connection while the request was on its way: that says nothing about the request.
      this.#mayRepeat = false;
      connection.abandon();
      this.#connect(pool);
    } else {
      const reason = error?.message ?? 'it closed the connection';
      const message = `${this.#serverName()} gave no answer: ${reason}`;
      this.#tryFailed('error', gatewayError('HW_UPSTREAM_CLOSED', message));
    }
  }

  // The way back.

  onUpstreamData(chunk: Buffer): void {
    this.#mayRepeat = false;
    if (this.answer === undefined) this.#readHead(chunk);
    else this.#relayAnswer(this.answer, chunk);
  }

  #readHead(chunk: Buffer): void {
    const { reader, socket } = this.#connection as UpstreamConnection;
    const { head: asked, client } = this.#exchange;
    for (let bytes = chunk; ; bytes = reader.rest) {
      let head: ResponseHead | undefined;
      try {
        head = reader.push(bytes);
      } catch (error) {
        if (!(error instanceof HatchwayError)) throw error;
        this.#tryFailed('invalid_header', error);
        return;
      }
      if (head === undefined) break;
      if (head.status === 101) {
        this.#switchProtocol(head, reader.rest);
        return;
      }
      if (head.status >= 200) {
        this.#beginAnswer(head, reader.rest);
        return;
      }
      // HTTP/1.0 has no interim answers.
      if (asked.minor === 0) continue;
      const text = clientHead(head, { framing: 'as-announced', keepAlive: true, http10: false });
      if (!client.socket.write(text, 'latin1')) socket.pause();
    }
    this.watch();
  }

  #beginAnswer(response: ResponseHead, rest: Buffer): void {
    const exchange = this.#exchange;
    const { request, pageStatus } = exchange;
    const { status } = response;
    request.answer.head = response;
    request.answer.answeredAt = performance.now();
    if (this.#goesToAnother(status)) return;
    this.#selection.succeeded();
    this.#takeStickiness();
    if (exchange.upgrade !== undefined) exchange.upgradeRefused(status, rest);
    if (!exchange.isErrorPage && intercepts(this.#route, status)) {
      if (status === 401) exchange.ownLines += challengeLines(response);
      this.leave();
      exchange.showErrorPage(status);
      return;
    }
    if (pageStatus === 204 || pageStatus === 304) {
      // These have no body (RFC 9110, 15), whatever the page has.
      this.leave();
      exchange.answer({ status: pageStatus, body: '' });
      return;
    }
    if (this.#connection?.isDeaf === true) exchange.body?.discard();
    this.#body?.forget();
    const relay = new AnswerRelay(exchange, response, this.#method === 'HEAD');
    this.answer = relay;
    let taken: boolean;
    try {
      taken = relay.begin(response, this.#route, rest);
    } catch (error) {
      exchange.fail(error);
      return;
    }
    this.#goOn(relay, taken);
  }

  /** A status that the rules count as a failure is for another server, as long as there is one. */
  #goesToAnother(status: number): boolean {
    const cause = failureOf(status, this.#route);
    if (cause === undefined) return false;
    const selection = this.#selection;
    // The answer of the last one is the answer, and not held against it.
    if (selection.isLastTry || !this.#mayAskAnother(cause, true)) return false;
    const connection = this.#connection;
    // Neither does nginx hold these against a server.
    if (status === 403 || status === 404) selection.end();
    else selection.failed();
    if (!this.#tryNext()) return false;
    connection?.abandon();
    return true;
  }

  #takeStickiness(): void {
    const selection = this.#selection;
    const cookie = selection.setCookie();
    if (cookie !== undefined) this.#exchange.ownLines += checkedFieldLine('Set-Cookie', cookie);
    selection.learn(this.#exchange.request);
  }

  #relayAnswer(relay: AnswerRelay, chunk: Buffer): void {
    let taken: boolean;
    try {
      taken = relay.push(chunk);
    } catch (error) {
      this.#exchange.fail(error);
      return;
    }
    this.#goOn(relay, taken);
  }

  /** @param taken whether the client is ready for more */
  #goOn(relay: AnswerRelay, taken: boolean): void {
    if (relay.done) {
      this.#finish(relay);
      return;
    }
    if (!taken) this.#connection?.socket.pause();
    this.watch();
  }

  /** The answer is complete. */
  #finish(relay: AnswerRelay): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) {
      if (this.#mayReuse(connection, relay)) connection.release();
      else connection.abandon();
    }
    this.#selection.end();
    this.#exchange.finish(relay.keepAlive);
  }

  #mayReuse({ socket }: UpstreamConnection, relay: AnswerRelay): boolean {
    const { isBodyDone, upgrade, request, head } = this.#exchange;
    return (
      isBodyDone &&
      (head.method !== 'HEAD' || this.#method === 'HEAD') &&
      upgrade === undefined &&
      request.answer.head?.keepAlive === true &&
      !relay.hasSurplus &&
      socket.writableLength === 0 &&
      !socket.readableEnded &&
      !socket.isPaused()
    );
  }

  #switchProtocol(response: ResponseHead, rest: Buffer): void {
    const exchange = this.#exchange;
    const connection = this.#connection as UpstreamConnection;
    const refusal = refusalOfSwitch(exchange, response);
    if (refusal !== undefined) {
      const message = `${this.#serverName()} sent a 101 that is none: ${refusal}`;
      exchange.fail(gatewayError('HW_UPSTREAM_BAD_UPGRADE', message));
      return;
    }
    exchange.request.answer.head = response;
    this.#selection.succeeded();
    this.#takeStickiness();
    this.#connection = undefined;
    beginTunnel(exchange, this.#route, {
      connection,
      response,
      rest,
      server: this.#selection.handOver(),
    });
  }

  #serverName(): string {
    return `upstream ${this.#upstream.model.name} (${this.#connection?.pool.name})`;
  }
}
