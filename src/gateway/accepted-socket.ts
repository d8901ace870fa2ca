/** A client's connection as the listener hands it over, and what is known of it before it says anything. */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

export type AcceptedSocket = {
  /** After TLS, where there is TLS; for HTTP/2 one stream of it, as HTTP/1.1. */
  readonly socket: Duplex;
  /** Of the peer: `192.0.2.1`, `2001:db8::1`, or `unix:`. */
  readonly remoteAddress: string;
  /** Undefined for Unix sockets. */
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly secure: boolean;
  /** Whether this is plain HTTP at an address that speaks TLS: its requests are only told so. Default: it is not. */
  readonly isPlainToTls?: boolean | undefined;
  /** What the peer's PROXY protocol header says of the connection it speaks for. */
  readonly proxyProtocol?: ProxyProtocolFacts | undefined;
  /** Asked for the client's certificate, cipher and name (SNI). Undefined without TLS. */
  readonly tls?: TLSSocket | undefined;
  /** What the client speaks when it is not what arrives here: `HTTP/2.0`. */
  readonly protocol?: 'HTTP/2.0' | undefined;
  /** Of a stream of HTTP/2: which request of which connection it is. */
  readonly stream?: StreamPlace | undefined;
};

/** `connection` is a number of `nextConnectionNumber`, `request` begins with 1. */
export type StreamPlace = { readonly connection: number; readonly request: number };

/** Undefined where the header says UNKNOWN or LOCAL. */
export type ProxyProtocolFacts = {
  readonly sourceAddress: string | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationAddress: string | undefined;
  readonly destinationPort: number | undefined;
};
