/** What is allowed but should be said aloud at every start. Looks only at the model, so it holds for any source of one. */

import type { GatewayModel } from './model.ts';
import type { Template } from './rule-model.ts';
import { formatListenAddress, isLocal } from './values/listen-address.ts';
import { hasConsole, routesOf, sitesOf, upstreamsOf } from './walk.ts';

/** One sentence each, the most dangerous first. */
export function warningsOf(model: GatewayModel): string[] {
  const warnings: string[] = [];
  for (const { address, tls, sites } of model.listeners) {
    if (tls || isLocal(address)) continue;
    const name = formatListenAddress(address);
    warnings.push(
      sites.some(hasConsole)
        ? `the console on ${name} can be reached from other machines without TLS: whoever is on the way reads its token and every keystroke; give it cert and key, or put a proxy with TLS in front`
        : `${name} can be reached from other machines without TLS: whoever is on the way reads everything`,
    );
  }
  if (model.admin !== undefined && !isLocal(model.admin.address)) {
    const name = formatListenAddress(model.admin.address);
    warnings.push(
      `metrics and states on ${name} can be seen by whoever reaches it, since nobody is asked who they are`,
    );
  }
  const unverified = new Set<string>();
  for (const site of sitesOf(model)) {
    for (const route of routesOf(site)) {
      for (const { tls, name } of upstreamsOf(route)) {
        if (tls?.verify === false) unverified.add(name);
      }
      if (route.upstream !== undefined && 'url' in route.upstream) {
        const { url, tls } = route.upstream;
        const [first] = url;
        const mayBeHttps = typeof first !== 'string' || first.startsWith('https:');
        if (mayBeHttps && !tls.verify) unverified.add(formatTemplate(url));
      }
    }
  }
  for (const name of unverified) {
    warnings.push(
      `the certificate of ${name} is not verified (verify: false, or in an nginx.conf no proxy_ssl_verify): it could be anybody`,
    );
  }
  return warnings;
}

/** As a configuration has it. */
function formatTemplate(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : `$${part.variable}`)).join('');
}
