/**
 * The gateway's model: what every kind of configuration (hatchway.yaml, later nginx.conf) compiles to, and all that
 * `gateway/` knows of configuration. Plain data: it can be compared, printed and made by hand in a test.
 *
 * Certificates and log files are named here by path and opened by the gateway, so that they can change under it.
 */

import type { FilesModel } from './files-model.ts';
import type { ConnectionZoneModel, RequestZoneModel } from './limit-model.ts';
import type { OwnRedirectsModel, ResponseModel, RouteModel } from './route-model.ts';
import type { RuleModel, Template } from './rule-model.ts';
import type { TlsDetailsModel } from './tls-model.ts';

/** All listeners of one process. */
export type GatewayModel = {
  readonly listeners: readonly ListenerModel[];
  readonly limits: Limits;
  /** Variables whose value is looked up by another value, for the templates of all sites. Default: none. */
  readonly maps?: readonly MapModel[];
  /** What the limits of routes are counted in, each name once. Default: none. */
  readonly requestZones?: readonly RequestZoneModel[];
  readonly connectionZones?: readonly ConnectionZoneModel[];
  /** Where metrics, health and status are served, apart from all sites. Default: nowhere. */
  readonly admin?: {
    readonly address: ListenAddress;
    /** Names under which it may be asked, besides `localhost` and addresses. Default: the host of `address`. */
    readonly hosts?: readonly string[];
  };
  /** How long requests and tunnels under way may go on when the gateway ends. Default 5 s. */
  readonly drainMs?: number;
};

/**
 * One address and the sites behind it. Two listeners never have the same address; of two of which one is every address of the
 * machine and the other one of them, the second has the clients that come to its address.
 */
export type ListenerModel = {
  readonly address: ListenAddress;
  /** Whether `::` leaves IPv4 alone, as in nginx. Default: it takes both. */
  readonly ipv6Only?: boolean;
  /** TLS is a matter of the address: every site of a TLS listener has a certificate, no site of another has one. */
  readonly tls: boolean;
  /** Whether browsers are offered HTTP/2 by ALPN. Only with `tls`. Default false. */
  readonly http2?: boolean;
  /** Whether each connection begins with a PROXY protocol header, version 1 or 2; one without it is closed. Default false. */
  readonly proxyProtocol?: boolean;
  /** Whether other processes may listen on the same address at the same time (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /** In the order of the configuration: the first one with a matching regex wins, see `gateway/sites.ts`. */
  readonly sites: readonly SiteModel[];
  /** Serves requests whose host no site names; also the certificate for a client that names no host. */
  readonly defaultSite: SiteModel;
};

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type SiteModel = {
  /** For logs and messages: the first host as the configuration has it. */
  readonly name: string;
  /** Empty for a site that only serves hosts that no other one names. */
  readonly hosts: readonly HostPattern[];
  readonly certificate?: CertificateModel;
  /** Of another kind of key (ECDSA beside RSA); the client's ciphers choose. Default: none. */
  readonly moreCertificates?: readonly CertificateModel[];
  /** Present for a site whose TLS is not the default one. */
  readonly tls?: SiteTlsModel;
  /** Run before a route is chosen, in order. Default: none. */
  readonly rules?: readonly RuleModel[];
  readonly routes: readonly RouteModel[];
  /** What its rules mean by the names of files, before a route is chosen. Default: nothing. */
  readonly files?: FilesModel;
  /** For what the site's rules answer, and what no route has. Default: as it comes. */
  readonly response?: ResponseModel;
  /** Reached from inside only (error pages, authentication), by name. Default: none. */
  readonly namedRoutes?: Readonly<Record<string, RouteModel>>;
  /** Whose word on the client's address is taken. Default: nobody's. */
  readonly trust?: TrustModel;
  /** Whether `//` in a path is one slash when a route is chosen. Default true. */
  readonly mergeSlashes?: boolean;
  /** Whether redirects to a path of the gateway's own name scheme, host and port, as nginx's. Default false. */
  readonly absoluteRedirects?: boolean;
  /** The same in detail. Default: the host of the request and the port, or only the path, as `absoluteRedirects` says. */
  readonly ownRedirects?: OwnRedirectsModel;
  /** What of `GatewayModel.limits` is different for its clients. `headMs` and `headBytes` count by address: the default site's. */
  readonly limits?: Partial<Pick<Limits, 'headBytes' | 'headMs' | 'bodyMs' | 'keepAliveMs'>>;
  readonly accessLog: AccessLogModel;
};

export type CertificateModel = {
  readonly certPath: string;
  readonly keyPath: string;
  /** A file of passphrases, one a line, which are tried on the key in turn. Default: the key needs none. */
  readonly passwordsPath?: string;
};

