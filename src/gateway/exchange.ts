/**
 * One request and its answer: which route, which connection upstream, both bodies with back-pressure, what is answered
 * when something fails, and the line in the access log.
 *
 *   client ──head──▶ route ──▶ pool ──head──▶ upstream
 *          ──body──▶ request relay ─────────▶
 *          ◀───────── response relay ◀─body── (1xx …) head
 *
 * Each side is read only as fast as the other takes it. Once a byte of the answer is out, a failure can only be shown
 * by cutting the connection. What becomes of the two connections afterwards is for their owners.
 */
import { HatchwayError } from '../base/errors.ts';
import { bodyReader } from '../http1/body.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import { accessEntry } from './access-entry.ts';
import { BodyRelay } from './body-relay.ts';
import type { ClientConnection } from './client-connection.ts';
import { never } from './deadlines.ts';
import { errorAnswer, newRequestId } from './error-answer.ts';
import { gatewayError } from './errors.ts';
import { type Noted, noteFailure, noteLostUpgrade, noteRefusedUpgrade } from './exchange-notes.ts';
import { type ClientFraming, clientHead, upstreamHead } from './headers.ts';
import { chooseRoute } from './route-choice.ts';
import type { Route, Site } from './serving.ts';
import { openTunnel } from './tunnel-start.ts';
import { refusalOf, type Upgrade, upgradeOf } from './upgrade.ts';
import { connectFailure } from './upstream/connect-failure.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream/connection.ts';
import type { Upstream } from './upstream/upstream.ts';

/** nginx's status for a client that left before it was answered; it is only seen in the log. */
const clientClosedRequest = 499;

/** RFC 9110, 9.2.2, without the ones that this gateway does not pass on. */
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

const noBytes = Buffer.alloc(0);

export class Exchange implements UpstreamUser, Noted {
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly site: Site;
  upgrade: Upgrade | undefined;
  #upstream: Upstream | undefined;

  #connection: UpstreamConnection | undefined;
  /** Kept until the request is answered, for a second try. */
  #upstreamHead = '';
  /** Whether the request can be sent again if a connection that was used before breaks unanswered. */
  #mayRetry: boolean;

  #requestRelay: BodyRelay | undefined;
  /** Whether the whole request has been read from the client and written to the upstream. */
  #requestDone: boolean;
  /** Body that came before there was a connection for it. */
  #early: Buffer = noBytes;

  #responseRelay: BodyRelay | undefined;
  #response: ResponseHead | undefined;
  #framing: ClientFraming = 'as-announced';
  #keepAlive = false;
  /** Of the answer; 0 until its head is written. */
  #status = 0;
  /** Of the gateway's own answer. */
  #ownBytes = 0;

