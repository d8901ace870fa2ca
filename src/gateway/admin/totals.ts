/**
 * What the gateway has counted since it started, for metrics and status pages. Counting is a few additions to arrays;
 * names, labels and text are made when somebody asks.
 *
 * How much can be counted is bounded: beyond `mostSites` names everything is counted under `other`. Counts survive a
 * reload, because they belong to names and not to what the model made of them.
 */
import type { UpgradeCause } from '../upgrade-cause.ts';

/** Sites, and upstreams, counted by name. Each is some 60 lines of a scrape, so this is some megabytes. */
const mostNames = 500;

/** What is beyond `mostNames`. */
export const otherName = 'other';

/** Methods counted by name; the last one is for all others, which anybody could make up. */
export const methodLabels = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'other',
] as const;

/** `none`: closed without an answer. A client that left first is nginx's 499, and so in `4xx`. */
export const statusLabels = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/**
 * Upper ends of the classes of durations, in milliseconds. From what a cached file takes to Nomad's blocking queries,
 * which last 330 s at the most.
 */
export const durationBoundsMs = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 330_000,
] as const;

/** Of tunnels: a shell for one command, a day at a terminal. */
export const tunnelBoundsMs = [
  1000, 10_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000,
] as const;

/** Who ended a tunnel first. */
export type TunnelEnder = 'client' | 'upstream' | 'gateway';

export const tunnelEnders: readonly TunnelEnder[] = ['client', 'upstream', 'gateway'];

/** Durations by class. */
export class Durations {
  readonly boundsMs: readonly number[];
  /** One more than bounds: the last is for what is longer. Not cumulative. */
  readonly counts: Float64Array;
  sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = new Float64Array(boundsMs.length + 1);
  }

  add(ms: number): void {
    const { boundsMs, counts } = this;
    let index = 0;
    while (index < boundsMs.length && ms > (boundsMs[index] as number)) index++;
    counts[index] = (counts[index] as number) + 1;
    this.sumMs += ms;
  }
}

/** The counts of one site. */
export class SiteTotals {
  readonly name: string;
  /** By method and status: index `method * statusLabels.length + status`. */
  readonly requests = new Float64Array(methodLabels.length * statusLabels.length);
  readonly durations = new Durations(durationBoundsMs);
  /** Of bodies. */
  bytesSent = 0;
  bytesReceived = 0;
  tunnelsOpened = 0;
  readonly tunnelDurations = new Durations(tunnelBoundsMs);
  /** In the order of `tunnelEnders`. */
  readonly tunnelEnds = new Float64Array(tunnelEnders.length);
  tunnelBytesToClient = 0;
  tunnelBytesToUpstream = 0;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * A request has ended; not to be called for one that became a tunnel.
   *
   * @param status as in the access log; 0 when there was no answer
   * @param durationMs since its head was read
   */
  requestEnded(
    method: string,
    status: number,
    durationMs: number,
    bytesSent: number,
    bytesReceived: number,
  ): void {
    const { requests } = this;
    const statusClass = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
    const index = methodIndex(method) * statusLabels.length + statusClass;
    requests[index] = (requests[index] as number) + 1;
    this.durations.add(durationMs);
    this.bytesSent += bytesSent;
    this.bytesReceived += bytesReceived;
  }

  tunnelOpened(): void {
    this.tunnelsOpened++;
  }

  /** @param durationMs since its request came */
  tunnelEnded(
    endedBy: TunnelEnder,
    durationMs: number,
    bytesToClient: number,
    bytesToUpstream: number,
  ): void {
    const index = tunnelEnders.indexOf(endedBy);
    this.tunnelEnds[index] = (this.tunnelEnds[index] as number) + 1;
    this.tunnelDurations.add(durationMs);
    this.tunnelBytesToClient += bytesToClient;
    this.tunnelBytesToUpstream += bytesToUpstream;
  }
}

function methodIndex(method: string): number {
  switch (method) {
    case 'GET':
      return 0;
    case 'HEAD':
      return 1;
    case 'POST':
      return 2;
    case 'PUT':
      return 3;
    case 'DELETE':
      return 4;
    case 'PATCH':
      return 5;
    case 'OPTIONS':
      return 6;
    default:
      return 7;
  }
}

/** One gateway's counts. */
export class Totals {
  readonly #sites = new Map<string, SiteTotals>();
  /** By upstream, then by the code of what failed. */
  readonly #upstreamFailures = new Map<string, Map<string, number>>();
  readonly #failures = new Map<string, number>();
  readonly #upgradesLost = new Map<UpgradeCause, number>();
  connectionsAccepted = 0;
  tlsHandshakesFailed = 0;

  /** The counts of a site, the same ones for the same name; to be asked for once, when the site is made ready. */
  site(name: string): SiteTotals {
    const key = keyIn(this.#sites, name);
    let totals = this.#sites.get(key);
    if (totals === undefined) {
      totals = new SiteTotals(key);
      this.#sites.set(key, totals);
    }
    return totals;
  }

  /** A request or connection was ended by an error. @param code `HW_…`, of the catalogue */
  failed(code: string): void {
    increase(this.#failures, code);
  }

  /** One try at an upstream has failed, whether or not another one followed. @param code `HW_UPSTREAM_…` */
  upstreamFailed(upstream: string, code: string): void {
    const key = keyIn(this.#upstreamFailures, upstream);
    let codes = this.#upstreamFailures.get(key);
    if (codes === undefined) {
      codes = new Map();
      this.#upstreamFailures.set(key, codes);
    }
    increase(codes, code);
  }

  /** An upgrade came to nothing, whoever is to blame. */
  upgradeLost(cause: UpgradeCause): void {
    increase(this.#upgradesLost, cause);
  }

  connectionAccepted(): void {
    this.connectionsAccepted++;
  }

  tlsHandshakeFailed(): void {
    this.tlsHandshakesFailed++;
  }

  get sites(): Iterable<SiteTotals> {
    return this.#sites.values();
  }

  get failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  get upstreamFailures(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#upstreamFailures;
  }

  get upgradesLost(): ReadonlyMap<UpgradeCause, number> {
    return this.#upgradesLost;
  }
}

function keyIn(map: ReadonlyMap<string, unknown>, name: string): string {
  return map.has(name) || map.size < mostNames ? name : otherName;
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
