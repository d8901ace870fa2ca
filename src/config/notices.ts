/**
 * What is allowed but probably not meant, or will soon be wrong, with its place in the file. What can be said of any
 * model, wherever it comes from, is in `warnings.ts`.
 */
import { dateWarning } from './certificate-dates.ts';
import { profileOf } from './compile/profile.ts';
import type { ResolvePath } from './file-checks.ts';
import { idleKeysOf } from './idle-keys.ts';
import {
  idleInFile,
  idleOnAddresses,
  idlePartsOf,
  idleRouteParts,
  idleSiteParts,
} from './idle-parts.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { ListenConfig } from './schema/listen.ts';
import type { Config, RouteConfig, SiteConfig } from './schema.ts';
import { type Served, servedBy } from './served.ts';
import { noticeTo } from './server-checks.ts';
import { type Settings, settingsOf } from './settings.ts';
import { formatListenAddress } from './values/listen-address.ts';
import { formatDuration } from './values/quantity.ts';

export type NoticeOptions = {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenConfig[];
  readonly resolvePath: ResolvePath;
  readonly now: Date;
  /** Whether what is at a path may have been meant otherwise, since a problem has been found there already. */
  readonly isDoubtful: (path: ConfigPath) => boolean;
};

const everything = { kind: 'prefix', path: '/', beforeRegex: false } as const;

/**
 * Also of a configuration in which something is wrong, as far as it can be read.
 *
 * @param sites undefined for one that could not be read: the indices of the others hold
 */
export function noticesOf(
  top: Omit<Config, 'sites'>,
  sites: readonly (SiteConfig | undefined)[],
  options: NoticeOptions,
): Finding[] {
  const served = servedBy(sites, top.console, options.listen);
  const findings: Finding[] = [];
  const certificates = new CertificateDates(options);
  for (const one of served) {
    for (const [index, file] of (one.cert ?? []).entries()) {
      findings.push(...certificates.notice([...one.path, 'cert', index], file));
    }
    findings.push(...proxyProtocolNotice(one, top, options));
    if (one.site === undefined) continue;
    findings.push(...idleNotices(one.site, one.path, options));
    const authorities = one.site.tls?.clients?.ca;
    findings.push(...certificates.notice([...one.path, 'tls', 'clients', 'ca'], authorities));
    findings.push(...certificates.ofUpstream(one.site.upstreamTls, one.path));
    if (one.site.to !== undefined) {
      findings.push(...noticeTo(everything, one.site.to, [...one.path, 'to']));
    }
    findings.push(...originNotice(one.site.origin, one.path));
    findings.push(...profileNotices(one.site, undefined, one.path, options));
    for (const { route, path } of routesIn(one.site.routes, one.path)) {
      if (route.to !== undefined) findings.push(...noticeTo(route.path, route.to, [...path, 'to']));
      findings.push(...originNotice(route.origin, path));
      findings.push(...certificates.ofUpstream(route.upstreamTls, path));
      const isOwn = route.to !== undefined || route.profile !== undefined;
      if (isOwn) findings.push(...profileNotices(one.site, route, path, options));
    }
  }
  const routes = sites.flatMap((site) => routesIn(site?.routes, []).map(({ route }) => route));
  const levels = [...sites.filter((site) => site !== undefined), ...routes];
  const inAll = [...idleOnAddresses(served, options.listen), ...idleInFile(top, served, levels)];
  const isRead = !['sites', 'listen', 'console'].some((name) => options.isDoubtful([name]));
  if (isRead) findings.push(...inAll);
  return findings;
}

/** What says where requests go: where one of these is wrong, it is not known what counts. */
const decisive = ['to', 'redirect', 'answer', 'files', 'rules', 'routes'];

function idleNotices(site: SiteConfig, path: ConfigPath, { isDoubtful }: NoticeOptions): Finding[] {
  if (decisive.some((name) => isDoubtful([...path, name]))) return [];
  const routes = routesIn(site.routes, path).map(({ route, path: at }) => {
    return { route, path: at, settings: settingsOf(site, route) };
  });
  return [
    // An error, see `site-checks.ts`.
    ...idleKeysOf(site, path).flatMap(({ key, finding }) => (key === 'auth' ? [] : [finding])),
    ...idleSiteParts(site, path),
    ...idlePartsOf(site, [site, ...routes.map(({ settings }) => settings)], path),
    ...routes.flatMap(({ route, path: at, settings }) => [
      ...idleRouteParts(route, at),
      ...idlePartsOf(route, [settings], at),
    ]),
  ];
}

type Placed = { readonly route: RouteConfig; readonly path: ConfigPath };

/** With those that are inside others. */
function routesIn(routes: readonly RouteConfig[] = [], outer: ConfigPath): Placed[] {
  return routes.flatMap((route, index) => {
    const path = [...outer, 'routes', index];
    return [{ route, path }, ...routesIn(route.routes, path)];
  });
}

