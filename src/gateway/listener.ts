/**
 * One address that clients connect to: accepts, counts, refuses above the limit, does TLS, and hands over sockets
 * that are ready for a request. Knows nothing of HTTP but two answers to clients that cannot be served.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { codeOf, type HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ListenAddress } from '../config/model.ts';
import { formatListenAddress } from '../config/values/listen-address.ts';
import type { AcceptedSocket, ProxyProtocolFacts } from './accepted-socket.ts';
import type { Totals } from './admin/totals.ts';
import { addressName, bind } from './bind.ts';
import { awaitProxyHeader, type ProxyHeaderUser } from './client-address/proxy-header.ts';
import type { TrustedProxies } from './client-address/trusted-proxies.ts';
import { CountedSockets } from './counted-sockets.ts';
import { Descriptors } from './descriptors.ts';
import { errorAnswer, newRequestId } from './error-answer.ts';
import { gatewayError, gatewayErrors } from './errors.ts';
import { noteFault } from './fault.ts';
import type { AddressCounts } from './rate/address-counts.ts';
import type { SocketCounts } from './socket-counts.ts';
import { presetAccepted, serverOptions, setAccepted } from './socket-options.ts';
import type { SparseLog } from './sparse-log.ts';

export type ListenerOptions = {
  readonly address: ListenAddress;
  /** Whether `::` leaves IPv4 alone. Default: it takes both. */
  readonly ipv6Only?: boolean | undefined;
  /** Whether other processes may listen on the same port. Default: they may not. */
  readonly reusePort?: boolean | undefined;
  /** Present for TLS; from `listenerTls`. */
  readonly tls: TlsOptions | undefined;
  /** How long a TLS client may be silent before its first byte, and a PROXY protocol header may take, in milliseconds. */
  readonly firstByteMs: number;
  /** Whether each connection begins with a PROXY protocol header. Default false. */
  readonly proxyProtocol?: boolean | undefined;
  /** Whose connections are not their own. Default: nobody's. */
  readonly trust?: TrustedProxies | undefined;
  /** Kept up to date by all listeners. Default: no limit for one address. */
  readonly addressCounts?: AddressCounts | undefined;
  /** Client sockets of all listeners together. */
  readonly maxConnections: number;
  /** Kept up to date by all listeners. */
  readonly counts: SocketCounts;
  /** What is counted since the start. Default: nobody counts. */
  readonly totals?: Totals | undefined;
  readonly log: Log;
  /** For connections above the limits. */
  readonly refusals: SparseLog;
  readonly onSocket: (accepted: AcceptedSocket) => void;
};

/** How long clients that connect while a listener closes are accepted, in milliseconds; it takes far less unless they never end. */
const acceptRestMs = 250;

/** Clients that the kernel lets wait until they are accepted: what Node asks for unless it is told otherwise, and one more. */
const backlog = 512;

type LocalAddress = { readonly localAddress: string; readonly localPort: number };

/** Hosts that stand for all addresses of the machine. */
const everyAddress: readonly string[] = ['0.0.0.0', '::'];

/** The first byte of a TLS connection: a record of type handshake (RFC 8446, 5.1). */
const tlsHandshakeByte = 0x16;

