/**
 * What no key can know alone. This is the file as a whole; what keys of one site mean together is in `site-checks.ts`,
 * what sites on one address do to each other in `address-checks.ts`, whether files can be used in `file-checks.ts`.
 */
import { checkAddresses } from './address-checks.ts';
import {
  checkAccessLog,
  checkDockerCertificates,
  checkPairs,
  type ResolvePath,
} from './file-checks.ts';
import { checkLimits } from './limit-checks.ts';
import type { ConfigPath, Finding, LineOf } from './problem.ts';
import type { ListenConfig } from './schema/listen.ts';
import type { Config, SiteConfig } from './schema.ts';
import { type Served, servedBy } from './served.ts';
import { checkServers, checkSticky } from './server-checks.ts';
import { checkSite } from './site-checks.ts';

export type CheckOptions = {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenConfig[];
  readonly resolvePath: ResolvePath;
  readonly lineOf: LineOf;
  /** Whether what is at a path may have been meant otherwise, since a problem has been found there already. */
  readonly isDoubtful: (path: ConfigPath) => boolean;
};

/**
 * Everything that is wrong.
 *
 * @param sites undefined for one that could not be read: it takes no part, and the indices of the others hold
 */
export function check(
  top: Omit<Config, 'sites'>,
  sites: readonly (SiteConfig | undefined)[],
  options: CheckOptions,
): Finding[] {
  const served = servedBy(sites, top.console, options.listen);
  const findings: Finding[] = [];
  if (!top.console.enabled && sites.length === 0 && !options.isDoubtful(['sites'])) {
    findings.push({
      path: ['console', 'enabled'],
      message: 'nothing is left to serve: the console is off and there are no sites',
      hint: 'add a site, or remove `enabled: false`',
    });
  }
  findings.push(...checkAccessLog(['accessLog'], top.accessLog, options.resolvePath));
  findings.push(...checkDockerCertificates(top.console.targets.docker, options.resolvePath));
  findings.push(...checkCertificates(served, options));
  findings.push(...checkUpstreams(top));
  if (!options.isDoubtful(['limits'])) findings.push(...checkLimits(top.limits, sites));
  for (const { site, path } of served) {
    if (site !== undefined) findings.push(...checkSite(site, path, options));
  }
  const certain = served.filter((one) => !isDoubtful(one, options));
  return [...findings, ...checkAddresses(certain, top.admin?.address, options.lineOf)];
}

function checkUpstreams({ upstreams = {} }: Omit<Config, 'sites'>): Finding[] {
  return Object.entries(upstreams).flatMap(([name, { servers, sticky }]) => [
    ...checkServers(servers, ['upstreams', name, 'servers']),
    ...checkSticky(sticky, ['upstreams', name, 'sticky']),
  ]);
}

/** Whether it may have been meant for another address, other hosts, or another kind of address. */
function isDoubtful(one: Served, options: CheckOptions): boolean {
  const keys = ['host', 'listen', 'cert', 'key'].map((key) => [...one.path, key]);
  if (!one.ownListen) keys.push(['listen']);
  return keys.some(options.isDoubtful);
}

function checkCertificates(served: readonly Served[], options: CheckOptions): Finding[] {
  const findings: Finding[] = [];
  /** Many sites may share one pair of files: each pair is read once, and its problem told once. */
  const seen = new Set<string>();
  for (const one of served) {
    const { cert, key, path } = one;
    if (options.isDoubtful([...path, 'cert']) || options.isDoubtful([...path, 'key'])) continue;
    const isPair = cert !== undefined && key !== undefined;
    const pair = `${cert}\0${key}`;
    if (isPair && seen.has(pair)) continue;
    seen.add(pair);
    findings.push(...checkPairs(path, one, options.resolvePath));
  }
  return findings;
}