/** TLS towards clients, beyond the certificate. */
export type SiteTlsModel = TlsDetailsModel & {
  /** Whether handshakes for its names are refused; it needs no certificate then. Default false. */
  readonly rejectsHandshakes?: boolean;
  /** Default TLS 1.2. */
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Default TLS 1.3. */
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string;
  /**
   * Certificates of clients: `on` answers 400 without a valid one, `optional` only tells upstreams by variables,
   * `optional_no_ca` takes any. Default: none is asked for.
   */
  readonly clients?: {
    readonly verify: 'on' | 'optional' | 'optional_no_ca';
    /** PEM file of the authorities. Needed but for `optional_no_ca`. */
    readonly caPath?: string;
    /** Authorities between the client's certificate and one that vouches for itself, at most. Default 1, as nginx. */
    readonly depth?: number;
    /** PEM file of what the authorities have revoked, with a list of each of them. Default: nothing is revoked. */
    readonly crlPath?: string;
  };
};

/** Proxies in front that are believed when they say who the client is. */
export type TrustModel = {
  /** Addresses, CIDR networks, or `unix:`. */
  readonly from: readonly string[];
  /** Lower-case name of the field with the address, or `proxy_protocol`. Default `x-forwarded-for`. */
  readonly header?: string;
  /** Whether trusted addresses at the end of the field are skipped, so that the last untrusted one counts. Default true. */
  readonly recursive?: boolean;
  /** Whether their X-Forwarded-Proto, -Host, -Port and Forwarded are believed, too. Default false. */
  readonly forwarded?: boolean;
};

/** A variable whose value depends on another value, as nginx's `map`. */
export type MapModel = {
  /** Lower-case, without `$`. */
  readonly variable: string;
  /** What is looked up. */
  readonly source: Template;
  readonly entries: readonly MapEntryModel[];
  /** Default: empty. */
  readonly fallback?: Template;
  /** Whether what it was at first stays for all of the request, as in nginx. Default false: it is looked up each time. */
  readonly isOnce?: boolean;
};

/** In the order of the configuration; looked at as `HostPattern`s are. Values may use the captures of their regex. */
export type MapEntryModel = { readonly value: Template } & (
  | { readonly kind: 'exact'; readonly key: string }
  | { readonly kind: 'leading-wildcard'; readonly suffix: string }
  | { readonly kind: 'trailing-wildcard'; readonly prefix: string }
  | { readonly kind: 'regex'; readonly regex: RegExp }
  /** An address or a CIDR network that has the value, which is an address then; the smallest one counts, before all others. */
  | { readonly kind: 'network'; readonly network: string }
  /**
   * The values whose hash (MurmurHash2, as nginx's split_clients) is in the share that begins where that of the entry before
   * ends, and ends here: in hundredths of a percent, 1 to 10,000, rising from entry to entry. A map has only shares, or none.
   */
  | { readonly kind: 'share'; readonly below: number }
);

/** nginx's kinds of server_name, chosen in this order: exact, longest leading wildcard, longest trailing, first regex. */
export type HostPattern =
  | { readonly kind: 'exact'; readonly host: string }
  /** `*.example.com` is suffix `.example.com`. */
  | { readonly kind: 'leading-wildcard'; readonly suffix: string }
  /** `mail.*` is prefix `mail.`. */
  | { readonly kind: 'trailing-wildcard'; readonly prefix: string }
  | { readonly kind: 'regex'; readonly regex: RegExp };

export type AccessLogModel =
  | { readonly kind: 'off' }
  | ({ readonly kind: 'stdout' } & AccessLogFormat)
  | ({ readonly kind: 'file'; readonly path: string } & AccessLogFormat);

export type AccessLogFormat = {
  /** Default `combined`, exactly as nginx writes it. */
  readonly format?: 'combined' | 'json' | AccessLogTemplate;
  /** A line is only written when this is neither empty nor `0`. Default: always. */
  readonly when?: Template;
};

/** nginx's `log_format`. */
export type AccessLogTemplate = {
  readonly template: Template;
  /** How values are escaped. Default `default`. */
  readonly escape?: 'default' | 'json' | 'none';
};

/** What a client may take of the gateway. */
export type Limits = {
  /** A request or response head, line and fields together. Default 32 KiB, nginx's 4 × 8 KiB. */
  readonly headBytes: number;
  /** Header fields in one head. Default 200. */
  readonly headFields: number;
  /** From the first byte of a request head to its last. Default 60 s. */
  readonly headMs: number;
  /** Between two reads of a request body. Default 60 s. */
  readonly bodyMs: number;
  /** An idle keep-alive connection. Default 75 s, as nginx. */
  readonly keepAliveMs: number;
  /** Client connections, all listeners together. Default 16,384. */
  readonly connections: number;
  /** Client connections from one address. Default: no limit. */
  readonly connectionsPerAddress?: number;
  /** Tunnels, all listeners together. Default: no limit but `connections`. */
  readonly tunnels?: number;
  /** Requests of one address; above them 429. Default: no limit. */
  readonly ratePerAddress?: {
    readonly perSecond: number;
    /** Requests above the rate that are let through at once. Default 0. */
    readonly burst?: number;
  };
};
