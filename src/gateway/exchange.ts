/**
 * One request and its answer, from the client's side: which route, who may have it, what is answered when nobody else does,
 * and the line in the access log. What goes to an upstream and comes from it is for the request's `Passage`, what comes from the
 * disk for its `FilePassage`.
 *
 *   client ──head──▶ rules, route ──▶ limits ──▶ access ──▶ passage ──▶ upstream
 *          ──body──▶ request body ─────────────────────────────▲
 *          ◀── own answer ◀── error, rule          (1xx …) answer, tunnel
 *
 * Once a byte of the answer is out, a failure can only be shown by cutting the connection. What becomes of the client's
 * connection afterwards is for its owner.
 */
import { HatchwayError } from '../base/errors.ts';
import type { RequestHead } from '../http1/head.ts';
import { admit } from './admission.ts';
import type { ClientConnection } from './client-connection.ts';
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';
import type { ErrorPage } from './error-pages.ts';
import { gatewayError } from './errors.ts';
import { type Noted, noteFailure, noteLostUpgrade, noteRefusedUpgrade } from './exchange-notes.ts';
import { foreseen } from './fault.ts';
import { FilePassage } from './files/file-passage.ts';
import { refuseForeignOrigin } from './foreign-origin.ts';
import { ownErrorAnswer, ownFixedAnswer } from './own-answer.ts';
import { Passage } from './passage.ts';
import { RequestBody } from './request-body.ts';
import { RequestState } from './request-state.ts';
import { chooseNamedRoute, chooseRoute, pathOf } from './route-choice.ts';
import { type FixedAnswer, isRedirect } from './rules.ts';
import type { Route, Site } from './serving.ts';
import { hostOf } from './sites.ts';
import type { SubrequestOwner } from './subrequest.ts';
import { plainToTls, toldStatus } from './told-status.ts';
import { type Upgrade, upgradeOf } from './upgrade.ts';
import type { Upstream } from './upstream/upstream.ts';

/** nginx's status for a client that left before it was answered; it is only seen in the log. */
const clientClosedRequest = 499;

/** nginx's limit of requests from inside that follow from one. */
const mostTurns = 10;

/** nginx's status for closing without an answer; it is only seen in the log, too. */
const closeWithoutAnswer = 444;

export class Exchange implements Noted, SubrequestOwner {
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly site: Site;
  readonly request: RequestState;
  upgrade: Upgrade | undefined;
  /** Undefined for a request without. */
  body: RequestBody | undefined;
  /** Whether this goes on for an error page. */
  isErrorPage = false;
  /** In place of the answer's own, when it is that of an error page. */
  pageStatus: number | undefined;
  /** Fields for the client beside those of the answer, CRLF after each. */
  ownLines = '';
  /** Until a request that came too early may go on. */
  turn: NodeJS.Timeout | undefined;
  /** What is asked about it before it may go on. */
  inner: { leave(): void } | undefined;
  /** Whether nobody waits for the answer any more. */
  isOver = false;
  #route: Route;
  #passage: Passage | FilePassage | undefined;
  /** Requests from inside that files have led to. */
  #turns = 0;
  /** Whether it counts as one that may become a tunnel. */
  #isHandshake = false;
  /** Whether a mistake of the gateway has met it: what else it has left behind is not known, so the connection ends. */
  #isFaulty = false;

  constructor(client: ClientConnection, head: RequestHead) {
    this.client = client;
    this.head = head;
    this.site = client.siteOf(head);
    this.request = new RequestState(client, head, this.site);
    this.#route = this.site.ownRoute;
  }

