/** What is shared by everything that serves clients: the compiled model, and the gateway's own state. */
import type { Log } from '../base/log.ts';
import type { HostPattern, Limits } from '../config/model.ts';
import type { OwnRedirectsModel, PathPattern, TunnelModel } from '../config/route-model.ts';
import type { Access } from './access/access.ts';
import type { AccessLog } from './access-log.ts';
import type { SiteTotals, Totals } from './admin/totals.ts';
import type { ChainDepth } from './chain-depth.ts';
import type { TrustedProxies } from './client-address/trusted-proxies.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Deadlines } from './deadlines.ts';
import type { ErrorPage } from './error-pages.ts';
import type { RouteFiles } from './files/route-files.ts';
import type { Forward } from './forward.ts';
import type { Maps } from './maps.ts';
import type { RequestRate } from './rate/request-rate.ts';
import type { RouteLimits } from './rate/route-limits.ts';
import type { ResponseChanges } from './response-changes.ts';
import type { Roster } from './roster.ts';
import type { Routes } from './routes.ts';
import type { Rules } from './rules.ts';
import type { Sites } from './sites.ts';
import type { SocketCounts } from './socket-counts.ts';
import type { SparseLog } from './sparse-log.ts';
import type { Tunnel } from './tunnel.ts';
import type { DynamicUpstream } from './upstream/dynamic-upstream.ts';
import type { Upstream } from './upstream/upstream.ts';

export type Site = {
  readonly name: string;
  readonly totals: SiteTotals;
  /** For `$server_name`: the first name, also when it is a pattern. */
  readonly serverName: string;
  readonly hosts: readonly HostPattern[];
  /** Whether one of them is a regex, whose captures are variables. */
  readonly hasHostRegex: boolean;
  /** About the certificates of clients, asked once a request. */
  readonly certificateRules: Rules | undefined;
  readonly rules: Rules | undefined;
  readonly routes: Routes<Route>;
  /** For what happens before a route is chosen. */
  readonly ownRoute: Route;
  /** By their names with `@`. */
  readonly namedRoutes: ReadonlyMap<string, Route>;
  /** Undefined for a site that takes nobody's word on who the client is. */
  readonly trust: TrustedProxies | undefined;
  /** Of certificates of clients; undefined where none is checked. */
  readonly clientDepth: ChainDepth | undefined;
  readonly mergeSlashes: boolean;
  /** The gateway's, where the site has none of its own. */
  readonly limits: Limits;
  readonly accessLog: AccessLog | undefined;
};

export type Route = {
  readonly path: PathPattern;
  readonly internal: boolean;
  /** The path that is redirected to this route's, since it only lacks the slash at its end; undefined when none is. */
  readonly slashless: string | undefined;
  readonly ownRedirects: OwnRedirectsModel;
  readonly rules: Rules | undefined;
  /** Of tunnels. */
  readonly tunnel: TunnelModel | undefined;
  /** Undefined for a route that counts nobody. */
  readonly limits: RouteLimits | undefined;
  /** Undefined for a route that lets everybody in. */
  readonly access: Access | undefined;
  /** Undefined for a route that only answers. */
  readonly upstream: Upstream | DynamicUpstream | undefined;
  /** Undefined for a route that serves none. */
  readonly files: RouteFiles | undefined;
  readonly upgradeTokens: readonly string[];
  readonly forward: Forward;
  readonly response: ResponseChanges | undefined;
  readonly errorPages: ReadonlyMap<number, ErrorPage> | undefined;
  /** Whether upstream answers with an error page are replaced by it. */
  readonly intercepts: boolean;
  /** In bytes; Infinity for no limit. */
  readonly maxBodyBytes: number;
  readonly accessLog: AccessLog | undefined;
};

/** One gateway's state. */
export type Serving = {
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** For what limits refuse. */
  readonly refusals: SparseLog;
  /** Connections that speak HTTP; tunnels are no longer among them. */
  readonly clients: Roster<ClientConnection>;
  readonly counts: SocketCounts;
  /** All that are open, for whoever ends them; those of earlier configurations, too. */
  readonly tunnels: Roster<Tunnel>;
  /** What has been counted since the start. */
  readonly totals: Totals;
  readonly maps: Maps;
  /** Undefined without a limit for one address. */
  readonly rate: RequestRate | undefined;
  /** Whether clients that have not moved to another home are to go: every response says that it is the last one. */
  draining: boolean;
};

/** The sites of the listener that a client came to. */
export type ListenerSites = Sites<Site>;

/** Where the clients of one listener are served. */
export type ClientHome = {
  readonly sites: ListenerSites;
  readonly serving: Serving;
  /** Of the configuration that has taken this one's place; undefined when it has no room for them. */
  successor: ClientHome | undefined;
};

/** Where its clients are served now. */
export function latestHome(home: ClientHome): ClientHome {
  let latest = home;
  while (latest.successor !== undefined) latest = latest.successor;
  return latest;
}
