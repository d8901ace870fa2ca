/** What is allowed but should be said aloud at every start. Looks only at the model, so it holds for any source of one. */

import type { GatewayModel, UpstreamModel } from './model.ts';
import { formatListenAddress, isLocal } from './values/listen-address.ts';

/** One sentence each, the most dangerous first. */
export function warningsOf(model: GatewayModel): string[] {
  const warnings: string[] = [];
  for (const { address, tls, sites } of model.listeners) {
    if (tls || isLocal(address)) continue;
    const name = formatListenAddress(address);
    const hasConsole = sites.some((site) => site.routes.some((route) => isConsole(route.upstream)));
    warnings.push(
      hasConsole
        ? `the console on ${name} can be reached from other machines without TLS: whoever is on the way reads its token and every keystroke; give it cert and key, or put a proxy with TLS in front`
        : `${name} can be reached from other machines without TLS: whoever is on the way reads everything`,
    );
  }
  const unverified = new Set<string>();
  for (const { sites } of model.listeners) {
    for (const { routes } of sites) {
      for (const { upstream } of routes) {
        if (upstream.tls?.verify === false) unverified.add(upstream.name);
      }
    }
  }
  for (const name of unverified) {
    warnings.push(
      `the certificate of ${name} is not verified (verify: false): it could be anybody`,
    );
  }
  return warnings;
}

function isConsole(upstream: UpstreamModel): boolean {
  return upstream.servers.some((server) => server.kind === 'in-process');
}
