/**
 * One configuration at work: its sites, routes, listeners and upstreams. A reload makes a new one beside it, which takes the
 * listeners over; this one then accepts nothing more, finishes what is under way, and is forgotten when that has ended: as
 * nginx's workers do. What outlives configurations is `Shared`.
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
import type { AccessDependencies } from './access/access.ts';
import type { AccessLogs } from './access-log.ts';
import type { Totals } from './admin/totals.ts';
import { TrustedProxies } from './client-address/trusted-proxies.ts';
import { ClientConnection } from './client-connection.ts';
import type { Deadlines } from './deadlines.ts';
import { Http2Front } from './http2/http2-front.ts';
import { listenAll } from './listen-all.ts';
import { Listener } from './listener.ts';
import { compileMaps } from './maps.ts';
import { AddressCounts } from './rate/address-counts.ts';
import { RequestRate } from './rate/request-rate.ts';
import type { Serving, Site } from './serving.ts';
import { compileSite } from './site-compiler.ts';
import { Sites } from './sites.ts';
import type { SocketCounts } from './socket-counts.ts';
import { listenerTls } from './tls.ts';
import type { Tunnel } from './tunnel.ts';
import type { UpstreamSet, Upstreams } from './upstream/upstreams.ts';

/** What all configurations of one gateway have in common. */
export type Shared = {
  readonly log: Log;
  readonly deadlines: Deadlines;
  readonly counts: SocketCounts;
  /** All that are open. */
  readonly tunnels: Set<Tunnel>;
  readonly totals: Totals;
  readonly accessLogs: AccessLogs;
  readonly access: AccessDependencies;
  readonly upstreams: Upstreams;
};

/** Beyond it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export class Generation {
  readonly model: GatewayModel;
  /** Routes to the same place share its connections. */
  readonly upstreams: UpstreamSet;
  readonly #shared: Shared;
  readonly #serving: Serving;
  readonly #listeners: readonly Listener[];
  /** One a listener: whoever speaks HTTP/2 there. */
  readonly #http2Fronts: Http2Front[] = [];
  /** Of client connections; undefined without a limit for one address. */
  readonly #addressCounts: AddressCounts | undefined;

  /**
   * Reads certificates and opens access logs, but does not listen yet.
   * Throws `HW_CERTIFICATE`, `HW_ACCESS_LOG` or `HW_NO_SERVER`.
   */
  constructor(model: GatewayModel, shared: Shared) {
    const { limits } = model;
    const { ratePerAddress, connectionsPerAddress } = limits;
    this.model = model;
    this.#shared = shared;
    this.upstreams = shared.upstreams.set();
    this.#serving = {
      limits,
      deadlines: shared.deadlines,
      log: shared.log,
      clients: new Set(),
      maps: compileMaps(model.maps ?? []),
      rate: ratePerAddress === undefined ? undefined : new RequestRate(ratePerAddress),
      counts: shared.counts,
      tunnels: shared.tunnels,
      totals: shared.totals,
      draining: false,
    };
    this.#addressCounts =
      connectionsPerAddress === undefined ? undefined : new AddressCounts(connectionsPerAddress);
    try {
      const sites = this.#sites();
      this.#listeners = model.listeners.map((listener) => this.#listener(listener, sites));
    } catch (error) {
      this.upstreams.close();
      throw error;
    }
  }

  /**
   * Starts to serve, in place of another one where both have an address. Returns the real addresses in the order of the
   * model's listeners, port 0 resolved. Rejects with `HW_LISTEN_…`, and then nothing has changed.
   */
  async listen(before?: Generation): Promise<readonly ListenAddress[]> {
    return await listenAll(this.#listeners, before === undefined ? [] : before.#listeners);
  }

  /** Accepts nothing more; requests and tunnels under way go on, and each request is the last of its connection. */
  retire(): void {
    this.#serving.draining = true;
    for (const listener of this.#listeners) listener.close();
    for (const front of this.#http2Fronts) front.drain();
    for (const client of this.#serving.clients) client.drain();
    this.upstreams.close();
  }

  /** Closes every socket of a client, tunnels included. */
  destroy(): void {
    for (const listener of this.#listeners) listener.destroy();
  }

  /** Whether a client is still connected that came to it. */
  get hasClients(): boolean {
    return this.#listeners.some((listener) => listener.hasSockets);
  }

  /** A site may have several listeners; it is one all the same. */
  #sites(): ReadonlyMap<SiteModel, Site> {
    const { totals, access, accessLogs } = this.#shared;
    const compiler = {
      limits: this.#serving.limits,
      totals,
      access,
      upstream: (model: UpstreamModel | DynamicUpstreamModel) =>
        'servers' in model ? this.upstreams.of(model) : this.upstreams.dynamic(model),
      accessLog: (model: AccessLogModel) => accessLogs.open(model),
    };
    const sites = new Map<SiteModel, Site>();
    for (const { sites: own, defaultSite } of this.model.listeners) {
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
      reusePort: model.reusePort,
      tls: model.tls ? listenerTls(model, handshakeMs) : undefined,
      firstByteMs: handshakeMs,
      proxyProtocol: model.proxyProtocol,
      // Before its first request, a connection is for no other site.
      trust: trust === undefined ? undefined : new TrustedProxies(trust),
      addressCounts: this.#addressCounts,
      maxConnections: limits.connections,
      counts: this.#shared.counts,
      totals: this.#shared.totals,
      log,
      onSocket: (accepted) => {
        if (accepted.tls?.alpnProtocol === 'h2') http2.accept(accepted);
        else new ClientConnection(accepted, own, this.#serving);
      },
    });
  }
}