/** Each file is looked at once, however many sites name it. */
class CertificateDates {
  readonly #options: NoticeOptions;
  readonly #told = new Set<string>();

  constructor(options: NoticeOptions) {
    this.#options = options;
  }

  ofUpstream(tls: SiteConfig['upstreamTls'], path: ConfigPath): Finding[] {
    return [
      ...this.notice([...path, 'upstreamTls', 'cert'], tls?.cert),
      ...this.notice([...path, 'upstreamTls', 'ca'], tls?.ca),
    ];
  }

  notice(path: ConfigPath, file: string | undefined): Finding[] {
    if (file === undefined) return [];
    const absolute = this.#options.resolvePath(file);
    if (this.#told.has(absolute)) return [];
    this.#told.add(absolute);
    const message = dateWarning(absolute, this.#options.now);
    return message === undefined
      ? []
      : [{ path, message, hint: 'renew it; the file is read again when it changes' }];
  }
}

/** What nginx does by itself, and what keeps consoles from opening. */
function originNotice(origin: Settings['origin'], path: ConfigPath): Finding[] {
  if (typeof origin !== 'object' || (origin.host === undefined) === (origin.origin === undefined)) {
    return [];
  }
  const [said, other] = origin.host === undefined ? ['Origin', 'Host'] : ['Host', 'Origin'];
  return [
    {
      path: [...path, 'origin'],
      message: `the upstream is told another ${said} than the browser's, and the browser's ${other}: many applications refuse WebSockets then`,
      hint: 'write `origin: keep` or `origin: upstream`, which change both or none',
    },
  ];
}

/** Believing nobody is right while nobody is in front; here somebody is. */
function proxyProtocolNotice(
  { listen, site, path, ownListen }: Served,
  top: Omit<Config, 'sites'>,
  { isDoubtful }: NoticeOptions,
): Finding[] {
  const index = listen.findIndex(({ proxyProtocol }) => proxyProtocol === true);
  const address = listen[index];
  const trusted = site?.trustedProxies ?? top.trustedProxies;
  if (address === undefined || trusted !== undefined) return [];
  if (isDoubtful(['trustedProxies']) || isDoubtful([...path, 'trustedProxies'])) return [];
  return [
    {
      path: [...(ownListen ? path : []), 'listen', index],
      message: `${formatListenAddress(address)} is told who clients are, and believes nobody: all requests seem to come from the proxy`,
      hint: 'add `trustedProxies` with the address of the proxy in front',
    },
  ];
}

function profileNotices(
  site: SiteConfig,
  route: RouteConfig | undefined,
  path: ConfigPath,
  { isDoubtful }: NoticeOptions,
): Finding[] {
  // What is wrong in one of them may be what another one lacks.
  const related = ['to', 'balance', 'sticky', 'timeouts', 'upstreamTls'];
  if (related.some((name) => isDoubtful([...path, name]))) return [];
  const settings = settingsOf(site, route);
  switch (settings.profile) {
    case 'nomad':
      return nomadNotices(settings, path);
    case 'portainer':
      return portainerNotices(settings, path);
    default:
      return [];
  }
}

/** Five minutes is what a blocking query takes unless it says otherwise, and a sixteenth more. */
const nomadShortestReadMs = 330_000;

function nomadNotices({ timeouts, to, balance, sticky }: Settings, path: ConfigPath): Finding[] {
  const findings: Finding[] = [];
  if (timeouts?.read !== undefined && timeouts.read < nomadShortestReadMs) {
    const known = formatDuration(profileOf.nomad.timeouts.readMs);
    findings.push({
      path: [...path, 'timeouts', 'read'],
      message: `Nomad answers a blocking query after 5 min and more, and is given ${formatDuration(timeouts.read)}`,
      hint: `remove it: \`profile: nomad\` gives it ${known}`,
    });
  }
  const forgets =
    balance === 'round_robin' || balance === 'least_conn' || String(balance).startsWith('random');
  if (to !== undefined && to.length > 1 && forgets && sticky === undefined) {
    findings.push({
      path: [...path, 'balance'],
      message: `an exec session belongs to one server, and \`${balance}\` may choose another`,
      hint: 'remove it: `profile: nomad` chooses by `ip_hash`; or add `sticky`',
    });
  }
  return findings;
}

function portainerNotices({ to, upstreamTls }: Settings, path: ConfigPath): Finding[] {
  const isVerified = upstreamTls?.verify === undefined && upstreamTls?.ca === undefined;
  const own = to?.find(({ url }) => url.scheme === 'https' && url.port === 9443);
  if (own === undefined || !isVerified) return [];
  return [
    {
      path: [...path, 'to'],
      message: `the certificate that Portainer makes for ${own.url.text} is signed by nobody, and will be refused`,
      hint: 'give Portainer one of its own (--sslcert), name it with `upstreamTls: { ca: FILE }`, or write `upstreamTls: { verify: false }`',
    },
  ];
}
