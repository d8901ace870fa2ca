/**
 * The gateway's model: what every kind of configuration (hatchway.yaml, later nginx.conf) compiles to, and all that
 * `gateway/` knows of configuration. Plain data: it can be compared, printed and made by hand in a test.
 *
 * Certificates and log files are named here by path and opened by the gateway, so that they can change under it.
 */

/** All listeners of one process. */
export type GatewayModel = {
  readonly listeners: readonly ListenerModel[];
  readonly limits: Limits;
};

/** One address and the sites behind it. Two listeners never have the same address. */
export type ListenerModel = {
  readonly address: ListenAddress;
  /** TLS is a matter of the address: every site of a TLS listener has a certificate, no site of another has one. */
  readonly tls: boolean;
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
  readonly certificate?: { readonly certPath: string; readonly keyPath: string };
  readonly routes: readonly RouteModel[];
  readonly accessLog: AccessLogModel;
};

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
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string };

export type RouteModel = {
  readonly path: PathPattern;
  readonly upstream: UpstreamModel;
  /** Lower-case tokens that may be upgraded to. Default `['websocket']`; `tcp` is what the Docker CLI uses. */
  readonly upgradeTokens: readonly string[];
};

/** nginx's kinds of location, chosen in its order: exact, longest prefix, first regex unless that prefix forbids it. */
export type PathPattern =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string; readonly beforeRegex: boolean }
  | { readonly kind: 'regex'; readonly regex: RegExp };

export type UpstreamModel = {
  /** For logs and messages: the URL as the configuration has it. */
  readonly name: string;
  /** At least one. */
  readonly servers: readonly UpstreamServerModel[];
  /** Present for https upstreams. */
  readonly tls?: UpstreamTlsModel;
  readonly timeouts: UpstreamTimeouts;
};

export type UpstreamServerModel =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  /** A server inside this process: the console. `name` is the key under which the gateway was given it. */
  | { readonly kind: 'in-process'; readonly name: string };

export type UpstreamTlsModel = {
  /** Whether the certificate must be valid for `serverName`. Default true. */
  readonly verify: boolean;
  /** PEM file of the authorities to trust instead of the system's. */
  readonly caPath?: string;
  /** Name sent as SNI and checked in the certificate. Default: the URL's host. */
  readonly serverName: string;
};

export type UpstreamTimeouts = {
  /** Until the connection (and TLS) is up. Default 60 s, as nginx. */
  readonly connectMs: number;
  /** Between two reads of a response. Default 60 s, as nginx; none (the console's route) is Infinity. Not used in tunnels. */
  readonly readMs: number;
  /** Between two successful writes of a request. Default 60 s, as nginx. */
  readonly sendMs: number;
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
};
