/**
 * One client's connection while it speaks HTTP/1: finds request after request in its bytes, answers one at a time, and
 * ends in time. What becomes of a request is the exchange's business.
 *
 *   head ──▶ exchange ──▶ head …            keep-alive, pipelined requests wait in `held`
 *     │          ├──────▶ tunnel            the sockets go to a `Tunnel`, and this is forgotten
 *     └──────────┴──────▶ closing           answer sent, what still comes is thrown away
 */
import type { Duplex } from 'node:stream';
import { type RequestHead, RequestHeadReader } from '../http1/head.ts';
import type { AcceptedSocket } from './accepted-socket.ts';
import { nextConnectionNumber } from './connection-number.ts';
import { reset } from './cut.ts';
import { type Deadlined, never } from './deadlines.ts';
import { gatewayError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { foreseen, noteFault } from './fault.ts';
import type { KeptLines } from './forwarded-lines.ts';
import { giveBack } from './read-memory.ts';
import { chooseSite } from './route-choice.ts';
import {
  type ClientHome,
  type ListenerSites,
  latestHome,
  type Serving,
  type Site,
} from './serving.ts';
import { own, type SocketOwner } from './socket-owner.ts';
import { refuseUnread } from './unread-request.ts';

/** Bytes that may come behind a request before it is answered; a client that sends more is not read from. */
const heldBytes = 64 * 1024;

/**
 * How long a closing connection waits for the client's end, in milliseconds; nginx's `lingering_timeout`. Closing at
 * once while the client still sends makes the kernel send a reset, which can overtake the answer.
 */
const lingerMs = 5000;

/** How long a client that has just connected may take to ask when no more requests are wanted, in milliseconds. */
const firstRequestMs = 300;

/** The first byte of a TLS handshake, which comes to a plain port when somebody types https://. */
const tlsHandshakeByte = 0x16;

export class ClientConnection implements SocketOwner, Deadlined {
  readonly socket: Duplex;
  readonly accepted: AcceptedSocket;
  /** For logs: that of the connection which a stream of HTTP/2 belongs to. */
  readonly number: number;
  /** Requests so far. */
  requests = 0;
  readonly remoteAddress: string;
  readonly secure: boolean;
  deadline = never;
  /** What came behind the request that is being answered. */
  held: Buffer | undefined;
  /** The client has said that it sends no more. Only a request to upgrade survives that. */
  ended = false;
  /** What upstreams were last told of it; a WeakMap would make that a tenth of the price of a short connection. */
  keptLines: KeptLines | undefined;

  #home: ClientHome;
  #reader: RequestHeadReader;
  /** Of the last request, and what it was for. */
  #host: string | undefined;
  #site: Site | undefined;
  #exchange: Exchange | undefined;
  #closing = false;
  /** Whether requests are being taken from `held`, so that one that ends at once does not start the next one inside. */
  #taking = false;

  constructor(accepted: AcceptedSocket, home: ClientHome) {
    const { sites, serving } = home;
    this.socket = accepted.socket;
    this.accepted = accepted;
    this.number = accepted.stream?.connection ?? nextConnectionNumber();
    this.remoteAddress = accepted.remoteAddress;
    this.secure = accepted.secure;
    this.#home = home;
    // Until a head has said which site it is for.
    const { limits } = sites.defaultSite;
    this.#reader = new RequestHeadReader(limits);
    serving.clients.add(this);
    serving.deadlines.add(this);
    this.deadline = serving.deadlines.after(limits.headMs);
    own(this.socket, this);
  }

  onData(chunk: Buffer): void {
    if (this.#exchange !== undefined) this.#exchange.onClientData(chunk);
    else if (this.#closing) return;
    else if (this.held === undefined) this.#read(chunk);
    else this.hold(chunk);
  }

  onDrain(): void {
    if (this.#exchange !== undefined) this.#exchange.onClientDrain();
    else this.#next();
  }

  onEnd(): void {
    this.ended = true;
    if (this.#exchange !== undefined) this.#exchange.onClientEnd();
    else if (!this.#closing) this.close();
  }

  onClose(): void {
    this.#forget();
    this.#closing = true;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onClientGone();
  }

  onDeadline(): void {
    if (this.#exchange !== undefined) this.#exchange.onClientDeadline();
    // Idle, or it has had its time to take the last answer.
    else if (this.#closing || this.#reader.idle) this.socket.destroy();
    else this.#refuse(gatewayError('HW_REQUEST_TIMEOUT', 'a request head did not arrive in time'));
  }

  onFault(error: unknown): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      exchange.fail(error);
      return;
    }
    noteFault(this.serving.log, error, { client: this.remoteAddress });
    this.cut();
  }

  get serving(): Serving {
    return this.#home.serving;
  }

  get sites(): ListenerSites {
    return this.#home.sites;
  }

  /** Whether the request that is being answered is its last one. */
  get draining(): boolean {
    const { serving, successor } = this.#home;
    return serving.draining && successor === undefined;
  }

  /** The site that a request of this client is for. */
  siteOf(head: RequestHead): Site {
    const { host } = head;
    // Nearly every request of a connection has the host of the one before.
    if (this.#site === undefined || host !== this.#host) {
      this.#site = chooseSite(this.sites, head);
      this.#host = host;
    }
    return this.#site;
  }

  /** Keeps bytes that are not the exchange's; the next request, or what a tunnel begins with. */
  hold(bytes: Buffer): void {
    this.held = this.held === undefined ? bytes : Buffer.concat([this.held, bytes]);
    if (this.held.length > heldBytes) this.socket.pause();
  }

  /** The exchange is over and its answer written to its end. */
  exchangeDone(keepAlive: boolean): void {
    this.#exchange = undefined;
    const goesOn = keepAlive && !this.draining;
    if (this.#home.successor !== undefined) this.#moveTo(latestHome(this.#home));
    if (goesOn) this.#next();
    else this.close();
  }

  /** Ends the connection after what has been written; what still comes is thrown away. */
  close(): void {
    this.#exchange = undefined;
    this.#closing = true;
    this.held = undefined;
    if (this.socket.destroyed) return;
    const { deadlines, limits } = this.serving;
    // As long as the answer itself is being taken the limit is that of a slow reader.
    this.deadline = deadlines.after(Math.max(limits.bodyMs, lingerMs));
    this.socket.end(() => {
      this.deadline = deadlines.after(lingerMs);
    });
    this.socket.resume();
  }

  /** Ends the connection so that an unfinished answer is seen as such, even one that lasts until the close. */
  cut(): void {
    this.#exchange = undefined;
    this.#closing = true;
    reset(this.socket);
  }

  /** Ends the connection if it is still for this exchange, of which nothing more can come. */
  cutFor(exchange: Exchange): void {
    if (exchange === this.#exchange) this.cut();
  }

  /** The socket is a tunnel's from now on. */
  release(): void {
    this.#exchange = undefined;
    this.#forget();
  }

  /**
   * Its configuration is no longer served: it moves to the next one, or ends if there is no place for it. What is idle does so
   * now, what is busy after its answer.
   */
  retire(): void {
    if (this.#exchange !== undefined || this.#closing) return;
    if (this.#home.successor !== undefined) this.#moveTo(latestHome(this.#home));
    else if (!this.#reader.idle) return;
    // Its first request is probably on its way, and would be answered with a reset.
    else if (this.requests === 0) this.deadline = this.serving.deadlines.after(firstRequestMs);
    else if (this.socket.writableLength === 0) this.socket.destroy();
    else this.close();
  }

  #moveTo(home: ClientHome): void {
    this.serving.clients.delete(this);
    this.#home = home;
    this.serving.clients.add(this);
    this.#site = undefined;
    // What has come of a head is read to its end.
    if (this.#reader.idle) this.#reader = new RequestHeadReader(this.sites.defaultSite.limits);
  }

  #forget(): void {
    this.serving.clients.delete(this);
    this.serving.deadlines.remove(this);
  }

  /** Goes on with the next request, once the client has taken the last answer. */
  #next(): void {
    if (this.#taking || this.#closing) return;
    this.#taking = true;
    while (this.held !== undefined && this.#exchange === undefined && !this.#closing) {
      if (this.socket.writableNeedDrain) break;
      const bytes = this.held;
      this.held = undefined;
      this.#read(bytes);
    }
    this.#taking = false;
    if (this.#exchange !== undefined || this.#closing) return;
    const { deadlines, limits } = this.serving;
    if (this.held !== undefined) {
      // It asks on and takes no answer: as little time for it as for a body that is not taken.
      this.deadline = deadlines.after(limits.bodyMs);
      return;
    }
    const { keepAliveMs } = this.#site?.limits ?? limits;
    if (this.#reader.idle) this.deadline = deadlines.after(keepAliveMs);
    if (this.socket.isPaused()) this.socket.resume();
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader;
    const fresh = reader.idle;
    let head: ReturnType<RequestHeadReader['push']>;
    try {
      head = reader.push(bytes);
    } catch (error) {
      this.#refuse(error, bytes);
      return;
    }
    if (head === undefined) {
      const { limits } = this.sites.defaultSite;
      if (fresh) this.deadline = this.serving.deadlines.after(limits.headMs);
      return;
    }
    if (reader.rest.length === 0) giveBack(bytes);
    this.deadline = never;
    this.requests++;
    let exchange: Exchange;
    try {
      exchange = new Exchange(this, head);
    } catch (error) {
      this.#refuse(error, bytes);
      return;
    }
    this.#exchange = exchange;
    exchange.start(reader.rest);
  }

  /** Answers what is no request, and closes: where the next one would begin is not known. */
  #refuse(error: unknown, bytes?: Buffer): void {
    if (bytes?.[0] === tlsHandshakeByte) {
      const client = this.remoteAddress;
      this.serving.log.info({ client }, 'a TLS handshake came to a port that speaks plain HTTP');
      this.socket.destroy();
      return;
    }
    const answer = refuseUnread(foreseen(error), this.accepted, this.sites, this.serving);
    this.socket.write(answer.text, 'latin1');
    this.close();
  }
}