  /** @param rest what came behind the head */
  start(rest: Buffer): void {
    const { request, site, client } = this;
    const { framing } = this.head;
    if (framing.kind !== 'none' && (framing.kind !== 'length' || framing.length > 0)) {
      this.body = new RequestBody(client, request, rest);
    } else if (rest.length > 0) {
      client.hold(rest);
    }
    const { rate } = client.serving;
    try {
      if (site.trust !== undefined) request.believe(site.trust);
      if (site.hasHostRegex) {
        const match = client.sites.matchOf(hostOf(this.head.host ?? ''));
        if (match !== undefined) request.matched(match);
      }
      if (client.accepted.isPlainToTls === true) {
        throw gatewayError('HW_PLAIN_HTTP_TO_TLS', 'no TLS handshake', { status: plainToTls });
      }
      if (rate?.admits(request.remoteAddress) === false) {
        throw gatewayError('HW_RATE_LIMITED', `too many requests of ${request.remoteAddress}`);
      }
      request.path = pathOf(this.head, site.mergeSlashes);
      this.#enter(chooseRoute(request, false));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether no more of the body is waited for. */
  get isBodyDone(): boolean {
    return this.body === undefined || this.body.isDone;
  }

  /** Whether the client may send another request behind this one. */
  mayKeepAlive(): boolean {
    const { held, ended, draining } = this.client;
    const { keepAlive, upgrade } = this.head;
    if (this.client.accepted.isPlainToTls === true || this.#isFaulty) return false;
    // What came early for a protocol that is not changed to must not be taken for a request (RFC 9931).
    const early = upgrade.length > 0 && (held !== undefined || ended);
    const kept = keepAlive && this.site.limits.keepAliveMs > 0;
    return kept && this.isBodyDone && this.body?.isDiscarded !== true && !early && !draining;
  }

  // Whether and where it may go.

  /** What the rules have led to: an answer, or a route. */
  #enter(choice: Route | FixedAnswer): void {
    this.#route = this.request.route ?? this.#route;
    if (!('path' in choice)) {
      this.answer(choice);
      return;
    }
    const { framing } = this.head;
    const isPassedOn = this.body?.canBeSent !== false;
    if (isPassedOn && framing.kind === 'length' && framing.length > choice.maxBodyBytes) {
      throw gatewayError('HW_BODY_TOO_LARGE', `${framing.length} bytes were announced`);
    }
    admit(this, choice);
  }

  /** Lets the request go where a route leads that it was admitted to. */
  proxy(route: Route): void {
    const { files } = route;
    if (files === undefined) {
      this.ask(route);
      return;
    }
    this.#passage = new FilePassage(this, route, files);
    this.#passage.begin();
  }

  /** Sends it to the upstream of the route. */
  ask(route: Route): void {
    const { forward } = route;
    if (route.upstream === undefined) throw gatewayError('HW_NO_ROUTE', 'nothing is served there');
    const upstream = this.request.goTo(route.upstream);
    if (!this.isErrorPage) {
      this.upgrade = upgradeOf(this.head, route.upgradeTokens);
      if (this.upgrade === undefined) noteLostUpgrade(this, route);
      else this.#beginHandshake();
    }
    if (forward.origin === 'upstream') refuseForeignOrigin(this, forward);
    const { body } = this;
    const passBody = forward.passBody && forward.body === undefined && body?.canBeSent !== false;
    if (!passBody) {
      body?.discard();
    } else if (body !== undefined) {
      body.limitTo(route.maxBodyBytes);
      if (forward.buffersBody && body.gather(() => this.#pass(route, upstream, passBody))) return;
    }
    this.#pass(route, upstream, passBody);
  }

  #pass(route: Route, upstream: Upstream, passBody: boolean): void {
    this.#passage = new Passage(this, route, upstream, passBody);
    this.#passage.begin();
  }

  /** Goes on as another request, from inside: for a path, or `@name` of a named route. */
  goOnAs(to: string, query: string | undefined): void {
    const { request } = this;
    try {
      if (++this.#turns > mostTurns) {
        throw gatewayError('HW_BAD_RULE', `site ${this.site.name} looks for files in circles`);
      }
      if (to.startsWith('@')) {
        this.#enter(chooseNamedRoute(request, to));
      } else {
        request.rewriteTo(to, query);
        this.#enter(chooseRoute(request, true));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes the place of a tunnel: as many handshakes as come at once must not become more tunnels than may be. */
  #beginHandshake(): void {
    const { counts, limits } = this.client.serving;
    const { tunnels, handshakes } = counts;
    if (limits.tunnels !== undefined && tunnels + handshakes >= limits.tunnels) {
      const message = `${tunnels} tunnels are open, and ${handshakes} are being opened`;
      throw gatewayError('HW_TOO_MANY_TUNNELS', message);
    }
    counts.handshakes++;
    this.#isHandshake = true;
  }

  #endHandshake(): void {
    if (!this.#isHandshake) return;
    this.#isHandshake = false;
    this.client.serving.counts.handshakes--;
  }

  // What the client does meanwhile.

  onClientData(chunk: Buffer): void {
    const { body } = this;
    if (body === undefined || (body.isDone && !body.isDiscarded)) {
      this.client.hold(chunk);
    } else if (!body.isDiscarded) {
      try {
        body.push(chunk);
      } catch (error) {
        this.fail(error);
        return;
      }
      this.#passage?.watch();
    }
  }

  onClientDrain(): void {
    this.#passage?.resume();
  }

  /** The client sends no more. It has gone, as far as anybody can tell, unless it is to have a tunnel to read from. */
  onClientEnd(): void {
    if (this.upgrade !== undefined && this.isBodyDone) return;
    this.client.socket.destroy();
  }

  onClientGone(): void {
    const { answer } = this.request;
    this.isOver = true;
    this.#passage?.leave();
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
    const message = 'the client did not send or take a body in time';
    this.fail(gatewayError('HW_REQUEST_TIMEOUT', message));
  }

  // How it ends.

  /**
   * The upstream has answered with something other than 101.
   *
   * @param bodyStart what came together with the head of the answer
   */
  upgradeRefused(status: number, bodyStart: Buffer): void {
    this.#endHandshake();
    noteRefusedUpgrade(this, status, bodyStart);
  }

  /** The upstream's answer is complete. */
  finish(keepAlive: boolean): void {
    this.isOver = true;
    this.request.answer.isComplete = true;
    this.#writeAccessLog();
    this.client.exchangeDone(keepAlive && this.mayKeepAlive());
  }

  /** What follows on the connection is no answer: its line in the log is the tunnel's. */
  becomeTunnel(): void {
    this.isOver = true;
    this.body?.forget();
    this.#endHandshake();
  }

  /**
   * Answers with an error, or cuts an answer that has begun. Never throws.
   *
   * @param error foreseen, or a mistake
   */
  fail(error: unknown): void {
    const failure = foreseen(error);
    if (failure !== error) this.#isFaulty = true;
    else if (this.isOver) return;
    try {
      if (this.isOver) this.#abort(failure);
      else this.#failWith(failure);
    } catch (mistake) {
      this.#isFaulty = true;
      this.#abort(foreseen(mistake));
    }
  }

  #failWith(error: HatchwayError): void {
    const { request, client } = this;
    const { answer } = request;
    const { status } = error;
    this.#waitNoMore();
    this.#passage?.leave();
    noteFailure(this, error, request.requestId);
    answer.errorCode = error.code;
    if (answer.status !== 0) {
      this.isOver = true;
      this.#writeAccessLog();
      // Whoever counts the bytes or waits for the last chunk sees that it is missing; nobody else would.
      if (this.#passage?.answer?.framing === 'until-close') client.cut();
      else client.close();
      return;
    }
    this.#route = request.route ?? this.#route;
    if (this.#hasPageFor(status)) {
      this.showErrorPage(status);
    } else if (status === closeWithoutAnswer) {
      this.#cutUnanswered();
    } else {
      const keepAlive = this.mayKeepAlive();
      const options = { route: this.#route, keepAlive, lines: this.ownLines };
      this.#send(toldStatus(status), ownErrorAnswer(request, error, options), keepAlive);
    }
  }

  /** Not even the error can be answered as the route wants it, or what follows an answer has failed. */
  #abort(fault: HatchwayError): void {
    const { client, request, isOver } = this;
    const { answer, requestId } = request;
    noteFailure(this, fault, requestId);
    this.isOver = true;
    this.#passage?.leave();
    this.#release();
    if (isOver || answer.status !== 0) {
      client.cutFor(this);
      return;
    }
    answer.status = fault.status;
    client.socket.write(errorAnswer(fault, { requestId, method: this.head.method }).text, 'latin1');
    client.close();
  }

  /** An answer that the configuration gives itself. */
  answer(fixed: FixedAnswer): void {
    const { status, location, body } = fixed;
    if (status === closeWithoutAnswer) {
      this.#cutUnanswered();
      return;
    }
    if (body === undefined && location === undefined) {
      const reason = 'the configuration answers so';
      throw new HatchwayError('HW_CONFIGURED_STATUS', reason, { status, remedy: '' });
    }
    if (location !== undefined && this.#hasPageFor(status)) {
      this.showErrorPage(status);
      return;
    }
    const keepAlive = this.mayKeepAlive();
    // A page that leads elsewhere is no page.
    const sentStatus = location === undefined ? (this.pageStatus ?? status) : status;
    const options = { route: this.#route, keepAlive, lines: this.ownLines };
    this.#send(sentStatus, ownFixedAnswer(this.request, fixed, sentStatus, options), keepAlive);
  }

  #send(status: number, { text, bodyBytes }: ErrorAnswer, keepAlive: boolean): void {
    const { answer } = this.request;
    this.isOver = true;
    this.client.socket.write(text, 'latin1');
    answer.status = status;
    answer.headBytes = text.length - bodyBytes;
    answer.ownBytes = bodyBytes;
    answer.ownText = text;
    answer.isComplete = true;
    this.#writeAccessLog();
    this.client.exchangeDone(keepAlive && !this.#isFaulty);
  }

  #cutUnanswered(): void {
    this.isOver = true;
    this.request.answer.status = closeWithoutAnswer;
    this.#passage?.leave();
    this.#writeAccessLog();
    this.client.cut();
  }

  #hasPageFor(status: number): boolean {
    return !this.isErrorPage && this.#route.errorPages?.has(status) === true;
  }

  /** Goes on as a request for the page of this status, as nginx's error_page. */
  showErrorPage(status: number): void {
    const { request } = this;
    const page = this.#route.errorPages?.get(status) as ErrorPage;
    const { status: pageStatus = toldStatus(status) } = page;
    this.isErrorPage = true;
    request.answer.expectedStatus = pageStatus === 'from-page' ? 0 : pageStatus;
    this.upgrade = undefined;
    this.#endHandshake();
    try {
      const to = page.to(request);
      // A named route may be asked as the first one was, as long as all of the body is still here.
      if (!to.startsWith('@') || this.body?.canBeSent === false) this.body?.discard();
      if (to.startsWith('@')) {
        this.pageStatus = pageStatus === 'from-page' ? undefined : pageStatus;
        this.#enter(chooseNamedRoute(request, to));
      } else if (to.startsWith('/')) {
        this.pageStatus = pageStatus === 'from-page' ? undefined : pageStatus;
        const mark = to.indexOf('?');
        if (request.method !== 'HEAD') request.method = 'GET';
        request.rewriteTo(
          mark === -1 ? to : to.slice(0, mark),
          mark === -1 ? undefined : to.slice(mark + 1),
        );
        this.#enter(chooseRoute(request, true));
      } else {
        const given = typeof page.status === 'number' ? page.status : 0;
        this.answer({ status: isRedirect(given) ? given : 302, location: to });
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #waitNoMore(): void {
    clearTimeout(this.turn);
    this.inner?.leave();
    this.inner = undefined;
  }

  /** Gives back what it holds; may be called more than once. */
  #release(): void {
    this.#waitNoMore();
    this.request.knownLimits?.release();
    this.body?.forget();
    this.#endHandshake();
  }

  #writeAccessLog(): void {
    const { request } = this;
    const { answer } = request;
    this.#release();
    try {
      this.#route.accessLog?.write(request);
      this.site.totals.requestEnded(
        this.head.method,
        answer.status,
        Date.now() - request.startedAt,
        answer.bodyBytesSent,
        answer.bytesReceived,
      );
    } catch (error) {
      // What was answered stays answered.
      this.#isFaulty = true;
      noteFailure(this, foreseen(error), request.requestId);
    }
  }
}