  constructor(client: ClientConnection, head: RequestHead) {
    const { framing, method } = head;
    this.client = client;
    this.head = head;
    this.site = client.siteOf(head);
    this.#requestDone =
      framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0);
    this.#mayRetry = this.#requestDone && idempotentMethods.includes(method);
  }

  /** @param rest what came behind the head */
  start(rest: Buffer): void {
    if (rest.length > 0) {
      if (this.#requestDone) this.client.hold(rest);
      else this.#early = rest;
    }
    let route: Route;
    let upstream: Upstream;
    try {
      route = chooseRoute(this.site, this.head);
      if (route.upstream === undefined) throw gatewayError('HW_NO_ROUTE', 'nothing is there');
      upstream = route.upstream;
      this.#upstream = upstream;
      this.upgrade = upgradeOf(this.head, route.upgradeTokens);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.upgrade === undefined) noteLostUpgrade(this, route);
    this.#upstreamHead = upstreamHead(this.head, this.client, {
      upgradeTo: this.upgrade?.token,
      inProcess: upstream.inProcess,
    });
    const pool = upstream.pick();
    const idle = pool.take(this);
    this.#connection = idle ?? pool.connect(this);
    if (idle !== undefined) this.onUpstreamReady();
  }

  // The client's side.

  onClientData(chunk: Buffer): void {
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
    this.#leaveConnection();
    if (this.#status === 0) this.#status = clientClosedRequest;
    this.#writeAccessLog();
  }

  /** The client neither sends its body nor takes its answer. */
  onClientDeadline(): void {
    if (this.#status !== 0) {
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
    connection.reader.requestMethod = this.head.method;
    if (this.#requestDone) {
      connection.socket.write(this.#upstreamHead, 'latin1');
      this.#watch();
      return;
    }
    const { framing } = this.head;
    const reader = bodyReader(framing, 'client', this.client.serving.limits);
    const relay = new BodyRelay(reader, connection.socket, framing.kind === 'chunked');
    this.#requestRelay = relay;
    this.client.socket.resume();
    this.#sendBody(relay, this.#early, this.#upstreamHead);
    this.#early = noBytes;
  }

  onUpstreamData(chunk: Buffer): void {
    this.#mayRetry = false;
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
    this.#fail(
      this.#connection?.ready
        ? gatewayError('HW_UPSTREAM_TIMEOUT', `${name} did not answer or take the request in time`)
        : gatewayError(
            'HW_UPSTREAM_CONNECT_TIMEOUT',
            `${name} did not take the connection in time`,
          ),
    );
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
        this.#fail(error);
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
    const { serving, socket } = this.client;
    const http10 = this.head.minor === 0;
    if (framing.kind === 'chunked' || framing.kind === 'until-close') {
      this.#framing = http10 ? 'until-close' : 'chunked';
    }
    this.#response = response;
    this.#keepAlive = this.#framing !== 'until-close' && this.#mayKeepAlive();
    if (this.upgrade !== undefined) noteRefusedUpgrade(this, response.status);
    const relay = new BodyRelay(
      bodyReader(framing, 'upstream', serving.limits),
      socket,
      this.#framing === 'chunked',
    );
    this.#responseRelay = relay;
    const options = { framing: this.#framing, keepAlive: this.#keepAlive, http10 };
    this.#relayAnswer(relay, rest, clientHead(response, options));
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
    this.#status = this.#response?.status ?? 0;
    if (relay.done) {
      this.#finish();
      return;
    }
    if (!taken) this.#connection?.socket.pause();
    this.#watch();
  }

  /** The answer is complete. */
  #finish(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) {
      if (this.#mayReuse(connection)) connection.release();
      else connection.abandon();
    }
    this.#writeAccessLog();
    this.client.exchangeDone(this.#keepAlive && this.#mayKeepAlive());
  }

  #mayReuse({ socket }: UpstreamConnection): boolean {
    return (
      this.#requestDone &&
      this.upgrade === undefined &&
      this.#response?.keepAlive === true &&
      this.#responseRelay?.rest.length === 0 &&
      socket.writableLength === 0 &&
      !socket.readableEnded &&
      !socket.isPaused()
    );
  }

  #mayKeepAlive(): boolean {
    const { held, ended, serving } = this.client;
    const { keepAlive, upgrade } = this.head;
    // What came early for a protocol that is not changed to must not be taken for a request (RFC 9931).
    const early = upgrade.length > 0 && (held !== undefined || ended);
    return keepAlive && this.#requestDone && !early && !serving.draining;
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
    this.#status = 101;
    this.#connection = undefined;
    openTunnel(this.client, connection, {
      head: clientHead(response, { framing: 'as-announced', keepAlive: true, http10: false }),
      fromUpstream: rest,
      accessLog: this.site.accessLog,
      entry: accessEntry(this.client.remoteAddress, this.head, 101, 0),
    });
  }

  /** The upstream went away before its answer. */
  #closedUnanswered(error: Error | undefined): void {
    const connection = this.#connection as UpstreamConnection;
    const upstream = (this.#upstream as Upstream).model;
    const { pool } = connection;
    if (!connection.ready) {
      this.#fail(connectFailure(error, upstream, pool.name));
    } else if (connection.reused && this.#mayRetry) {
      // It closed an idle connection while the request was on its way: that says nothing about the request.
      this.#mayRetry = false;
      connection.abandon();
      this.#connection = pool.connect(this);
    } else {
      const reason = error?.message ?? 'it closed the connection';
      const message = `${this.#upstreamName()} gave no answer: ${reason}`;
      this.#fail(gatewayError('HW_UPSTREAM_CLOSED', message));
    }
  }

  /** Answers with an error, or cuts an answer that has begun. */
  #fail(error: unknown): void {
    if (!(error instanceof HatchwayError)) throw error;
    const requestId = newRequestId();
    this.#leaveConnection();
    noteFailure(this, error, requestId);
    const client = this.client;
    if (this.#status === 0) {
      const { fields, method, minor } = this.head;
      const keepAlive = this.#mayKeepAlive();
      const accept = fields.get('accept');
      const request = { requestId, method, accept, keepAlive, http10: minor === 0 };
      const answer = errorAnswer(error, request);
      client.socket.write(answer.text, 'latin1');
      this.#status = error.status;
      this.#ownBytes = answer.bodyBytes;
      this.#writeAccessLog();
      client.exchangeDone(keepAlive);
      return;
    }
    this.#writeAccessLog();
    // Whoever counts the bytes or waits for the last chunk sees that it is missing; nobody else would.
    if (this.#framing === 'until-close') client.cut();
    else client.close();
  }

  #leaveConnection(): void {
    this.#connection?.abandon();
    this.#connection = undefined;
  }

  /** Sets both sides' deadlines by who is waited for. */
  #watch(): void {
    const connection = this.#connection;
    if (connection === undefined || !connection.ready) return;
    const client = this.client;
    const { deadlines, limits } = client.serving;
    const { timeouts } = (this.#upstream as Upstream).model;
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
    const upstream = (this.#upstream as Upstream).model.name;
    return `upstream ${upstream} (${this.#connection?.pool.name})`;
  }

  #writeAccessLog(): void {
    const { accessLog } = this.site;
    if (accessLog === undefined) return;
    const bytes = this.#ownBytes + (this.#responseRelay?.bytesWritten ?? 0);
    accessLog.write(accessEntry(this.client.remoteAddress, this.head, this.#status, bytes));
  }
}
