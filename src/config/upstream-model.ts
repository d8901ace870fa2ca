/** The model of an upstream: its servers, how one is chosen, how connections to it are made, kept and given up. */
import type { CertificateModel } from './model.ts';
import type { Template } from './rule-model.ts';
import type { TlsDetailsModel } from './tls-model.ts';

export type UpstreamModel = {
  /** For logs and messages: the URL as the configuration has it. */
  readonly name: string;
  /** At least one. */
  readonly servers: readonly UpstreamServerModel[];
  /** Present for https upstreams. */
  readonly tls?: UpstreamTlsModel;
  readonly timeouts: UpstreamTimeouts;
  /** Default round robin by weight. */
  readonly balance?: BalanceModel;
  /** Default: every request is for the server that `balance` chooses. Wins over it when the client has an answer. */
  readonly sticky?: StickyModel;
  readonly keepAlive?: KeepAliveModel;
  /** Asks servers by itself whether they are up. Default: only what requests show. */
  readonly health?: HealthModel;
  /** Authority for Host, Origin and `$proxy_host`: `portainer.internal:9443`. Default: from `name`. */
  readonly authority?: string;
  /** Whether the kernel asks silent servers if they are there. Default true. */
  readonly tcpKeepAlive?: boolean;
  /** Name servers, `host:port`. Default: as the system resolves names. */
  readonly resolver?: ResolverModel;
};

/** One whose URL is computed a request. */
export type DynamicUpstreamModel = {
  /** `http://…`, `https://…`, with or without URI, as nginx's proxy_pass with variables. */
  readonly url: Template;
  /** Looked up by the URL's host before it is resolved. */
  readonly groups: Readonly<Record<string, UpstreamModel>>;
  /** Used when the URL is https; a missing server name is the URL's host. */
  readonly tls: Omit<UpstreamTlsModel, 'serverName'> & { readonly serverName?: string };
  readonly timeouts: UpstreamTimeouts;
  /** Takes the place of the server name, computed a request; empty: no name is sent, and no certificate is for it. Default: none. */
  readonly serverName?: Template;
  /** Default: as the system resolves names. */
  readonly resolver?: ResolverModel;
};

export type ResolverModel = {
  readonly servers: readonly string[];
  /** The one kind of addresses that is asked for. Default: both. */
  readonly only?: 'ipv4' | 'ipv6';
  /** Wins over the time to live of answers. Default: that of the answers. */
  readonly validMs?: number;
  /** Default 30 s. */
  readonly timeoutMs?: number;
};

export type UpstreamServerModel = (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  /** A server inside this process: the console. `name` is the key under which the gateway was given it. */
  | { readonly kind: 'in-process'; readonly name: string }
) &
  ServerOptions;

export type ServerOptions = {
  /** Share of requests against the others'. At least 1. Default 1. */
  readonly weight?: number;
  /** Failures within `failTimeoutMs` after which it is left alone for as long; 0: never. Default 1. */
  readonly maxFails?: number;
  /** Default 10 s. */
  readonly failTimeoutMs?: number;
  /** Connections under way at most; 0: no limit. Default 0. */
  readonly maxConnections?: number;
  /** Whether it is only used when no other server is available. Default false. */
  readonly backup?: boolean;
  /** Whether it gets no requests, and keeps its place among the others. Default false. */
  readonly down?: boolean;
  /** What sticky cookies and routes call it. Default: a digest of its address. */
  readonly route?: string;
  /** Whether the addresses of its name are looked up again, and each is a server. Default true. */
  readonly resolve?: boolean;
};

export type BalanceModel =
  | { readonly kind: 'round_robin' }
  | { readonly kind: 'least_conn' }
  /** By the client's address, with nginx's numbers. */
  | { readonly kind: 'ip_hash' }
  | { readonly kind: 'hash'; readonly key: Template; readonly consistent: boolean }
  /** `two`: the one of two random servers that has fewer requests under way. */
  | { readonly kind: 'random'; readonly two: boolean };

export type StickyModel =
  /** The gateway gives the client a cookie that names its server. */
  | {
      readonly kind: 'cookie';
      readonly name: string;
      /** Default: until the browser ends. */
      readonly expiresMs?: number | 'max';
      readonly domain?: Template;
      /** Default `/`. */
      readonly path?: Template;
      readonly httpOnly?: boolean;
      readonly secure?: boolean;
      readonly sameSite?: 'strict' | 'lax' | 'none';
    }
  /** The first value that is not empty names the `route` of a server. */
  | { readonly kind: 'route'; readonly values: readonly Template[] }
  /** The server that answered with `create` gets the requests with the same `lookup`. */
  | {
      readonly kind: 'learn';
      readonly create: readonly Template[];
      readonly lookup: readonly Template[];
      /** Without a request. Default 10 min. */
      readonly timeoutMs?: number;
      /** Remembered at most; the one that was not used for longest goes first. Default 16,384. */
      readonly sessions?: number;
    };

export type KeepAliveModel = {
  /** Idle connections kept a server; 0: none. Default 256. */
  readonly connections?: number;
  /** Default 60 s. */
  readonly idleMs?: number;
  /** Requests on one connection. Default: no limit. */
  readonly requests?: number;
  /** Age of a connection that is used again. Default 1 h. */
  readonly ageMs?: number;
};

export type HealthModel = {
  /** `http`: a GET answered with one of `statuses`; `websocket`: a handshake answered with a valid 101; `tcp`: a connection. */
  readonly kind: 'http' | 'tcp' | 'websocket';
  /** Default `/`. */
  readonly path?: string;
  /** Host of the request. Default: the upstream's authority. */
  readonly host?: string;
  /** First and last. Default 200 to 399. */
  readonly statuses?: readonly [number, number];
  /** Between two checks. Default 5 s. */
  readonly intervalMs?: number;
  /** For one check. Default 5 s. */
  readonly timeoutMs?: number;
  /** Failed checks in a row that take a server out. Default 1. */
  readonly fails?: number;
  /** Passed checks in a row that bring it back. Default 1. */
  readonly passes?: number;
};

export type UpstreamTlsModel = TlsDetailsModel & {
  /** Whether the certificate must be valid for `serverName`. Default true. */
  readonly verify: boolean;
  /** PEM file of the authorities to trust instead of the system's. */
  readonly caPath?: string;
  /** Authorities between its certificate and one of `caPath` that vouches for itself, at most. Default: as many as there are. */
  readonly depth?: number;
  /** PEM file of what the authorities have revoked, with a list of each of them. Default: nothing is revoked. */
  readonly crlPath?: string;
  /** Name sent as SNI and checked in the certificate. Default: the URL's host. */
  readonly serverName: string;
  /** Whether `serverName` is sent as SNI. Default true; nginx's default is not to. */
  readonly sni?: boolean;
  /** What the gateway shows when the upstream asks for a certificate. Default: none. */
  readonly certificate?: CertificateModel;
  /** Default TLS 1.2. */
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Default TLS 1.3. */
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string;
};

export type UpstreamTimeouts = {
  /** Until the connection (and TLS) is up. Default 60 s, as nginx. */
  readonly connectMs: number;
  /** Between two reads of a response. Default 60 s, as nginx; none (the console's route) is Infinity. Not used in tunnels. */
  readonly readMs: number;
  /** Between two successful writes of a request. Default 60 s, as nginx. */
  readonly sendMs: number;
};
