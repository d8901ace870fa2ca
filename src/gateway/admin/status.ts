/** What `/status` says: what the gateway is, does and has done. docs/observing.md explains every key. */
import type { GatewayView } from './gateway-view.ts';
import { type SiteTotals, statusLabels, tunnelEnders } from './totals.ts';

/** Ready for JSON. */
export function statusOf(view: GatewayView): object {
  const { version, startedAt, configPath, lastReload, readiness, open, totals } = view;
  return {
    version,
    startedAt: startedAt.toISOString(),
    uptimeSeconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
    config: configPath ?? null,
    lastReload:
      lastReload === undefined
        ? null
        : {
            at: lastReload.at.toISOString(),
            succeeded: lastReload.succeeded,
            message: lastReload.message ?? null,
          },
    ready: readiness.ready,
    ...(readiness.ready ? {} : { notReadyBecause: readiness.why }),
    open,
    listeners: view.listeners(),
    sites: sitesOf(view),
    upstreams: view.upstreams().map((upstream) => ({
      ...upstream,
      failures: Object.fromEntries(totals.upstreamFailures.get(upstream.name) ?? []),
    })),
    totals: {
      connectionsAccepted: totals.connectionsAccepted,
      tlsHandshakesFailed: totals.tlsHandshakesFailed,
      failures: Object.fromEntries(totals.failures),
      upgradesLost: Object.fromEntries(totals.upgradesLost),
    },
  };
}

/** The sites that are served, with what was counted for each. */
function sitesOf(view: GatewayView): object[] {
  const totals = new Map(Array.from(view.totals.sites, (site) => [site.name, site]));
  return view.sites().map((site) => {
    const counted = totals.get(site.name);
    return {
      ...site,
      certificateEnds: site.certificateEnds?.toISOString() ?? null,
      ...(counted === undefined ? {} : countsOf(counted)),
    };
  });
}

function countsOf(totals: SiteTotals): object {
  const requests: Record<string, number> = {};
  for (const [index, label] of statusLabels.entries()) {
    let count = 0;
    for (let at = index; at < totals.requests.length; at += statusLabels.length) {
      count += totals.requests[at] ?? 0;
    }
    requests[label] = count;
  }
  return {
    requests,
    bytesSent: totals.bytesSent,
    bytesReceived: totals.bytesReceived,
    tunnels: {
      opened: totals.tunnelsOpened,
      endedBy: Object.fromEntries(
        tunnelEnders.map((ender, index) => [ender, totals.tunnelEnds[index] ?? 0]),
      ),
      bytesToClient: totals.tunnelBytesToClient,
      bytesToUpstream: totals.tunnelBytesToUpstream,
    },
  };
}
