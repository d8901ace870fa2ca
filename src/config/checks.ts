/**
 * What no key can know alone: what keys of one site mean together, and whether the files that are named can be used.
 * What sites on one address do to each other is in `address-checks.ts`.
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HatchwayError } from '../base/errors.ts';
import { checkAddresses } from './address-checks.ts';
import { readCertificate, readPrivateKey } from './certificate.ts';
import type { AccessLogModel, ListenAddress } from './model.ts';
import type { ConfigPath, Finding, LineOf } from './problem.ts';
import type { Config, SiteConfig } from './schema.ts';
import { type Served, servedBy } from './served.ts';
import { pathPatternKey } from './values/path-pattern.ts';

export type CheckOptions = {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenAddress[];
  /** The absolute form of a path as written. */
  readonly resolvePath: (path: string) => string;
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
  findings.push(...checkAccessLog(['accessLog'], top.accessLog, options));
  findings.push(...checkDockerCertificates(top.console.targets.docker, options));
  findings.push(...checkCertificates(served, options));
  for (const { site, path } of served) {
    if (site !== undefined) findings.push(...checkSite(site, path, options));
  }
  const certain = served.filter((one) => !isDoubtful(one, options));
  return [...findings, ...checkAddresses(certain, options.lineOf)];
}

/** Whether it may have been meant for another address, other hosts, or another kind of address. */
function isDoubtful(one: Served, options: CheckOptions): boolean {
  const keys = ['host', 'listen', 'cert', 'key'].map((key) => [...one.path, key]);
  if (!one.ownListen) keys.push(['listen']);
  return keys.some(options.isDoubtful);
}

function checkSite(site: SiteConfig, path: ConfigPath, options: CheckOptions): Finding[] {
  const findings = checkAccessLog([...path, 'accessLog'], site.accessLog, options);
  const routes = site.routes ?? [];
  const isCertain =
    !options.isDoubtful([...path, 'to']) && !options.isDoubtful([...path, 'routes']);
  if (isCertain && site.to === undefined && routes.length === 0) {
    findings.push({
      path,
      message: 'the site has no `to`, so its requests go nowhere',
      hint: 'add where they go: `to: http://host:port`',
    });
  }
  const paths = new Map<string, ConfigPath>();
  for (const [index, route] of routes.entries()) {
    const routePath = [...path, 'routes', index];
    const key = pathPatternKey(route.path);
    const before = paths.get(key);
    if (before === undefined) paths.set(key, routePath);
    else {
      findings.push({
        path: [...routePath, 'path'],
        message: `\`${key}\` is already the path of the route at line ${options.lineOf(before)}`,
        hint: 'remove one of them',
      });
    }
    // On a whole site it changes nothing, and people paste it; on a route it means "strip the path" to nginx.
    if (route.to.trailingSlash) {
      findings.push({
        path: [...routePath, 'to'],
        message: `\`${route.to.text}\` has a path, which \`to\` cannot have`,
        hint: `remove the last /; the path of the request is passed on as it is, ${key} included`,
      });
    }
    findings.push(...checkUpstreamTls(routePath, route.upstreamTls, [route.to], options));
  }
  const all = routes.map((route) => route.to);
  if (site.to !== undefined) all.push(site.to);
  if (isCertain) findings.push(...checkUpstreamTls(path, site.upstreamTls, all, options));
  return findings;
}

function checkUpstreamTls(
  path: ConfigPath,
  tls: SiteConfig['upstreamTls'],
  upstreams: readonly { scheme: string }[],
  options: CheckOptions,
): Finding[] {
  if (tls === undefined) return [];
  if (!upstreams.some((upstream) => upstream.scheme === 'https')) {
    return [
      {
        path: [...path, 'upstreamTls'],
        at: 'key',
        message: '`upstreamTls` has no effect: the upstream is not https',
        hint: 'write `to: https://…`, or remove it',
      },
    ];
  }
  const { ca } = tls;
  if (ca === undefined) return [];
  return attempt([...path, 'upstreamTls', 'ca'], () => readCertificate(options.resolvePath(ca)));
}

function checkAccessLog(
  path: ConfigPath,
  log: AccessLogModel | undefined,
  options: CheckOptions,
): Finding[] {
  if (log?.kind !== 'file') return [];
  const file = options.resolvePath(log.path);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    return [{ path, message: `${file} is a folder`, hint: 'name a file in it' }];
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) return [];
  return [{ path, message: `there is no folder ${dirname(file)}`, hint: 'create it' }];
}

function checkDockerCertificates(
  docker: Config['console']['targets']['docker'],
  options: CheckOptions,
): Finding[] {
  if (docker === false || docker.certs === undefined) return [];
  const path = ['console', 'targets', 'docker', 'certs'];
  const file = (name: string) => join(options.resolvePath(docker.certs ?? ''), name);
  return [
    ...attempt(path, () => readCertificate(file('ca.pem'))),
    ...attempt(path, () => readCertificate(file('cert.pem'))),
    ...attempt(path, () => readPrivateKey(file('key.pem'))),
  ];
}

function checkCertificates(served: readonly Served[], options: CheckOptions): Finding[] {
  const findings: Finding[] = [];
  /** Many sites may share one pair of files: each pair is read once, and its problem told once. */
  const seen = new Set<string>();
  for (const { cert, key, path } of served) {
    if (cert === undefined && key === undefined) continue;
    if (options.isDoubtful([...path, 'cert']) || options.isDoubtful([...path, 'key'])) continue;
    if (cert === undefined || key === undefined) {
      const [given, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
      findings.push({
        path: [...path, given],
        at: 'key',
        message: `\`${given}\` needs \`${missing}\` beside it`,
        hint: `add \`${missing}\` with its PEM file`,
      });
      continue;
    }
    const pair = `${cert}\0${key}`;
    if (seen.has(pair)) continue;
    seen.add(pair);
    findings.push(...checkCertificate(path, cert, key, options));
  }
  return findings;
}

function checkCertificate(
  path: ConfigPath,
  cert: string,
  key: string,
  options: CheckOptions,
): Finding[] {
  const certificate = attemptValue([...path, 'cert'], () =>
    readCertificate(options.resolvePath(cert)),
  );
  const privateKey = attemptValue([...path, 'key'], () => readPrivateKey(options.resolvePath(key)));
  const findings = [...certificate.findings, ...privateKey.findings];
  if (certificate.value === undefined || privateKey.value === undefined) return findings;
  if (certificate.value.checkPrivateKey(privateKey.value)) return findings;
  return [
    {
      path: [...path, 'key'],
      message: `the key in ${options.resolvePath(key)} does not belong to the certificate in ${options.resolvePath(cert)}`,
      hint: 'the certificate comes first in its file, before those of its issuers; is it the right one?',
    },
  ];
}

function attempt(path: ConfigPath, action: () => unknown): Finding[] {
  return attemptValue(path, action).findings;
}

/** The value, or the HatchwayError as a finding; anything else is a bug and flies. */
function attemptValue<Value>(
  path: ConfigPath,
  action: () => Value,
): { value?: Value; findings: Finding[] } {
  try {
    return { value: action(), findings: [] };
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    return { findings: [{ path, message: error.message, hint: error.remedy }] };
  }
}
