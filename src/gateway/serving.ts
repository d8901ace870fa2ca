/** What is shared by everything that serves clients: the compiled model, and the gateway's own state. */
import type { Log } from '../base/log.ts';
import type { HostPattern, Limits } from '../config/model.ts';
import type { PathPattern } from '../config/route-model.ts';
import type { AccessLog } from './access-log.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Deadlines } from './deadlines.ts';
import type { Routes } from './routes.ts';
import type { Sites } from './sites.ts';
import type { SocketCounts } from './socket-counts.ts';
import type { Upstream } from './upstream/upstream.ts';

export type Site = {
  readonly name: string;
  readonly hosts: readonly HostPattern[];
  readonly routes: Routes<Route>;
  readonly accessLog: AccessLog | undefined;
};

export type Route = {
  readonly path: PathPattern;
  readonly upstream: Upstream | undefined;
  readonly upgradeTokens: readonly string[];
};

/** One gateway's state. */
export type Serving = {
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Connections that speak HTTP; tunnels are no longer among them. */
  readonly clients: Set<ClientConnection>;
  readonly counts: SocketCounts;
  /** Whether the gateway is closing: every response says that it is the last one. */
  draining: boolean;
};

/** The sites of the listener that a client came to. */
export type ListenerSites = Sites<Site>;
