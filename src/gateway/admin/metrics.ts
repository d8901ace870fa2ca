/**
 * A gateway's facts as Prometheus' metrics, read when they are scraped. docs/observing.md explains them.
 *
 * What happens a request is counted in `Totals`; prom-client gives it names, labels and text. Figures of the process
 * (CPU, memory, lag of the event loop, garbage collection) are prom-client's own, gathered once a process however many
 * gateways it has.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayView, UpstreamServerFacts } from './gateway-view.ts';
import { type Durations, methodLabels, statusLabels, tunnelEnders } from './totals.ts';

/** The contents of `/metrics`. */
export class Metrics {
  readonly contentType: string;
  readonly #own = new Registry();
  readonly #all: Registry;

  constructor(view: GatewayView) {
    registerRequests(this.#own, view);
    registerTunnels(this.#own, view);
    registerUpstreams(this.#own, view);
    registerFailures(this.#own, view);
    registerState(this.#own, view);
    this.#all = Registry.merge([this.#own, processRegistry()]);
    this.contentType = this.#all.contentType;
  }

  text(): Promise<string> {
    return this.#all.metrics();
  }
}

let processMetrics: Registry | undefined;

/** Made when the first admin listener is: nobody else should pay for watching the event loop. */
function processRegistry(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics, eventLoopMonitoringPrecision: 20 });
  }
  return processMetrics;
}

function registerRequests(registry: Registry, { totals }: GatewayView): void {
  counter(registry, {
    name: 'hatchway_requests_total',
    help: 'Requests that have ended, but for those that became tunnels.',
    labelNames: ['site', 'method', 'status'],
    read(metric) {
      for (const { name: site, requests } of totals.sites) {
        for (const [index, count] of requests.entries()) {
          if (count === 0) continue;
          const method = methodLabels[Math.floor(index / statusLabels.length)] ?? '';
          const status = statusLabels[index % statusLabels.length] ?? '';
          metric.inc({ site, method, status }, count);
        }
      }
    },
  });
  counter(registry, {
    name: 'hatchway_body_bytes_total',
    help: 'Bytes of bodies, by direction as the gateway sees it.',
    labelNames: ['site', 'direction'],
    read(metric) {
      for (const { name: site, bytesSent, bytesReceived } of totals.sites) {
        metric.inc({ site, direction: 'sent' }, bytesSent);
        metric.inc({ site, direction: 'received' }, bytesReceived);
      }
    },
  });
  registry.registerMetric(
    new KeptHistogram({
      name: 'hatchway_request_duration_seconds',
      help: 'From the head of a request to the end of its answer.',
      *kept() {
        for (const { name: site, durations } of totals.sites) yield { labels: { site }, durations };
      },
    }),
  );
}

function registerTunnels(registry: Registry, { totals }: GatewayView): void {
  counter(registry, {
    name: 'hatchway_tunnels_opened_total',
    help: 'Upgrades that succeeded.',
    labelNames: ['site'],
    read(metric) {
      for (const { name: site, tunnelsOpened } of totals.sites) metric.inc({ site }, tunnelsOpened);
    },
  });
  counter(registry, {
    name: 'hatchway_tunnels_ended_total',
    help: 'Tunnels that have ended, by who ended them first.',
    labelNames: ['site', 'ended_by'],
    read(metric) {
      for (const { name: site, tunnelEnds } of totals.sites) {
        for (const [index, endedBy] of tunnelEnders.entries()) {
          metric.inc({ site, ended_by: endedBy }, tunnelEnds[index] ?? 0);
        }
      }
    },
  });
  counter(registry, {
    name: 'hatchway_tunnel_bytes_total',
    help: 'Bytes of tunnels that have ended.',
    labelNames: ['site', 'direction'],
    read(metric) {
      for (const { name: site, tunnelBytesToClient, tunnelBytesToUpstream } of totals.sites) {
        metric.inc({ site, direction: 'sent' }, tunnelBytesToClient);
        metric.inc({ site, direction: 'received' }, tunnelBytesToUpstream);
      }
    },
  });
  registry.registerMetric(
    new KeptHistogram({
      name: 'hatchway_tunnel_duration_seconds',
      help: 'From the request of a tunnel to its end.',
      *kept() {
        for (const { name: site, tunnelDurations } of totals.sites) {
          yield { labels: { site }, durations: tunnelDurations };
        }
      },
    }),
  );
}

const serverStates: readonly UpstreamServerFacts['state'][] = [
  'up',
  'failing',
  'unhealthy',
  'down',
];

function registerUpstreams(registry: Registry, view: GatewayView): void {
  counter(registry, {
    name: 'hatchway_upstream_failures_total',
    help: 'Tries at an upstream that failed, by the code of the error.',
    labelNames: ['upstream', 'code'],
    read(metric) {
      for (const [upstream, codes] of view.totals.upstreamFailures) {
        for (const [code, count] of codes) metric.inc({ upstream, code }, count);
      }
    },
  });
  gauge(registry, {
    name: 'hatchway_upstream_server_state',
    help: '1 for the state that a server of an upstream is in, 0 for the others.',
    labelNames: ['upstream', 'server', 'state'],
    read(metric) {
      for (const { name: upstream, servers } of view.upstreams()) {
        for (const { address: server, state: current } of servers) {
          for (const state of serverStates) {
            metric.set({ upstream, server, state }, state === current ? 1 : 0);
          }
        }
      }
    },
  });
  gauge(registry, {
    name: 'hatchway_upstream_server_connections',
    help: 'Connections to a server of an upstream.',
    labelNames: ['upstream', 'server', 'use'],
    read(metric) {
      for (const { name: upstream, servers } of view.upstreams()) {
        for (const { address: server, busy, idle } of servers) {
          metric.set({ upstream, server, use: 'busy' }, busy);
          metric.set({ upstream, server, use: 'idle' }, idle);
        }
      }
    },
  });
}

/** Refusals by who may not, for those who count attacks and not failures. */
const accessReasons: Readonly<Record<string, string>> = {
  HW_FORBIDDEN: 'address',
  HW_UNAUTHORIZED: 'sign-in',
  HW_SIGN_IN_ELSEWHERE: 'sign-in',
  HW_USERS_FILE_MISSING: 'sign-in',
  HW_TOO_MANY_SIGN_INS: 'sign-in',
  HW_FOREIGN_ORIGIN: 'origin',
  HW_RATE_LIMITED: 'rate',
  HW_TOO_MANY_FROM_ADDRESS: 'connections',
  HW_TOO_MANY_CONNECTIONS: 'connections',
  HW_TOO_MANY_TUNNELS: 'tunnels',
};

function registerFailures(registry: Registry, { totals }: GatewayView): void {
  counter(registry, {
    name: 'hatchway_failures_total',
    help: 'Requests and connections that ended with an error of the gateway, by its code.',
    labelNames: ['code'],
    read(metric) {
      for (const [code, count] of totals.failures) metric.inc({ code }, count);
    },
  });
  counter(registry, {
    name: 'hatchway_access_refusals_total',
    help: 'Requests and connections that were not let in, by what kept them out.',
    labelNames: ['reason'],
    read(metric) {
      for (const [code, count] of totals.failures) {
        const reason = accessReasons[code];
        if (reason !== undefined) metric.inc({ reason }, count);
      }
    },
  });
  counter(registry, {
    name: 'hatchway_upgrades_lost_total',
    help: 'Upgrades that came to nothing, by cause; docs/websocket-failures.md has a section for each.',
    labelNames: ['cause'],
    read(metric) {
      for (const [cause, count] of totals.upgradesLost) metric.inc({ cause }, count);
    },
  });
  counter(registry, {
    name: 'hatchway_tls_handshake_failures_total',
    help: 'TLS handshakes with clients that failed.',
    read: (metric) => metric.inc(totals.tlsHandshakesFailed),
  });
}

function registerState(registry: Registry, view: GatewayView): void {
  counter(registry, {
    name: 'hatchway_connections_accepted_total',
    help: 'Connections of clients that were accepted.',
    read: (metric) => metric.inc(view.totals.connectionsAccepted),
  });
  gauge(registry, {
    name: 'hatchway_connections',
    help: 'Open connections: of clients, to upstreams; a tunnel is one of each.',
    labelNames: ['side'],
    read(metric) {
      metric.set({ side: 'client' }, view.open.clients);
      metric.set({ side: 'upstream' }, view.open.upstreams);
    },
  });
  gauge(registry, {
    name: 'hatchway_tunnels',
    help: 'Open tunnels.',
    read: (metric) => metric.set(view.open.tunnels),
  });
  gauge(registry, {
    name: 'hatchway_ready',
    help: '1 while new clients should be sent here.',
    read: (metric) => metric.set(view.readiness.ready ? 1 : 0),
  });
  gauge(registry, {
    name: 'hatchway_config_last_reload_successful',
    help: 'Whether the last reload of the configuration succeeded; 1 before the first one.',
    read: (metric) => metric.set(view.lastReload?.succeeded === false ? 0 : 1),
  });
  gauge(registry, {
    name: 'hatchway_config_last_reload_timestamp_seconds',
    help: 'When the configuration was last reloaded, or else the start.',
    read: (metric) => metric.set((view.lastReload?.at ?? view.startedAt).getTime() / 1000),
  });
  gauge(registry, {
    name: 'hatchway_certificate_end_timestamp_seconds',
    help: 'When the first certificate of a site ends.',
    labelNames: ['site'],
    read(metric) {
      for (const { name: site, certificateEnds } of view.sites()) {
        if (certificateEnds !== undefined) metric.set({ site }, certificateEnds.getTime() / 1000);
      }
    },
  });
  gauge(registry, {
    name: 'hatchway_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    read: (metric) => metric.set({ version: view.version }, 1),
  });
}

type Read<Metric> = {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Called at every scrape, on a metric that has no values. */
  readonly read: (metric: Metric) => void;
};

function counter(registry: Registry, { name, help, labelNames = [], read }: Read<Counter>): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      read(this);
    },
  });
}

