/** What keys of one site, or of one of its routes, mean together. */
import { createSecureContext } from 'node:tls';
import type { CheckOptions } from './checks.ts';
import { checkAccessLog, checkAuthorities, checkPair, checkReadable } from './file-checks.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { PathPattern } from './route-model.ts';
import type { ServerConfig } from './schema/servers.ts';
import type { RouteConfig, SiteConfig } from './schema.ts';
import { checkServers, checkTo } from './server-checks.ts';
import { hasTarget, type Settings, settingsOf } from './settings.ts';
import { pathPatternKey } from './values/path-pattern.ts';

export function checkSite(site: SiteConfig, path: ConfigPath, options: CheckOptions): Finding[] {
  const routes = site.routes ?? [];
  const isCertain = ['to', 'redirect', 'answer', 'routes'].every(
    (name) => !options.isDoubtful([...path, name]),
  );
  const findings: Finding[] = [];
  if (isCertain && !hasTarget(site) && routes.length === 0) {
    findings.push({
      path,
      message: 'the site has no `to`, so its requests go nowhere',
      hint: 'add where they go: `to: http://host:port`',
    });
  }
  findings.push(...checkSettings(site, path, options));
  findings.push(...checkTls(site, path, options));
  if (site.to !== undefined) findings.push(...checkTo(everything, site.to, [...path, 'to']));
  const before = new Map<string, ConfigPath>();
  for (const [index, route] of routes.entries()) {
    const routePath = [...path, 'routes', index];
    findings.push(...checkPath(route, routePath, before, options));
    findings.push(...checkRoute(site, route, routePath, isCertain, options));
  }
  if (isCertain) {
    const all = [site.to, ...routes.map(({ to }) => to)];
    findings.push(...checkUpstreamTls(site, path, all, options));
    findings.push(...checkNames(site, undefined, path));
  }
  return findings;
}

const everything: PathPattern = { kind: 'prefix', path: '/', beforeRegex: false };

/** Each path belongs to one route. */
function checkPath(
  route: RouteConfig,
  path: ConfigPath,
  before: Map<string, ConfigPath>,
  options: CheckOptions,
): Finding[] {
  const key = pathPatternKey(route.path);
  const other = before.get(key);
  if (other === undefined) {
    before.set(key, path);
    return [];
  }
  return [
    {
      path: [...path, 'path'],
      message: `\`${key}\` is already the path of the route at line ${options.lineOf(other)}`,
      hint: 'remove one of them',
    },
  ];
}

function checkRoute(
  site: SiteConfig,
  route: RouteConfig,
  path: ConfigPath,
  siteIsCertain: boolean,
  options: CheckOptions,
): Finding[] {
  const findings = checkSettings(route, path, options);
  const settings = settingsOf(site, route);
  if (siteIsCertain && !hasTarget(settings)) {
    findings.push({
      path,
      message: 'neither the route nor its site has a `to`, so these requests go nowhere',
      hint: 'add where they go: `to: http://host:port`',
    });
  }
  if (route.to !== undefined) findings.push(...checkTo(route.path, route.to, [...path, 'to']));
  else if (settings.to !== undefined && route.path.kind === 'regex') {
    findings.push(...checkInheritedPath(settings.to, path));
  }
  findings.push(...checkStripPrefix(route, settings, path));
  findings.push(...checkUpstreamTls(route, path, [settings.to], options));
  if (route.to !== undefined) findings.push(...checkNames(site, route, path));
  return findings;
}

/** The site's path is put in front of the route's, and a regular expression has none. */
function checkInheritedPath(to: readonly ServerConfig[], path: ConfigPath): Finding[] {
  const inherited = to[0]?.url.path ?? '';
  if (inherited === '' || inherited === '/') return [];
  return [
    {
      path: [...path, 'path'],
      message: 'a regular expression cannot go to the `to` of the site, which has a path',
      hint: 'give the route its own `to`, without a path',
    },
  ];
}

function checkStripPrefix(
  { path: pattern, stripPrefix }: RouteConfig,
  { to }: Settings,
  path: ConfigPath,
): Finding[] {
  if (stripPrefix !== true) return [];
  const at = { path: [...path, 'stripPrefix'], at: 'key' } as const;
  if (pattern.kind !== 'prefix' || !pattern.path.endsWith('/')) {
    return [
      {
        ...at,
        message: `\`${pathPatternKey(pattern)}\` is not a prefix that can be stripped`,
        hint: 'the `path` has to end in /, as in /api/',
      },
    ];
  }
  if (to === undefined) {
    return [{ ...at, message: '`stripPrefix` has no effect without `to`', hint: 'remove it' }];
  }
  if (to.every(({ url }) => url.path === '' || url.path === '/')) return [];
  return [
    {
      ...at,
      message: '`stripPrefix` has no effect: the path of `to` takes the place of the prefix',
      hint: 'remove one of them',
    },
  ];
}