export class Listener implements ProxyHeaderUser {
  readonly #options: ListenerOptions;
  #server: Server;
  /** All sockets it has accepted and that are still open; with TLS, those underneath. */
  readonly #sockets: CountedSockets;
  /** What those of them that began with a PROXY protocol header said in it. */
  readonly #proxyFacts = new WeakMap<Socket, ProxyProtocolFacts>();
  readonly #descriptors = new Descriptors();
  /** Of all sockets accepted here; undefined where each has to be asked. */
  #local: LocalAddress | undefined;
  /** How many sockets may still come that do not have their options from the listening one. */
  #unset = Number.POSITIVE_INFINITY;
  /** By address: listeners whose clients come to this one, which listens on every address of the machine. */
  readonly #nearer = new Map<string, Listener>();
  #accepted = 0;
  #closed: Promise<void> | undefined;
  /** Whether the last connection had to be refused for want of descriptors: it is said once. */
  #isShort = false;
  /** Never listens: it is given sockets whose first byte shows that they speak TLS. */
  readonly #tlsServer: ReturnType<typeof createTlsServer> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#sockets = new CountedSockets(options.counts, 'clients');
    this.#server = createServer(serverOptions, (socket) => this.#accept(socket));
    if (options.tls !== undefined) {
      this.#tlsServer = createTlsServer(options.tls, (socket) => {
        socket.allowHalfOpen = true;
        this.#handOver(socket, socket, underneath(socket));
      });
      this.#tlsServer.on('tlsClientError', (error, socket) => {
        options.totals?.tlsHandshakeFailed();
        options.log.info(
          { client: socket.remoteAddress, reason: error.message },
          'TLS handshake with a client failed',
        );
        // When time is up Node only says so.
        socket.destroy();
      });
    }
  }

  /** Whether a socket that was accepted here is still open. */
  get hasSockets(): boolean {
    return this.#sockets.size > 0;
  }

  /** As the model has it. */
  get address(): ListenAddress {
    return this.#options.address;
  }

  /** From now on clients that connect to the other one's address are its own, though they come here. */
  handOverTo(nearer: Listener): void {
    const { address } = nearer;
    if (address.kind === 'tcp') this.#nearer.set(address.host, nearer);
  }

  /** The address in fact listened on, port 0 resolved. Rejects with `HW_LISTEN_…` saying which address and why. */
  async listen(): Promise<ListenAddress> {
    const { address, ipv6Only, reusePort } = this.#options;
    this.#closed = undefined;
    this.#server.off('error', this.#onAcceptError);
    const bound = await bind(this.#server, address, { ipv6Only, reusePort });
    this.#learn();
    // From here on it is about single connections (out of file descriptors, for one), not about the address.
    this.#server.on('error', this.#onAcceptError);
    return bound;
  }

  readonly #onAcceptError = (error: Error) => {
    const { address, log } = this.#options;
    log.warn({ address: addressName(address), reason: error.message }, 'accepting failed');
  };

  /** Whether it listens itself, rather than being given clients by another one. */
  get isBound(): boolean {
    return this.#server.listening;
  }

  /**
   * Goes on listening where another one does, which accepts nothing more: no client is refused in between. What that one has
   * accepted stays with it. Returns the address in fact listened on.
   */
  takeOver(other: Listener): ListenAddress {
    const server = other.#server;
    // What it closes from now on is nobody's.
    other.#server = createServer();
    server.removeAllListeners('connection');
    server.on('connection', (socket) => this.#accept(socket));
    this.#server = server;
    this.#learn();
    const { address } = this.#options;
    const bound = server.address();
    return address.kind === 'tcp' && typeof bound === 'object' && bound !== null
      ? { ...address, port: bound.port }
      : address;
  }

  /** Whether another one may take its place, since the kernel's part of the address is the same. */
  isLike(other: Listener): boolean {
    const [own, others] = [this.#options, other.#options];
    return (
      formatListenAddress(own.address) === formatListenAddress(others.address) &&
      (own.ipv6Only ?? false) === (others.ipv6Only ?? false) &&
      (own.reusePort ?? false) === (others.reusePort ?? false)
    );
  }

  /** Whether it keeps another one from listening, as 127.0.0.1:80 does 0.0.0.0:80, though the two are not alike. */
  isInTheWayOf(other: Listener): boolean {
    const [own, others] = [this.#options.address, other.#options.address];
    if (own.kind === 'unix' || others.kind === 'unix') {
      return formatListenAddress(own) === formatListenAddress(others);
    }
    const hosts = [own.host, others.host];
    const meet = own.host === others.host || hosts.some((host) => everyAddress.includes(host));
    return own.port === others.port && own.port !== 0 && meet;
  }

  /**
   * Accepts nothing more; open sockets stay. Resolves when whoever has connected until then is accepted: the kernel resets those
   * that are left in its queue, though another process may listen on the same port. `listen` may follow.
   */
  close(): Promise<void> {
    this.#closed ??= this.#server.listening ? this.#acceptRestAndClose() : Promise.resolve();
    return this.#closed;
  }

  async #acceptRestAndClose(): Promise<void> {
    const until = performance.now() + acceptRestMs;
    let accepted: number;
    // One is accepted in a turn of the event loop. A turn in which none was has found the queue empty a moment ago.
    do {
      await turn();
      accepted = this.#accepted;
      await turn();
    } while (accepted !== this.#accepted && performance.now() < until);
    this.closeNow();
  }

  /** As `close`, but who is in the kernel's queue is reset. */
  closeNow(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Closes every socket that was accepted here, tunnels included. */
  destroy(): void {
    this.#sockets.destroy();
  }

  /** What holds for every socket that comes from the server it has now. */
  #learn(): void {
    const bound = this.#server.address();
    // Who came before is in the kernel's queue, and comes first.
    this.#unset = presetAccepted(this.#server) ? backlog : Number.POSITIVE_INFINITY;
    this.#local =
      typeof bound === 'object' && bound !== null && !everyAddress.includes(bound.address)
        ? { localAddress: bound.address, localPort: bound.port }
        : undefined;
  }

  /** The listener whose address the client has connected to, if that is another one. */
  #nearerFor(socket: Socket): Listener | undefined {
    if (this.#nearer.size === 0) return undefined;
    return this.#nearer.get(withoutMapping(socket.localAddress ?? ''));
  }

  #accept(socket: Socket): void {
    this.#accepted++;
    if (this.#unset > 0) {
      this.#unset--;
      setAccepted(socket);
    }
    try {
      const listener = this.#nearerFor(socket) ?? this;
      listener.#take(socket);
    } catch (error) {
      noteFault(this.#options.log, error, { client: socket.remoteAddress });
      socket.on('error', ignore).destroy();
    }
  }

  #take(socket: Socket): void {
    const { counts, maxConnections, log, refusals, totals } = this.#options;
    totals?.connectionAccepted();
    this.#sockets.add(socket);
    const shortage = this.#descriptors.shortageFor(socket);
    if (counts.clients > maxConnections) {
      const facts = { client: socket.remoteAddress, maxConnections };
      refusals.write('HW_TOO_MANY_CONNECTIONS', 'warn', facts, 'too many client connections');
      totals?.failed('HW_TOO_MANY_CONNECTIONS');
      // A handshake only to say so is what there is no room for.
      if (this.#tlsServer !== undefined) socket.on('error', ignore).destroy();
      else this.#refuse(socket, gatewayError('HW_TOO_MANY_CONNECTIONS', 'at the limit'));
    } else if (shortage !== 'none') {
      if (!this.#isShort) {
        const { remedy } = gatewayErrors.HW_OUT_OF_DESCRIPTORS;
        const message =
          'this process is nearly out of file descriptors: new connections are refused';
        log.error({ clients: counts.clients, remedy }, message);
      }
      this.#isShort = true;
      const isSilent = this.#tlsServer !== undefined || shortage === 'severe';
      if (isSilent) socket.on('error', ignore).destroy();
      else this.#refuse(socket, gatewayError('HW_OUT_OF_DESCRIPTORS', 'at the limit'));
    } else if (this.#options.proxyProtocol === true) {
      awaitProxyHeader(socket, this.#options.firstByteMs, this);
    } else {
      this.#admit(socket);
    }
  }

  onProxyHeader(socket: Socket, facts: ProxyProtocolFacts): void {
    this.#proxyFacts.set(socket, facts);
    this.#admit(socket);
  }

  onProxyHeaderFailure(socket: Socket, error: Error): void {
    const facts = { client: socket.remoteAddress, code: codeOf(error), reason: error.message };
    this.#options.log.warn(facts, 'a connection without PROXY protocol header was closed');
    this.#options.totals?.failed('HW_PROXY_PROTOCOL');
  }

  /** It is known whose connection it is. */
  #admit(socket: Socket): void {
    this.#isShort = false;
    const { addressCounts, trust, refusals, totals } = this.#options;
    if (addressCounts !== undefined) {
      const peer = this.#peerOf(socket, socket);
      const address = trust === undefined ? peer.remoteAddress : trust.connectionAddress(peer);
      if (address !== undefined && !addressCounts.acquire(address)) {
        const message = 'too many connections from one address';
        refusals.write('HW_TOO_MANY_FROM_ADDRESS', 'warn', { client: address }, message);
        totals?.failed('HW_TOO_MANY_FROM_ADDRESS');
        const error = gatewayError('HW_TOO_MANY_FROM_ADDRESS', `${address} is at the limit`);
        if (this.#tlsServer !== undefined) socket.on('error', ignore).destroy();
        else this.#refuse(socket, error);
        return;
      }
      if (address !== undefined) socket.once('close', () => addressCounts.release(address));
    }
    if (this.#tlsServer === undefined) this.#handOver(socket, socket, socket);
    else this.#awaitHandshake(socket, this.#tlsServer);
  }

  /**
   * @param from the socket that knows the addresses
   * @param accepted the socket that was accepted
   */
  #handOver(socket: Duplex, from: Socket, accepted: Socket, isPlainToTls = false): void {
    if (this.#options.address.kind !== 'unix' && from.remoteAddress === undefined) {
      // It has gone already.
      socket.on('error', ignore).destroy();
      return;
    }
    try {
      this.#options.onSocket({
        ...this.#peerOf(from, accepted),
        socket,
        secure: this.#tlsServer !== undefined && !isPlainToTls,
        isPlainToTls,
        tls: from instanceof TLSSocket ? from : undefined,
      });
    } catch (error) {
      noteFault(this.#options.log, error, { client: from.remoteAddress });
      socket.on('error', ignore).destroy();
    }
  }

  #peerOf(from: Socket, accepted: Socket): Omit<AcceptedSocket, 'socket' | 'secure'> {
    const unix = this.#options.address.kind === 'unix';
    const { remoteAddress, remotePort } = from;
    const { localAddress, localPort } = this.#local ?? from;
    return {
      remoteAddress: unix ? 'unix:' : withoutMapping(remoteAddress ?? ''),
      remotePort,
      localAddress: unix ? 'unix:' : withoutMapping(localAddress ?? ''),
      localPort,
      proxyProtocol: this.#proxyFacts.get(accepted),
    };
  }

  /** Looks at the first byte: people type http:// before the port of https, and deserve a sentence. */
  #awaitHandshake(socket: Socket, tlsServer: ReturnType<typeof createTlsServer>): void {
    socket.on('error', ignore);
    socket.setTimeout(this.#options.firstByteMs, () => socket.destroy());
    socket.once('end', () => socket.destroy());
    socket.once('data', (chunk: Buffer) => {
      socket.setTimeout(0).removeAllListeners('timeout').removeAllListeners('end');
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === tlsHandshakeByte) {
        // Until the handshake is over TLS has it from here: who ends their side within that has gone.
        socket.allowHalfOpen = false;
        tlsServer.emit('connection', socket);
      } else {
        this.#handOver(socket, socket, socket, true);
        socket.resume();
      }
    });
  }

  /** A sentence for a client that will not be served. */
  #refuse(socket: Socket, error: HatchwayError): void {
    socket.on('error', ignore);
    socket.end(errorAnswer(error, { requestId: newRequestId() }).text);
    // Reading what it still sends keeps the kernel from answering with a reset that would overtake the sentence.
    socket.resume();
    socket.setTimeout(refusedLingerMs, () => socket.destroy());
  }
}

/** Resolves after the event loop has looked for new connections. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The socket that was accepted and that TLS is spoken on. Node says it nowhere else; without it, the two can only be
 * told to belong together by their addresses, and Unix sockets have none.
 */
function underneath(socket: TLSSocket): Socket {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent ?? socket;
}

/** An IPv4 address on a socket of both families. */
function withoutMapping(address: string): string {
  if (!address.startsWith('::')) return address;
  return address.replace(/^::ffff:(?=[\d.]+$)/, '');
}

/** How long a refused client may take to read why, in milliseconds. */
const refusedLingerMs = 2000;

function ignore(): void {}