function gauge(registry: Registry, { name, help, labelNames = [], read }: Read<Gauge>): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      read(this);
    },
  });
}

type KeptHistogramOptions = {
  readonly name: string;
  readonly help: string;
  readonly kept: () => Iterable<{
    readonly labels: Readonly<Record<string, string>>;
    readonly durations: Durations;
  }>;
};

type HistogramText = {
  name: string;
  help: string;
  type: 'histogram';
  values: HistogramValues;
};

type HistogramValues = Awaited<ReturnType<Histogram['get']>>['values'];

/** A histogram whose counts somebody else keeps: prom-client's own makes a key of the labels at every observation. */
class KeptHistogram extends Histogram {
  readonly #options: KeptHistogramOptions;

  constructor(options: KeptHistogramOptions) {
    super({ name: options.name, help: options.help, labelNames: ['site'], registers: [] });
    this.#options = options;
  }

  /** What the registry asks for, and what `get` is made of (see prom-client, lib/histogram.js). */
  async getForPromString(): Promise<HistogramText> {
    const { name, kept } = this.#options;
    const values: HistogramValues = [];
    for (const { labels, durations } of kept()) {
      const { boundsMs, counts, sumMs } = durations;
      let count = 0;
      for (const [index, inClass] of counts.entries()) {
        count += inClass;
        const bound = boundsMs[index];
        const le = bound === undefined ? '+Inf' : bound / 1000;
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
      }
      values.push({ metricName: `${name}_sum`, labels, value: sumMs / 1000 });
      values.push({ metricName: `${name}_count`, labels, value: count });
    }
    return { name, help: this.#options.help, type: 'histogram', values };
  }
}
