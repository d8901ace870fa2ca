/**
 * One request and its answer: which route, who may have it, which server, both bodies with back-pressure, what is answered
 * when something fails, and the line in the access log.
 *
 *   client ──head──▶ rules, route ──▶ access ──▶ server ──head──▶ upstream
 *          ──body──▶ request relay ────────────────────────────▶
 *          ◀──────── response relay ◀─────────────────────body── (1xx …) head
 *
 * Each side is read only as fast as the other takes it. Once a byte of the answer is out, a failure can only be shown
 * by cutting the connection. What becomes of the two connections afterwards is for their owners.
 */
import { HatchwayError } from '../base/errors.ts';
import type { RetryCause } from '../config/route-model.ts';
import type { UpstreamModel } from '../config/upstream-model.ts';
import { bodyReader } from '../http1/body.ts';
import { FieldNameSet } from '../http1/fields.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import { checkedFieldLine } from '../http1/head-writer.ts';
import { isOwnOrigin } from './access/origin.ts';
import type { Verdict } from './access/verdict.ts';
import { BodyRelay } from './body-relay.ts';
import type { ClientConnection } from './client-connection.ts';
import { never } from './deadlines.ts';
import { errorAnswer } from './error-answer.ts';
import type { ErrorPage } from './error-pages.ts';
import { gatewayError } from './errors.ts';
import {
  type Noted,
  noteFailure,
  noteLimit,
  noteLostUpgrade,
  noteRefusedUpgrade,
  noteRetry,
} from './exchange-notes.ts';
import { fixedAnswer } from './fixed-answer.ts';
import type { Forward } from './forward.ts';
import { type ClientFraming, clientHead, type HeadChanges, upstreamHead } from './headers.ts';
import type { NoteLimit, RouteLimits } from './rate/route-limits.ts';
import { RequestState } from './request-state.ts';
import { chooseNamedRoute, chooseRoute, pathOf } from './route-choice.ts';
import { absoluteLocation, type FixedAnswer, isRedirect } from './rules.ts';
import type { Route, Site } from './serving.ts';
import { hostOf } from './sites.ts';
import { subrequest } from './subrequest.ts';
import { TunnelNotes } from './tunnel-notes.ts';
import { openTunnel } from './tunnel-start.ts';
import { refusalOf, type Upgrade, upgradeOf } from './upgrade.ts';
import { connectFailure } from './upstream/connect-failure.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream/connection.ts';
import { mayAskAnother } from './upstream/retry.ts';
import type { Selection } from './upstream/selection.ts';
import type { Upstream } from './upstream/upstream.ts';

/** nginx's status for a client that left before it was answered; it is only seen in the log. */
const clientClosedRequest = 499;

/** nginx's status for closing without an answer; it is only seen in the log, too. */
const closeWithoutAnswer = 444;

/** Rates are by the second. */
const rateRetryMs = 1000;

/** RFC 9110, 9.2.2, without the ones that this gateway does not pass on. */
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** Statuses that can be told to count as failures. */
const retryStatuses: Readonly<Record<number, RetryCause>> = {
  403: 'http_403',
  404: 'http_404',
  429: 'http_429',
  500: 'http_500',
  502: 'http_502',
  503: 'http_503',
  504: 'http_504',
};

const noBytes = Buffer.alloc(0);

const nothingReplaced = new FieldNameSet([]);

export class Exchange implements UpstreamUser, Noted {
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly site: Site;
  readonly request: RequestState;
  upgrade: Upgrade | undefined;
  #route: Route;
  #upstream: Upstream | undefined;
  #selection: Selection | undefined;
  /** Servers asked so far, and when the first one was. */
  #tries = 0;
  #firstTryAt = 0;

  /** Until a request that came too early may go on. */
  #turn: NodeJS.Timeout | undefined;
  #connection: UpstreamConnection | undefined;
  /** Kept until the request is answered, for another try. */
  #upstreamHead = '';
  /** Whether the request can be sent again if a connection that was used before breaks unanswered. */
  #mayRepeat = false;
  /** Whether anybody still waits for the answer; not while access is being decided. */
  #isOver = false;

  #requestRelay: BodyRelay | undefined;
  /** Whether the whole request has been read from the client and written to the upstream. */
  #requestDone: boolean;
  /** Whether what still comes of the body is thrown away, because nobody is to have it. */
  #discardsBody = false;
  /** Body that came before there was a connection for it. */
  #early: Buffer = noBytes;