/** What is the same on a site and on a route. */
function checkSettings(one: Settings, path: ConfigPath, options: CheckOptions): Finding[] {
  const findings = checkAccessLog([...path, 'accessLog'], one.accessLog, options.resolvePath);
  const targets = (['to', 'redirect', 'answer'] as const).filter((name) => one[name] !== undefined);
  const [first, second] = targets;
  if (first !== undefined && second !== undefined) {
    findings.push({
      path: [...path, second],
      at: 'key',
      message: `\`${second}\` and \`${first}\` exclude each other`,
      hint: 'remove one of them, or give one of them a route of its own',
    });
  }
  const isOpen = one.redirect !== undefined || one.answer !== undefined;
  if (isOpen && one.auth !== undefined && one.auth !== 'off') {
    findings.push({
      path: [...path, 'auth'],
      at: 'key',
      message: `\`auth\` has no effect: \`${one.redirect === undefined ? 'answer' : 'redirect'}\` comes before it`,
      hint: 'remove it, or let an upstream answer',
    });
  }
  findings.push(...checkAuth(one.auth, [...path, 'auth'], options));
  if (one.to !== undefined) findings.push(...checkServers(one.to, [...path, 'to']));
  if (one.sticky?.sameSite === 'none' && one.sticky.secure !== true) {
    findings.push({
      path: [...path, 'sticky', 'sameSite'],
      message: 'browsers drop a cookie with `sameSite: none` that is not `secure: true`',
      hint: 'add `secure: true`, or remove it',
    });
  }
  return findings;
}

function checkAuth(auth: Settings['auth'], path: ConfigPath, options: CheckOptions): Finding[] {
  if (auth === undefined || auth === 'off') return [];
  const { basic, forward, allow, deny } = auth;
  if ([basic, forward, allow, deny].every((one) => one === undefined)) {
    if (options.isDoubtful(path)) return [];
    return [
      {
        path,
        message: '`auth` does not say who may make requests',
        hint: 'add `basic`, `forward`, `allow` or `deny`; or write `auth: off`',
      },
    ];
  }
  if (basic === undefined) return [];
  return checkReadable([...path, 'basic', 'file'], basic.file, options.resolvePath);
}

function checkUpstreamTls(
  { upstreamTls: tls }: Settings,
  path: ConfigPath,
  upstreams: readonly (readonly ServerConfig[] | undefined)[],
  options: CheckOptions,
): Finding[] {
  if (tls === undefined) return [];
  const tlsPath = [...path, 'upstreamTls'];
  if (!upstreams.some((servers) => servers?.some(({ url }) => url.scheme === 'https'))) {
    return [
      {
        path: tlsPath,
        at: 'key',
        message: '`upstreamTls` has no effect: the upstream is not https',
        hint: 'write `to: https://…`, or remove it',
      },
    ];
  }
  const { ca } = tls;
  return [
    ...(ca === undefined ? [] : checkAuthorities([...tlsPath, 'ca'], ca, options.resolvePath)),
    ...checkPair(tlsPath, tls, options.resolvePath),
    ...checkVersions(tls, tlsPath),
  ];
}

/** Several https servers are one upstream, with one name that all their certificates have. */
function checkNames(site: SiteConfig, route: RouteConfig | undefined, path: ConfigPath): Finding[] {
  const { to = [], upstreamTls } = settingsOf(site, route);
  if (upstreamTls?.serverName !== undefined || upstreamTls?.verify === false) return [];
  const [first, ...others] = to;
  const index = others.findIndex(({ url }) => url.host !== first?.url.host) + 1;
  if (first?.url.scheme !== 'https' || index === 0) return [];
  return [
    {
      path: [...path, 'to', index],
      message: `\`${first.url.host}\` and \`${to[index]?.url.host}\` are checked for one name, and it is not said which`,
      hint: 'add `upstreamTls: { serverName: NAME }` with a name that the certificates of all servers have',
    },
  ];
}

function checkTls(site: SiteConfig, path: ConfigPath, options: CheckOptions): Finding[] {
  const { tls, cert, key } = site;
  if (tls === undefined) return [];
  const tlsPath = [...path, 'tls'];
  const isDoubtful = options.isDoubtful([...path, 'cert']) || options.isDoubtful([...path, 'key']);
  if (cert === undefined && key === undefined && !isDoubtful) {
    return [
      {
        path: tlsPath,
        at: 'key',
        message: '`tls` has no effect: the site has no certificate',
        hint: 'add `cert` and `key`, or remove it',
      },
    ];
  }
  const findings = checkVersions(tls, tlsPath);
  const { clients } = tls;
  if (clients === undefined) return findings;
  if (clients.ca !== undefined) {
    const caPath = [...tlsPath, 'clients', 'ca'];
    findings.push(...checkAuthorities(caPath, clients.ca, options.resolvePath));
  } else if (clients.verify !== 'optional_no_ca') {
    findings.push({
      path: [...tlsPath, 'clients'],
      message: 'it is not said which authorities sign the certificates of clients',
      hint: 'add `ca` with a PEM file',
    });
  }
  return findings;
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

function checkVersions(
  tls: NonNullable<Settings['upstreamTls'] | SiteConfig['tls']>,
  path: ConfigPath,
): Finding[] {
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3', ciphers } = tls;
  const findings: Finding[] = [];
  if (versions.indexOf(minVersion) > versions.indexOf(maxVersion)) {
    findings.push({
      path: [...path, tls.maxVersion === undefined ? 'minVersion' : 'maxVersion'],
      message: `no TLS is both at least ${minVersion} and at most ${maxVersion}`,
      hint: 'exchange them, or remove one',
    });
  }
  if (ciphers !== undefined && !areCiphers(ciphers)) {
    findings.push({
      path: [...path, 'ciphers'],
      message: `OpenSSL knows no cipher of \`${ciphers}\``,
      hint: "the notation is OpenSSL's; `openssl ciphers -v 'LIST'` shows what a list stands for",
    });
  }
  return findings;
}

function areCiphers(ciphers: string): boolean {
  try {
    createSecureContext({ ciphers });
    return true;
  } catch {
    return false;
  }
}
