/**
 * One client's connection while it speaks HTTP/2. Each of its streams becomes an HTTP/1.1 connection inside this
 * process, which a `ClientConnection` serves as if it had been accepted; so everything behind knows one kind of request.
 *
 *   session ── stream ──▶ bridge ══ in-process connection ══ ClientConnection
 *           └─ stream ──▶ bridge ══ …
 *
 * What is the session's own is here: its limits, what a client may not do too often, and its end.
 */
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { codeOf, type HatchwayError } from '../../base/errors.ts';
import type { Limits } from '../../config/model.ts';
import type { AcceptedSocket } from '../accepted-socket.ts';
import { nextConnectionNumber } from '../connection-number.ts';
import { type Deadlined, never } from '../deadlines.ts';
import { gatewayError } from '../errors.ts';
import { foreseen, noteFault } from '../fault.ts';
import type { Serving } from '../serving.ts';
import { inProcessConnection } from '../upstream/in-process.ts';
import { Allowance } from './allowance.ts';
import { type Http1Request, http1Request } from './request-head.ts';
import { type BridgeOwner, StreamBridge } from './stream-bridge.ts';

const { NGHTTP2_ENHANCE_YOUR_CALM } = constants;

/** Requests of one connection at a time: as nginx, and more than browsers ask for. */
const maxStreams = 128;

/**
 * Bytes of a body that a client may send ahead on one stream. A client over 50 ms of network so uploads 5 MB/s; and
 * all streams of a connection hold 32 MiB at the very most, when nobody takes their bodies.
 */
const streamWindowBytes = 256 * 1024;

/** The same for all its streams together, as long as they are read. */
const sessionWindowBytes = 1024 * 1024;

/** What RFC 9113, 6.5.2 adds to each field when it measures a list of them. */
const fieldOverheadBytes = 32;

/** Frames that make no sense, from one client, before it is sent away: no client that works sends any. */
const maxInvalidFrames = 100;

/**
 * Streams that a client may break off unanswered: each costs it two small frames, and the gateway a request upstream
 * (CVE-2023-44487). A browser does it with all it has under way when the user leaves a page, which a user may do
 * again and again; so it is four pages at once and then one in four seconds.
 */
const brokenOffBurst = 4 * maxStreams;
const brokenOffPerSecond = 32;

/** PING and SETTINGS frames, which have to be answered (CVE-2019-9512, -9515). gRPC measures with a PING each round trip. */
const answeredFramesBurst = 1000;
const answeredFramesPerSecond = 100;

/** How long a client may take to take the GOAWAY and close, in milliseconds. */
const goodbyeMs = 2000;

/** What becomes of the streams, and who is told of the end. */
export interface Http2ConnectionOwner {
  readonly serving: Serving;
  /** Of the connection itself, before and between requests. */
  readonly limits: Limits;
  /** Serves one stream's connection. */
  serve(accepted: AcceptedSocket): void;
  /** Whether a host may be asked for on this connection. */
  allows(accepted: AcceptedSocket, host: string): boolean;
  /** Makes the answer to a request that is not served: an HTTP/1.1 response, one character a byte. */
  refuse(accepted: AcceptedSocket, error: HatchwayError, method: string): string;
  onConnectionClose(connection: Http2Connection): void;
}

export class Http2Connection implements BridgeOwner, Deadlined {
  deadline: number;
  readonly #number = nextConnectionNumber();
  readonly #accepted: AcceptedSocket;
  readonly #owner: Http2ConnectionOwner;
  readonly #session: ServerHttp2Session;
  readonly #brokenOff: Allowance;
  readonly #answeredFrames: Allowance;
  /** Streams that are open. */
  #streams = 0;
  /** Streams that there have been. */
  #requests = 0;

  /** @param accepted a connection on which the client speaks HTTP/2 from the first byte on */
  constructor(accepted: AcceptedSocket, owner: Http2ConnectionOwner) {
    const { limits, serving } = owner;
    const { deadlines } = serving;
    const now = performance.now();
    this.#accepted = accepted;
    this.#owner = owner;
    this.#brokenOff = new Allowance(brokenOffBurst, brokenOffPerSecond, now);
    this.#answeredFrames = new Allowance(answeredFramesBurst, answeredFramesPerSecond, now);
    this.#session = openSession(accepted.socket, limits);
    this.#listen(accepted.socket);
    this.deadline = deadlines.after(limits.headMs);
    deadlines.add(this);
  }

