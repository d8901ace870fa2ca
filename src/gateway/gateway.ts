/**
 * The gateway: makes a model live. Compiles it into sites, routes and upstreams, listens, and ends in order.
 *
 * Knows no configuration file, no console and no signals: servers of this process are given to it by name, and
 * whoever runs it decides when it closes.
 */
import type { Log } from '../base/log.ts';
import type {
  AccessLogModel,
  GatewayModel,
  ListenAddress,
  ListenerModel,
  SiteModel,
} from '../config/model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../config/upstream-model.ts';
import { routesOf, sitesOf, upstreamsOf } from '../config/walk.ts';
import { PasswordChecks } from './access/password-checks.ts';
import { UsersFiles } from './access/users-files.ts';
import { AccessLogs } from './access-log.ts';
import { Totals } from './admin/totals.ts';
import { TrustedProxies } from './client-address/trusted-proxies.ts';
import { ClientConnection } from './client-connection.ts';
import { Deadlines } from './deadlines.ts';
import { Http2Front } from './http2/http2-front.ts';
import { listenAll } from './listen-all.ts';
import { Listener } from './listener.ts';
import { compileMaps } from './maps.ts';
import { AddressCounts } from './rate/address-counts.ts';
import { RequestRate } from './rate/request-rate.ts';
import type { Serving, Site } from './serving.ts';
import { compileSite } from './site-compiler.ts';
import { Sites } from './sites.ts';
import { SocketCounts } from './socket-counts.ts';
import { listenerTls } from './tls.ts';
import type { InProcessServers } from './upstream/dial.ts';
import { type UpstreamSet, Upstreams } from './upstream/upstreams.ts';

export type GatewayOptions = {
  readonly log: Log;
  /**
   * The servers of `in-process` upstreams by name: each is given one end of every new connection, as a node:http server
   * takes it with `server.emit('connection', connection)`. Default: none.
   */
  readonly inProcess?: InProcessServers;
};

/** How long closing waits for destroyed sockets to be gone, in milliseconds. They are, within a tick or two. */
const closeMs = 2000;

/** Beyond it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** What is open. For tests that nothing leaks, and for status pages. */
export type OpenCounts = {
  /** Sockets of clients, in whatever state. */
  readonly clients: number;
  /** Connections to upstreams: in use, idle, or one side of a tunnel. */
  readonly upstreams: number;
  readonly tunnels: number;
};

export class Gateway {
  readonly #serving: Serving;
  readonly #counts = new SocketCounts();
  readonly #accessLogs: AccessLogs;
  /** Of client connections; undefined without a limit for one address. */
  readonly #addressCounts: AddressCounts | undefined;
  readonly #listeners: readonly Listener[];
  /** One a listener: whoever speaks HTTP/2 there. */
  readonly #http2Fronts: Http2Front[] = [];
  readonly #upstreams: Upstreams;
  /** Of this model: routes to the same place share its connections. */
  readonly #upstreamSet: UpstreamSet;
  readonly #access = { files: new UsersFiles(), passwords: new PasswordChecks() };
  #closed: Promise<void> | undefined;

