/**
 * One configuration at work: its sites, routes, listeners and upstreams. A reload makes a new one beside it, which takes the
 * listeners over, and each connection after the request that is under way; this one is forgotten when all of its clients have
 * gone. What outlives configurations is `Shared`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../base/log.ts';
import type {
  AccessLogModel,
  GatewayModel,
  ListenAddress,
  ListenerModel,
  SiteModel,
} from '../config/model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../config/upstream-model.ts';
import { formatListenAddress } from '../config/values/listen-address.ts';
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
import { compileZones, type Zones } from './rate/zones.ts';
import { Roster } from './roster.ts';
import { type ClientHome, latestHome, type Serving, type Site } from './serving.ts';
import { compileSite } from './site-compiler.ts';
import { Sites } from './sites.ts';
import type { SocketCounts } from './socket-counts.ts';
import type { SparseLog } from './sparse-log.ts';
import { listenerTls } from './tls.ts';
import type { Tunnel } from './tunnel.ts';
import type { UpstreamSet, Upstreams } from './upstream/upstreams.ts';

/** What all configurations of one gateway have in common. */
export type Shared = {
  readonly log: Log;
  readonly refusals: SparseLog;
  readonly deadlines: Deadlines;
  readonly counts: SocketCounts;
  /** All that are open. */
  readonly tunnels: Roster<Tunnel>;
  readonly totals: Totals;
  readonly accessLogs: AccessLogs;
  readonly access: AccessDependencies;
  readonly upstreams: Upstreams;
};

/** A listener, and where its clients are served. */
type Front = {
  readonly model: ListenerModel;
  readonly listener: Listener;
  /** Whoever speaks HTTP/2 there. */
  readonly http2: Http2Front;
  /** All others. */
  readonly home: ClientHome;
};

/** Beyond it Node's timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export class Generation {
  readonly model: GatewayModel;
  /** Routes to the same place share its connections. */
  readonly upstreams: UpstreamSet;
  readonly #shared: Shared;
  readonly #serving: Serving;
  readonly #fronts: readonly Front[];
  /** What limits of routes have counted. */
  readonly #zones: Zones;
  /** Of client connections; undefined without a limit for one address. */
  readonly #addressCounts: AddressCounts | undefined;

  /**
   * Reads certificates and opens access logs, but does not listen yet. What one client has used up of limits that `before` has,
   * too, is remembered.
   * Throws `HW_CERTIFICATE`, `HW_ACCESS_LOG` or `HW_NO_SERVER`.
   */
  constructor(model: GatewayModel, shared: Shared, before?: Generation) {
    const { limits } = model;
    this.model = model;
    this.#shared = shared;
    this.upstreams = shared.upstreams.set();
    this.#serving = {
      limits,
      deadlines: shared.deadlines,
      log: shared.log,
      refusals: shared.refusals,
      clients: new Roster(),
      maps: compileMaps(model.maps ?? []),
      rate: this.#rateAfter(before),
      counts: shared.counts,
      tunnels: shared.tunnels,
      totals: shared.totals,
      draining: false,
    };
    this.#addressCounts = this.#addressCountsAfter(before);
    this.#zones = compileZones(model, before === undefined ? undefined : before.#zones);
    try {
      const sites = this.#sites();
      this.#fronts = model.listeners.map((listener) => this.#front(listener, sites));
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

  /**
   * Accepts nothing more, once all who have connected are accepted. Requests and tunnels under way go on; then clients move to
   * `next` where it has a place for them, and each request of the others is the last of its connection.
   */
  async retire(next?: Generation): Promise<void> {
    const places = next === undefined ? [] : next.#fronts;
    for (const { model, home } of this.#fronts) {
      home.successor = places.find((place) => isPlaceFor(model, place.model))?.home;
    }
    this.#serving.draining = true;
    await Promise.all(this.#fronts.map(({ listener }) => listener.close()));
    for (const { http2 } of this.#fronts) http2.drain();
    for (const client of this.#serving.clients) client.retire();
    this.upstreams.close();
  }

  /** Closes every socket of a client, tunnels included. */
  destroy(): void {
    for (const { listener } of this.#fronts) listener.destroy();
  }

  /** Whether a client is still connected that came to it. */
  get hasClients(): boolean {
    return this.#fronts.some(({ listener }) => listener.hasSockets);
  }

  get #listeners(): readonly Listener[] {
    return this.#fronts.map(({ listener }) => listener);
  }

  #rateAfter(before: Generation | undefined): RequestRate | undefined {
    const { ratePerAddress } = this.model.limits;
    if (ratePerAddress === undefined) return undefined;
    const known = before === undefined ? undefined : before.#serving.rate;
    const isSame = isDeepStrictEqual(ratePerAddress, before?.model.limits.ratePerAddress);
    return isSame && known !== undefined ? known : new RequestRate(ratePerAddress);
  }

  #addressCountsAfter(before: Generation | undefined): AddressCounts | undefined {
    const { connectionsPerAddress: limit } = this.model.limits;
    if (limit === undefined) return undefined;
    const known = before === undefined ? undefined : before.#addressCounts;
    const isSame = limit === before?.model.limits.connectionsPerAddress;
    return isSame && known !== undefined ? known : new AddressCounts(limit);
  }

  /** A site may have several listeners; it is one all the same. */
  #sites(): ReadonlyMap<SiteModel, Site> {
    const { totals, access, accessLogs } = this.#shared;
    const compiler = {
      limits: this.#serving.limits,
      totals,
      access,
      zones: this.#zones,
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

  #front(model: ListenerModel, sites: ReadonlyMap<SiteModel, Site>): Front {
    const own = new Sites(
      model.sites.map((site) => sites.get(site) as Site),
      sites.get(model.defaultSite) as Site,
    );
    const serving = this.#serving;
    const { limits, log } = serving;
    const { trust } = model.defaultSite;
    const handshakeMs = Math.min(limits.headMs, longestTimerMs);
    const home: ClientHome = { sites: own, serving, successor: undefined };
    const http2 = new Http2Front(model, own, serving);
    const listener = new Listener({
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
      refusals: serving.refusals,
      onSocket: (accepted) => {
        if (accepted.tls?.alpnProtocol === 'h2') http2.accept(accepted);
        else new ClientConnection(accepted, latestHome(home));
      },
    });
    return { model, listener, http2, home };
  }
}

/** Whether connections of one listener may go on at another one: what was settled when they began is the same for both. */
function isPlaceFor(one: ListenerModel, other: ListenerModel): boolean {
  return (
    formatListenAddress(one.address) === formatListenAddress(other.address) &&
    one.tls === other.tls &&
    (one.proxyProtocol ?? false) === (other.proxyProtocol ?? false) &&
    isDeepStrictEqual(handshakesOf(one), handshakesOf(other)) &&
    // Who they are was checked against files that may have changed.
    ![...other.sites, other.defaultSite].some(({ tls }) => tls?.clients !== undefined)
  );
}

function handshakesOf({ sites, defaultSite }: ListenerModel): ReadonlySet<string> {
  return new Set([...sites, defaultSite].map(({ tls = {} }) => JSON.stringify(tls)));
}