  /**
   * Takes no more requests, and closes when those under way are answered. Which ones that are is in the GOAWAY: the
   * client may send the others again (RFC 9113, 6.8). They are read until it closes, so that no reset overtakes the GOAWAY.
   * There is no notice before it, of 2^31-1: behind any GOAWAY that Node sends, nghttp2 ignores new streams without a word.
   */
  drain(): void {
    const { deadlines } = this.#owner.serving;
    this.#session.close();
    if (this.#streams === 0) this.deadline = deadlines.after(goodbyeMs);
  }

  onDeadline(): void {
    // It has had its time to close by itself.
    if (this.#session.closed || this.#session.destroyed) this.#accepted.socket.destroy();
    else this.drain();
  }

  onBridgeEnd(isBrokenOff: boolean): void {
    const { limits, serving } = this.#owner;
    const { deadlines } = serving;
    this.#streams--;
    if (this.#streams === 0) {
      this.deadline = deadlines.after(this.#session.closed ? goodbyeMs : limits.keepAliveMs);
    }
    if (isBrokenOff) this.#countBrokenOff();
  }

  onAnswerFailure(error: unknown): void {
    const { log } = this.#owner.serving;
    const client = this.#accepted.remoteAddress;
    if (error instanceof Error && codeOf(error) !== undefined) {
      log.warn({ client, reason: error.message }, 'an answer could not be sent over HTTP/2');
    } else {
      noteFault(log, error, { client });
    }
  }

  onFault(error: unknown): void {
    const { remoteAddress, socket } = this.#accepted;
    noteFault(this.#owner.serving.log, error, { client: remoteAddress });
    socket.destroy();
  }

  #listen(socket: Duplex): void {
    const { deadlines, log } = this.#owner.serving;
    const session = this.#session;
    session.on('stream', (stream, headers, flags, flat) => {
      stream.on('error', ignore);
      // Broken off in the same read as it came, or the session was: nothing is asked for it.
      if (stream.destroyed) {
        this.#countBrokenOff();
        return;
      }
      this.#streams++;
      this.deadline = never;
      const isEnded = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#bridge(stream, String(headers[':method']), flat, isEnded);
    });
    session.on('ping', () => this.#countAnswered());
    session.on('remoteSettings', () => this.#countAnswered());
    session.on('error', (error) => {
      const facts = { client: this.#accepted.remoteAddress, reason: error.message };
      log.info(facts, 'a client of HTTP/2 was sent away');
    });
    // TCP allows one direction to end on its own, HTTP/2 does not (RFC 9113, 9.1).
    socket.once('end', () => session.destroy());
    socket.once('close', () => {
      deadlines.remove(this);
      this.#owner.onConnectionClose(this);
    });
  }

  #bridge(
    stream: ServerHttp2Stream,
    method: string,
    flat: readonly string[],
    isEnded: boolean,
  ): void {
    const { limits, serving } = this.#owner;
    const [outer, inner] = inProcessConnection();
    const accepted: AcceptedSocket = {
      ...this.#accepted,
      socket: inner,
      protocol: 'HTTP/2.0',
      stream: { connection: this.#number, request: ++this.#requests },
    };
    let request: Http1Request;
    let refusal: HatchwayError | undefined;
    try {
      request = http1Request(flat, isEnded);
      refusal = this.#misdirection(request);
    } catch (error) {
      refusal = foreseen(error);
      request = {
        method,
        host: undefined,
        body: { kind: 'none' },
        text: '',
      };
    }
    new StreamBridge(stream, outer, request, {
      deadlines: serving.deadlines,
      lastTakeMs: limits.bodyMs,
      owner: this,
    });
    if (refusal === undefined) {
      try {
        this.#owner.serve(accepted);
      } catch (error) {
        noteFault(serving.log, error, { client: accepted.remoteAddress });
        inner.on('error', ignore).destroy();
      }
    } else {
      inner.on('error', ignore).resume();
      inner.end(this.#owner.refuse(accepted, refusal, request.method), 'latin1');
    }
  }

  #misdirection({ host }: Http1Request): HatchwayError | undefined {
    if (host === undefined || this.#owner.allows(this.#accepted, host)) return undefined;
    const message = `${host} was asked for on a connection to another site`;
    return gatewayError('HW_MISDIRECTED', message);
  }

  #countBrokenOff(): void {
    if (!this.#brokenOff.take(performance.now())) {
      this.#sendAway('too many requests were broken off');
    }
  }

  #countAnswered(): void {
    if (!this.#answeredFrames.take(performance.now())) this.#sendAway('too many PING or SETTINGS');
  }

  #sendAway(reason: string): void {
    const session = this.#session;
    if (session.destroyed) return;
    this.deadline = this.#owner.serving.deadlines.after(goodbyeMs);
    // Logged as every other error of the session.
    session.destroy(new Error(reason), NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

function openSession(socket: Duplex, limits: Limits): ServerHttp2Session {
  const session = performServerHandshake(socket, {
    // Twice what a head may have, because cookies come in crumbs; the reader of heads counts what they make together.
    maxHeaderListPairs: 2 * limits.headFields,
    maxSessionInvalidFrames: maxInvalidFrames,
    strictSingleValueFields: false,
    // Seen here, a value with blanks around it makes the request malformed; Node would only leave it out.
    strictFieldWhitespaceValidation: false,
    settings: {
      enableConnectProtocol: true,
      initialWindowSize: streamWindowBytes,
      maxConcurrentStreams: maxStreams,
      maxHeaderListSize: 2 * (limits.headBytes + fieldOverheadBytes * limits.headFields),
    },
  });
  session.setLocalWindowSize(sessionWindowBytes);
  return session;
}

function ignore(): void {}