  #responseRelay: BodyRelay | undefined;
  #framing: ClientFraming = 'as-announced';
  #keepAlive = false;
  /** In place of the answer's own, when it is that of an error page. */
  #pageStatus: number | undefined;
  #isErrorPage = false;
  /** Fields for the client beside those of the answer, CRLF after each. */
  #ownLines = '';

  constructor(client: ClientConnection, head: RequestHead) {
    const { framing } = head;
    this.client = client;
    this.head = head;
    this.site = client.siteOf(head);
    this.request = new RequestState(client, head, this.site);
    this.#route = this.site.ownRoute;
    this.#requestDone =
      framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0);
  }

  /** @param rest what came behind the head */
  start(rest: Buffer): void {
    if (rest.length > 0) {
      if (this.#requestDone) this.client.hold(rest);
      else this.#early = rest;
    }
    const { request, site } = this;
    if (site.trust !== undefined) request.believe(site.trust);
    if (site.hasHostRegex) {
      const match = this.client.sites.matchOf(hostOf(this.head.host ?? ''));
      if (match !== undefined) request.matched(match);
    }
    const { rate } = this.client.serving;
    try {
      if (rate?.admits(request.remoteAddress) === false) {
        throw gatewayError('HW_RATE_LIMITED', `too many requests of ${request.remoteAddress}`);
      }
      request.path = pathOf(this.head, site.mergeSlashes);
      this.#enter(chooseRoute(request, false));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What the rules have led to: an answer, or a route. */
  #enter(choice: Route | FixedAnswer): void {
    this.#route = this.request.route ?? this.#route;
    if (!('path' in choice)) {
      this.#answer(choice);
      return;
    }
    const { framing } = this.head;
    if (framing.kind === 'length' && framing.length > choice.maxBodyBytes) {
      throw gatewayError('HW_BODY_TOO_LARGE', `${framing.length} bytes were announced`);
    }
    if (choice.limits === undefined) this.#askAccess(choice);
    else this.#limit(choice, choice.limits);
  }

  /** Counts the request, which may have to wait for its turn. */
  #limit(route: Route, limits: RouteLimits): void {
    const { request } = this;
    const note: NoteLimit = (level, message) => noteLimit(this, level, message);
    const goOn = () => {
      limits.hold(request, note);
      this.#askAccess(route);
    };
    const delayMs = limits.delayOf(request, note);
    if (delayMs === 0) {
      goOn();
      return;
    }
    this.client.deadline = never;
    this.#turn = setTimeout(() => {
      try {
        goOn();
      } catch (error) {
        this.#fail(error);
      }
    }, delayMs);
  }

  #askAccess(choice: Route): void {
    if (choice.access === undefined) {
      this.#proxy(choice);
      return;
    }
    const { request } = this;
    const verdict = choice.access.check({
      remoteAddress: request.remoteAddress,
      fields: this.head.fields,
      source: request,
      subrequest: (uri) => subrequest(request, uri),
    });
    if (!(verdict instanceof Promise)) {
      this.#admit(verdict, choice);
      return;
    }
    this.client.deadline = never;
    verdict.then(
      (late) => this.#admitLater(late, choice),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Goes on, or refuses. */
  #admit(verdict: Verdict, route: Route): void {
    const { request } = this;
    for (const { variable, value } of verdict.variables) request.set(variable, value);
    if (!verdict.allowed) {
      for (const [name, value] of verdict.fields) this.#ownLines += checkedFieldLine(name, value);
      throw verdict.error;
    }
    request.user = verdict.user;
    this.#proxy(route);
  }

  /** The client may have gone while its request was looked at. */
  #admitLater(verdict: Verdict, route: Route): void {
    if (this.#isOver) return;
    try {
      this.#admit(verdict, route);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends the request to the route's upstream. */
  #proxy(route: Route): void {
    const { forward } = route;
    if (route.upstream === undefined) throw gatewayError('HW_NO_ROUTE', 'nothing is served there');
    const upstream = this.request.goTo(route.upstream);
    this.#upstream = upstream;
    if (!this.#isErrorPage) {
      this.upgrade = upgradeOf(this.head, route.upgradeTokens);
      if (this.upgrade === undefined) noteLostUpgrade(this, route);
      else this.#refuseSurplusTunnel();
    }
    if (forward.origin === 'upstream') this.#refuseForeignOrigin(forward);
    const passBody = forward.passBody && forward.body === undefined && !this.#discardsBody;
    if (!passBody) this.#discardBody();
    const { request } = this;
    this.#mayRepeat = this.#requestDone && idempotentMethods.includes(request.method);
    this.#upstreamHead = upstreamHead(request, forward, {
      upgradeTo: this.upgrade?.token,
      inProcess: upstream.inProcess,
      passBody,
    });
    this.#selection = upstream.select(request);
    this.#firstTryAt = performance.now();
    if (!this.#tryNext()) throw upstream.noLive();
  }

  /** Asks the next server; false when there is none that has not been asked. */
  #tryNext(): boolean {
    const pool = this.#selection?.next();
    if (pool === undefined) return false;
    const { answer } = this.request;
    const { upstreamAddress } = answer;
    answer.upstreamAddress =
      upstreamAddress === undefined ? pool.name : `${upstreamAddress}, ${pool.name}`;
    answer.askedAt = performance.now();
    this.#tries++;
    const idle = pool.take(this);
    this.#connection = idle ?? pool.connect(this, this.#upstreamModel.timeouts.connectMs);
    if (idle !== undefined) this.onUpstreamReady();
    return true;
  }

  /**
   * A server has failed before a byte of its answer was passed on: another one is asked, where the rules allow that.
   *
   * @param error what the client is told when none is
   */
  #tryFailed(cause: RetryCause, error: HatchwayError): void {
    const wasSent = this.#connection?.ready === true;
    this.client.serving.totals.upstreamFailed(this.#upstreamModel.name, error.code);
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection?.failed();
    if (this.#mayAskAnother(cause, wasSent) && this.#tryNext()) {
      noteRetry(this, error);
      return;
    }
    this.#fail(error);
  }

  #mayAskAnother(cause: RetryCause, wasSent: boolean): boolean {
    // What the first server has had of the body cannot be read from the client again.
    if (this.#requestRelay !== undefined) return false;
    return mayAskAnother(this.#route.forward.retry, {
      cause,
      method: this.request.method,
      wasSent,
      tries: this.#tries,
      elapsedMs: performance.now() - this.#firstTryAt,
    });
  }

  get #upstreamModel(): UpstreamModel {
    return (this.#upstream as Upstream).model;
  }

  #refuseSurplusTunnel(): void {
    const { counts, limits } = this.client.serving;
    if (limits.tunnels !== undefined && counts.tunnels >= limits.tunnels) {
      throw gatewayError('HW_TOO_MANY_TUNNELS', `${counts.tunnels} tunnels are open`);
    }
  }

  /** The upstream is shown its own Origin, so it cannot tell a foreign page any more. */
  #refuseForeignOrigin({ allowedOrigins }: Forward): void {
    const { request, head } = this;
    const origins = head.fields.all('origin');
    const isOwn = isOwnOrigin({
      origins,
      host: request.forwardedHost ?? head.host,
      secure: request.secure,
      method: head.method,
      upgrade: this.upgrade !== undefined,
      allowedOrigins,
    });
    if (isOwn) return;
    const message = `the page is from ${origins.join(', ')}, which is not ${head.host}`;
    throw gatewayError('HW_FOREIGN_ORIGIN', message);
  }

  /** Nobody is to have the rest of the body, so the next request cannot be found behind it. */
  #discardBody(): void {
    if (this.#requestDone) return;
    this.#requestDone = true;
    this.#discardsBody = true;
    this.#early = noBytes;
    this.client.socket.resume();
  }

  // The client's side.

  onClientData(chunk: Buffer): void {
    if (this.#discardsBody) return;
    if (this.#requestDone) {
      this.client.hold(chunk);
    } else if (this.#requestRelay === undefined) {
      this.#early = this.#early.length === 0 ? chunk : Buffer.concat([this.#early, chunk]);
      this.client.socket.pause();
    } else {
      this.#sendBody(this.#requestRelay, chunk, '');
    }
  }

  onClientDrain(): void {
    this.#connection?.socket.resume();
    this.#watch();
  }

  /** The client sends no more. It has gone, as far as anybody can tell, unless it is to have a tunnel to read from. */
  onClientEnd(): void {
    if (this.upgrade !== undefined && this.#requestDone) return;
    this.client.socket.destroy();
  }

  onClientGone(): void {
    const { answer } = this.request;
    this.#isOver = true;
    clearTimeout(this.#turn);
    this.#leaveConnection();
    if (answer.status === 0) answer.status = clientClosedRequest;
    this.#writeAccessLog();
  }

  /** The client neither sends its body nor takes its answer. */
  onClientDeadline(): void {
    if (this.request.answer.status !== 0) {
      // Nothing can be said to one who does not read.
      this.client.cut();
      this.onClientGone();
      return;
    }
    this.#fail(
      gatewayError('HW_REQUEST_TIMEOUT', 'the client did not send or take a body in time'),
    );
  }

  // The upstream's side.

  onUpstreamReady(): void {
    const connection = this.#connection as UpstreamConnection;
    this.request.answer.connectedAt = performance.now();
    connection.reader.requestMethod = this.request.method;
    if (this.#requestDone) {
      connection.socket.write(this.#upstreamHead, 'latin1');
      this.#watch();
      return;
    }
    const { framing } = this.head;
    const reader = bodyReader(framing, 'client', this.client.serving.limits);
    const relay = new BodyRelay(reader, connection.socket, framing.kind === 'chunked');
    this.#requestRelay = relay;
    this.request.answer.requestRelay = relay;
    this.client.socket.resume();
    this.#sendBody(relay, this.#early, this.#upstreamHead);
    this.#early = noBytes;
  }

  onUpstreamData(chunk: Buffer): void {
    this.#mayRepeat = false;
    if (this.#responseRelay === undefined) this.#readHead(chunk);
    else this.#relayAnswer(this.#responseRelay, chunk, '');
  }

  onUpstreamDrain(): void {
    if (this.#requestDone) return;
    this.client.socket.resume();
    this.#watch();
  }

  onUpstreamEnd(): void {
    if (this.#responseRelay === undefined) {
      this.#closedUnanswered(undefined);
      return;
    }
    try {
      this.#responseRelay.end();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#finish();
  }

  onUpstreamClose(error: NodeJS.ErrnoException | undefined): void {
    if (this.#responseRelay === undefined) {
      this.#closedUnanswered(error);
      return;
    }
    const reason = error?.message ?? 'it closed the connection';
    this.#fail(gatewayError('HW_UPSTREAM_CLOSED', `${this.#upstreamName()} broke off: ${reason}`));
  }

  onUpstreamDeadline(): void {
    const name = this.#upstreamName();
    const error = this.#connection?.ready
      ? gatewayError('HW_UPSTREAM_TIMEOUT', `${name} did not answer or take the request in time`)
      : gatewayError('HW_UPSTREAM_CONNECT_TIMEOUT', `${name} did not take the connection in time`);
    if (this.#responseRelay === undefined) this.#tryFailed('timeout', error);
    else this.#fail(error);
  }

  /** A page in place of the upstream's cannot say how to sign in (RFC 9110, 11.6.1). */
  #keepChallenges({ fields }: ResponseHead): void {
    for (const value of fields.all('www-authenticate')) {
      this.#ownLines += checkedFieldLine('WWW-Authenticate', value);
    }
  }

  /** @param before the head, if it has not been written */
  #sendBody(relay: BodyRelay, chunk: Buffer, before: string): void {
    const { socket } = this.client;
    let taken: boolean;
    try {
      taken = relay.push(chunk, before);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (relay.bodyBytes > this.#route.maxBodyBytes) {
      this.#fail(gatewayError('HW_BODY_TOO_LARGE', 'more came than the route takes'));
      return;
    }
    if (relay.done) {
      this.#requestDone = true;
      if (relay.rest.length > 0) this.client.hold(relay.rest);
    } else if (!taken) {
      socket.pause();
    }
    this.#watch();
  }

  #readHead(chunk: Buffer): void {
    const { reader, socket } = this.#connection as UpstreamConnection;
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
      if (this.head.minor === 0) continue;
      const text = clientHead(head, { framing: 'as-announced', keepAlive: true, http10: false });
      if (!this.client.socket.write(text, 'latin1')) socket.pause();
    }
    this.#watch();
  }

  #beginAnswer(response: ResponseHead, rest: Buffer): void {
    const { framing } = response;
    const { request, client } = this;
    const { answer } = request;
    const http10 = this.head.minor === 0;
    answer.head = response;
    answer.answeredAt = performance.now();
    if (this.#goesToAnother(response.status)) return;
    this.#selection?.succeeded();
    this.#takeStickiness();
    if (this.upgrade !== undefined) noteRefusedUpgrade(this, response.status, rest);
    if (this.#intercepts(response.status)) {
      if (response.status === 401) this.#keepChallenges(response);
      this.#leaveConnection();
      this.#showErrorPage(response.status);
      return;
    }
    if (this.#pageStatus === 204 || this.#pageStatus === 304) {
      // These have no body (RFC 9110, 15), whatever the page has.
      this.#leaveConnection();
      this.#answer({ status: this.#pageStatus, body: '' });
      return;
    }
    if (framing.kind === 'chunked' || framing.kind === 'until-close') {
      this.#framing = http10 ? 'until-close' : 'chunked';
    }
    this.#keepAlive = this.#framing !== 'until-close' && this.#mayKeepAlive();
    const relay = new BodyRelay(
      bodyReader(framing, 'upstream', client.serving.limits),
      client.socket,
      this.#framing === 'chunked',
    );
    this.#responseRelay = relay;
    answer.responseRelay = relay;
    const changes = this.#changesOf(response);
    const options = { framing: this.#framing, keepAlive: this.#keepAlive, http10, changes };
    this.#relayAnswer(relay, rest, clientHead(response, options));
  }

  /** What the route and the gateway change in the upstream's answer; undefined for nothing. */
  #changesOf({ fields, status }: ResponseHead): HeadChanges | undefined {
    const route = this.#route as Route;
    const own = this.#ownLines;
    const pageStatus = this.#pageStatus;
    if (route.response === undefined && own === '' && pageStatus === undefined) return undefined;
    const { request } = this;
    const sentStatus = pageStatus ?? status;
    request.answer.status = sentStatus;
    const changes = route.response?.of(fields, request, sentStatus, own) ?? {
      replaced: nothingReplaced,
      lines: own,
    };
    request.answer.writtenLines = changes.lines;
    return { ...changes, status: pageStatus };
  }

  /** A status that the rules count as a failure is for another server, as long as there is one. */
  #goesToAnother(status: number): boolean {
    const cause = retryStatuses[status];
    if (cause === undefined || !this.#route.forward.retry.on?.includes(cause)) return false;
    const selection = this.#selection as Selection;
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
    if (selection === undefined) return;
    const cookie = selection.setCookie();
    if (cookie !== undefined) this.#ownLines += checkedFieldLine('Set-Cookie', cookie);
    selection.learn(this.request);
  }

  #intercepts(status: number): boolean {
    const route = this.#route as Route;
    return (
      route.intercepts &&
      status >= 300 &&
      !this.#isErrorPage &&
      route.errorPages?.has(status) === true
    );
  }

  /** @param before the head, if it has not been written */
  #relayAnswer(relay: BodyRelay, chunk: Buffer, before: string): void {
    let taken: boolean;
    try {
      taken = relay.push(chunk, before);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const { answer } = this.request;
    answer.status = this.#pageStatus ?? answer.head?.status ?? 0;
    if (relay.done) {
      this.#finish();
      return;
    }
    if (!taken) this.#connection?.socket.pause();
    this.#watch();
  }

  /** The answer is complete. */
  #finish(): void {
    this.#isOver = true;
    this.request.answer.isComplete = true;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) {
      if (this.#mayReuse(connection)) connection.release();
      else connection.abandon();
    }
    this.#selection?.end();
    this.#writeAccessLog();
    this.client.exchangeDone(this.#keepAlive && this.#mayKeepAlive());
  }

  #mayReuse({ socket }: UpstreamConnection): boolean {
    return (
      this.#requestDone &&
      this.upgrade === undefined &&
      this.request.answer.head?.keepAlive === true &&
      this.#responseRelay?.rest.length === 0 &&
      socket.writableLength === 0 &&
      !socket.readableEnded &&
      !socket.isPaused()
    );
  }

  #mayKeepAlive(): boolean {
    const { held, ended, draining } = this.client;
    const { keepAlive, upgrade } = this.head;
    // What came early for a protocol that is not changed to must not be taken for a request (RFC 9931).
    const early = upgrade.length > 0 && (held !== undefined || ended);
    const kept = keepAlive && this.site.limits.keepAliveMs > 0;
    return kept && this.#requestDone && !this.#discardsBody && !early && !draining;
  }

  #switchProtocol(response: ResponseHead, rest: Buffer): void {
    const connection = this.#connection as UpstreamConnection;
    const refusal =
      this.upgrade === undefined
        ? 'nobody asked for it'
        : this.#requestDone
          ? refusalOf(this.upgrade, response)
          : 'the request was not complete';
    if (refusal !== undefined) {
      this.#fail(
        gatewayError(
          'HW_UPSTREAM_BAD_UPGRADE',
          `${this.#upstreamName()} sent a 101 that is none: ${refusal}`,
        ),
      );
      return;
    }
    this.#isOver = true;
    const { answer } = this.request;
    answer.head = response;
    answer.status = 101;
    this.#selection?.succeeded();
    this.#takeStickiness();
    const changes = this.#changesOf(response);
    this.#connection = undefined;
    openTunnel(this.client, connection, {
      head: clientHead(response, {
        framing: 'as-announced',
        keepAlive: true,
        http10: false,
        changes,
      }),
      fromUpstream: rest,
      token: (this.upgrade as Upgrade).token,
      limits: this.#route.tunnel,
      server: this.#selection?.handOver(),
      notes: new TunnelNotes({
        request: this.request,
        token: (this.upgrade as Upgrade).token,
        accessLog: this.#route.accessLog,
        limits: this.request.knownLimits,
        totals: this.site.totals,
        log: this.client.serving.log,
      }),
    });
  }

  /** The upstream went away before its answer. */
  #closedUnanswered(error: Error | undefined): void {
    const connection = this.#connection as UpstreamConnection;
    const { pool } = connection;
    if (!connection.ready) {
      this.#tryFailed('error', connectFailure(error, this.#upstreamModel, pool.name));
    } else if (connection.reused && this.#mayRepeat) {
      // It closed an idle connection while the request was on its way: that says nothing about the request.
      this.#mayRepeat = false;
      connection.abandon();
      this.#connection = pool.connect(this, this.#upstreamModel.timeouts.connectMs);
    } else {
      const reason = error?.message ?? 'it closed the connection';
      const message = `${this.#upstreamName()} gave no answer: ${reason}`;
      this.#tryFailed('error', gatewayError('HW_UPSTREAM_CLOSED', message));
    }
  }

  /** Answers with an error, or cuts an answer that has begun. */
  #fail(error: unknown): void {
    if (!(error instanceof HatchwayError)) throw error;
    if (this.#isOver) return;
    const { request, client } = this;
    const { answer, requestId } = request;
    this.#leaveConnection();
    noteFailure(this, error, requestId);
    answer.errorCode = error.code;
    if (answer.status !== 0) {
      this.#isOver = true;
      this.#writeAccessLog();
      // Whoever counts the bytes or waits for the last chunk sees that it is missing; nobody else would.
      if (this.#framing === 'until-close') client.cut();
      else client.close();
      return;
    }
    this.#route = request.route ?? this.#route;
    if (!this.#isErrorPage && this.#route.errorPages?.has(error.status) === true) {
      this.#showErrorPage(error.status);
      return;
    }
    const { fields, minor } = this.head;
    const { status } = error;
    if (status === closeWithoutAnswer) {
      this.#answer({ status });
      return;
    }
    const keepAlive = this.#mayKeepAlive();
    const text = errorAnswer(error, {
      requestId,
      method: this.head.method,
      accept: fields.all('accept').join(', '),
      keepAlive,
      http10: minor === 0,
      lines: this.#ownLines + this.#addedLines(status),
      retryAfterMs: error.code === 'HW_RATE_LIMITED' ? rateRetryMs : undefined,
    });
    this.#send(status, text.text, text.bodyBytes, keepAlive);
  }

  /** An answer that the configuration gives itself. */
  #answer({ status, location, body, type }: FixedAnswer): void {
    if (status === closeWithoutAnswer) {
      this.#isOver = true;
      this.request.answer.status = status;
      this.#leaveConnection();
      this.#writeAccessLog();
      this.client.cut();
      return;
    }
    if (body === undefined && location === undefined) {
      const reason = 'the configuration answers so';
      throw new HatchwayError('HW_CONFIGURED_STATUS', reason, { status, remedy: '' });
    }
    const keepAlive = this.#mayKeepAlive();
    const sentStatus = this.#pageStatus ?? status;
    const text = fixedAnswer({
      status: sentStatus,
      location: location === undefined ? undefined : absoluteLocation(this.request, location),
      body: body ?? '',
      type,
      isHead: this.head.method === 'HEAD',
      keepAlive,
      http10: this.head.minor === 0,
      lines: this.#ownLines + this.#addedLines(sentStatus),
    });
    this.#send(sentStatus, text.text, text.bodyBytes, keepAlive);
  }

  #send(status: number, text: string, bodyBytes: number, keepAlive: boolean): void {
    const { answer } = this.request;
    this.#isOver = true;
    this.client.socket.write(text, 'latin1');
    answer.status = status;
    answer.ownBytes = bodyBytes;
    answer.isComplete = true;
    this.#writeAccessLog();
    this.client.exchangeDone(keepAlive);
  }

  #addedLines(status: number): string {
    const { answer } = this.request;
    const { response } = this.#route;
    if (response === undefined) return '';
    // Variables of the fields may tell it; nothing is sent yet.
    answer.status = status;
    const lines = response.added(this.request, status);
    answer.status = 0;
    answer.writtenLines = lines;
    return lines;
  }

  /** Goes on as a request for the page of this status, as nginx's error_page. */
  #showErrorPage(status: number): void {
    const { request } = this;
    const page = this.#route.errorPages?.get(status) as ErrorPage;
    this.#isErrorPage = true;
    request.answer.pageOf = status;
    this.upgrade = undefined;
    try {
      const to = page.to(request);
      // A named route may be asked as the first one was, as long as nothing of the body has gone there.
      if (!to.startsWith('@') || this.#requestRelay !== undefined) this.#discardBody();
      if (to.startsWith('@')) {
        this.#pageStatus = page.status === 'from-page' ? undefined : (page.status ?? status);
        this.#enter(chooseNamedRoute(request, to));
      } else if (to.startsWith('/')) {
        this.#pageStatus = page.status === 'from-page' ? undefined : (page.status ?? status);
        const mark = to.indexOf('?');
        if (request.method !== 'HEAD') request.method = 'GET';
        request.rewriteTo(
          mark === -1 ? to : to.slice(0, mark),
          mark === -1 ? undefined : to.slice(mark + 1),
        );
        this.#enter(chooseRoute(request, true));
      } else {
        const given = typeof page.status === 'number' ? page.status : 0;
        this.#answer({ status: isRedirect(given) ? given : 302, location: to });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #leaveConnection(): void {
    this.#connection?.abandon();
    this.#connection = undefined;
    this.#selection?.end();
  }

  /** Sets both sides' deadlines by who is waited for. */
  #watch(): void {
    const connection = this.#connection;
    if (connection === undefined || !connection.ready) return;
    const client = this.client;
    const { deadlines } = client.serving;
    const { limits } = this.site;
    const { timeouts } = this.#upstreamModel;
    const clientIsBehind = client.socket.writableNeedDrain;
    const upstreamIsBehind = connection.socket.writableNeedDrain;
    const bodyIsAwaited = !this.#requestDone && !upstreamIsBehind;
    client.deadline = clientIsBehind || bodyIsAwaited ? deadlines.after(limits.bodyMs) : never;
    connection.deadline = upstreamIsBehind
      ? deadlines.after(timeouts.sendMs)
      : this.#requestDone && !clientIsBehind
        ? deadlines.after(timeouts.readMs)
        : never;
  }

  #upstreamName(): string {
    const upstream = this.#upstreamModel.name;
    return `upstream ${upstream} (${this.#connection?.pool.name})`;
  }

  #writeAccessLog(): void {
    const { request } = this;
    const { answer } = request;
    this.#route.accessLog?.write(request);
    request.knownLimits?.release();
    this.site.totals.requestEnded(
      this.head.method,
      answer.status,
      Date.now() - request.startedAt,
      answer.bodyBytesSent,
      answer.bytesReceived,
    );
  }
}