  /**
   * Reads certificates and opens access logs, but does not listen yet.
   * Throws `HW_CERTIFICATE`, `HW_ACCESS_LOG` or `HW_NO_SERVER`.
   */
  constructor(model: GatewayModel, options: GatewayOptions) {
    const { limits } = model;
    const { log } = options;
    const deadlines = new Deadlines(shortestTimeout(model));
    this.#serving = {
      limits,
      deadlines,
      log,
      clients: new Set(),
      maps: compileMaps(model.maps ?? []),
      rate:
        limits.ratePerAddress === undefined ? undefined : new RequestRate(limits.ratePerAddress),
      counts: this.#counts,
      totals: new Totals(),
      draining: false,
    };
    this.#upstreams = new Upstreams({
      deadlines,
      limits,
      counts: this.#counts,
      log,
      inProcess: options.inProcess ?? {},
    });
    this.#upstreamSet = this.#upstreams.set();
    this.#accessLogs = new AccessLogs(log);
    this.#addressCounts =
      limits.connectionsPerAddress === undefined
        ? undefined
        : new AddressCounts(limits.connectionsPerAddress);
    try {
      const sites = this.#sites(model);
      this.#listeners = model.listeners.map((listener) => this.#listener(listener, sites));
    } catch (error) {
      this.#upstreams.destroy();
      void this.#accessLogs.close();
      throw error;
    }
  }

  get open(): OpenCounts {
    const { clients, upstreams, tunnels } = this.#counts;
    return { clients, upstreams, tunnels };
  }

  /**
   * Starts to serve. Returns the real addresses in the order of the model's listeners, port 0 resolved.
   * Rejects with `HW_LISTEN_…`, and then listens nowhere.
   */
  async listen(): Promise<readonly ListenAddress[]> {
    const results = await listenAll(this.#listeners);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      for (const listener of this.#listeners) listener.close();
      throw failed.reason;
    }
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /**
   * Accepts nothing more, lets requests and tunnels under way end by themselves for `drainMs`, then closes the rest.
   * Resolves when no socket is left and the access logs are written. A second call waits for the first.
   */
  close(options: { readonly drainMs: number }): Promise<void> {
    this.#closed ??= this.#close(options.drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    const counts = this.#counts;
    this.#serving.draining = true;
    for (const listener of this.#listeners) listener.close();
    for (const front of this.#http2Fronts) front.drain();
    for (const client of this.#serving.clients) client.drain();
    this.#upstreamSet.close();
    await counts.until(() => counts.clients === 0 && counts.tunnels === 0, drainMs);
    for (const listener of this.#listeners) listener.destroy();
    this.#upstreams.destroy();
    await counts.until(() => counts.clients + counts.upstreams + counts.tunnels === 0, closeMs);
    this.#access.passwords.close();
    await this.#accessLogs.close();
  }

  /** A site may have several listeners; it is one all the same. */
  #sites({ listeners }: GatewayModel): ReadonlyMap<SiteModel, Site> {
    const sites = new Map<SiteModel, Site>();
    const compiler = {
      limits: this.#serving.limits,
      totals: this.#serving.totals,
      access: this.#access,
      upstream: (model: UpstreamModel | DynamicUpstreamModel) =>
        'servers' in model ? this.#upstreamSet.of(model) : this.#upstreamSet.dynamic(model),
      accessLog: (model: AccessLogModel) => this.#accessLogs.open(model),
    };
    for (const { sites: own, defaultSite } of listeners) {
      for (const site of [...own, defaultSite]) {
        if (!sites.has(site)) sites.set(site, compileSite(site, compiler));
      }
    }
    return sites;
  }

  #listener(model: ListenerModel, sites: ReadonlyMap<SiteModel, Site>): Listener {
    const own = new Sites(
      model.sites.map((site) => sites.get(site) as Site),
      sites.get(model.defaultSite) as Site,
    );
    const { limits, log } = this.#serving;
    const { trust } = model.defaultSite;
    const handshakeMs = Math.min(limits.headMs, longestTimerMs);
    const http2 = new Http2Front(model, own, this.#serving);
    this.#http2Fronts.push(http2);
    return new Listener({
      address: model.address,
      ipv6Only: model.ipv6Only,
      tls: model.tls ? listenerTls(model, handshakeMs) : undefined,
      firstByteMs: handshakeMs,
      proxyProtocol: model.proxyProtocol,
      // Before its first request, a connection is for no other site.
      trust: trust === undefined ? undefined : new TrustedProxies(trust),
      addressCounts: this.#addressCounts,
      maxConnections: limits.connections,
      counts: this.#counts,
      totals: this.#serving.totals,
      log,
      onSocket: (accepted) => {
        if (accepted.tls?.alpnProtocol === 'h2') http2.accept(accepted);
        else new ClientConnection(accepted, own, this.#serving);
      },
    });
  }
}

function shortestTimeout(model: GatewayModel): number {
  const { headMs, bodyMs, keepAliveMs } = model.limits;
  const upstreams = [...sitesOf(model)].flatMap((site) =>
    [...routesOf(site)].flatMap((route) => upstreamsOf(route)),
  );
  return Math.min(
    headMs,
    bodyMs,
    keepAliveMs,
    ...upstreams.flatMap(({ timeouts }) => [timeouts.connectMs, timeouts.readMs, timeouts.sendMs]),
  );
}
