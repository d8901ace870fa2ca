/** What keys of one site, or of one of its routes, mean together. */
import { createSecureContext } from 'node:tls';
import type { CheckOptions } from './checks.ts';
import {
  checkAccessLog,
  checkAuthorities,
  checkPair,
  checkReadable,
  checkRevoked,
} from './file-checks.ts';
import { idleKeysOf } from './idle-keys.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { checkNamedPages, checkRules } from './rule-checks.ts';
import type { ServerConfig } from './schema/servers.ts';
import type { RouteConfig, SiteConfig } from './schema.ts';
import { checkServers, checkSticky, checkTo } from './server-checks.ts';
import { hasTarget, type Settings, settingsOf } from './settings.ts';
import { pathPatternKey, type RoutePath } from './values/path-pattern.ts';

export function checkSite(site: SiteConfig, path: ConfigPath, options: CheckOptions): Finding[] {
  const routes = site.routes ?? [];
  const isCertain = ['to', 'redirect', 'answer', 'routes', 'rules'].every(
    (name) => !options.isDoubtful([...path, name]),
  );
  const findings: Finding[] = [];
  const hasNothing = !hasTarget(site) && routes.length === 0 && site.rules === undefined;
  if (isCertain && hasNothing && site.tls?.rejectHandshakes !== true) {
    findings.push({
      path,
      message: 'the site has no `to`, so its requests go nowhere',
      hint: 'add where they go: `to: http://host:port`',
    });
  }
  findings.push(...checkSettings(site, path, options));
  findings.push(...checkTls(site, path, options));
  if (site.to !== undefined) findings.push(...checkTo(everything, site.to, [...path, 'to']));
  findings.push(...checkRules(site.rules, [...path, 'rules']));
  if (isCertain) findings.push(...checkNamedPages(site, path));
  findings.push(...checkRoutes(site, routes, undefined, [...path, 'routes'], isCertain, options));
  if (isCertain) {
    const all = [site.to, ...withNested(routes).map(({ to }) => to)];
    findings.push(...checkUpstreamTls(site, path, all, options));
    findings.push(...checkNames(site, undefined, path));
    // Whoever writes it means that somebody is kept out.
    const idle = idleKeysOf(site, path).filter(({ key }) => key === 'auth');
    findings.push(...idle.map(({ finding }) => finding));
  }
  return findings;
}

const everything: RoutePath = { kind: 'prefix', path: '/', beforeRegex: false };

function withNested(routes: readonly RouteConfig[]): RouteConfig[] {
  return routes.flatMap((route) => [route, ...withNested(route.routes ?? [])]);
}

/** @param outer the route that they are in, if any */
function checkRoutes(
  site: SiteConfig,
  routes: readonly RouteConfig[],
  outer: RouteConfig | undefined,
  path: ConfigPath,
  siteIsCertain: boolean,
  options: CheckOptions,
): Finding[] {
  const before = new Map<string, ConfigPath>();
  return routes.flatMap((route, index) => {
    const routePath = [...path, index];
    return [
      ...checkPath(route, routePath, before, options),
      ...checkWithin(route, outer, routePath),
      ...checkRoute(site, route, routePath, siteIsCertain, options),
      ...checkRules(route.rules, [...routePath, 'rules']),
      ...checkRoutes(
        site,
        route.routes ?? [],
        route,
        [...routePath, 'routes'],
        siteIsCertain,
        options,
      ),
    ];
  });
}

/** A route that is looked at behind another one has paths that come there. */
function checkWithin(
  route: RouteConfig,
  outer: RouteConfig | undefined,
  path: ConfigPath,
): Finding[] {
  if (outer === undefined) return [];
  const { path: own } = route;
  const at = [...path, 'path'];
  if (own.named !== undefined) {
    return [
      { path: at, message: `\`${own.named}\` is inside a route`, hint: 'write it beside it' },
    ];
  }
  if (outer.path.kind === 'exact' || outer.path.named !== undefined) {
    return [
      {
        path: at,
        message: `nothing is inside \`${pathPatternKey(outer.path)}\``,
        hint: 'write the route beside it',
      },
    ];
  }
  if (own.kind === 'regex' || outer.path.kind === 'regex') return [];
  if (own.path.startsWith(outer.path.path)) return [];
  return [
    {
      path: at,
      message: `\`${own.path}\` is not inside \`${outer.path.path}\``,
      hint: `begin it with ${outer.path.path}, or write the route beside that one`,
    },
  ];
}

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
  if (siteIsCertain && !hasTarget(settings) && !answersAlone(route)) {
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

/** Whether its rules or the routes inside it have something to say. */
function answersAlone({ rules, routes }: RouteConfig): boolean {
  return rules !== undefined || routes !== undefined;
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
  findings.push(...checkAuth(one.auth, [...path, 'auth'], options));
  findings.push(...checkFiles(one, path));
  if (one.to !== undefined) findings.push(...checkServers(one.to, [...path, 'to']));
  findings.push(...checkSticky(one.sticky, [...path, 'sticky']));
  return findings;
}

function checkFiles({ files, redirect, answer }: Settings, path: ConfigPath): Finding[] {
  if (files === undefined) return [];
  const other = redirect === undefined ? answer && 'answer' : 'redirect';
  if (other !== undefined) {
    return [
      {
        path: [...path, 'files'],
        at: 'key',
        message: `\`files\` and \`${other}\` exclude each other`,
        hint: 'remove one of them, or give one of them a route of its own',
      },
    ];
  }
  if ((files.try === undefined) === (files.otherwise === undefined)) return [];
  const [given, missing] = files.try === undefined ? ['otherwise', 'try'] : ['try', 'otherwise'];
  return [
    {
      path: [...path, 'files', given],
      at: 'key',
      message: `\`${given}\` needs \`${missing}\` beside it`,
      hint: 'write { try: [$uri], otherwise: 404 }, or a path of the site in the place of 404',
    },
  ];
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
  const [file, ...others] = basic.file;
  // With variables in its name it is known when somebody comes.
  if (typeof file !== 'string' || others.length > 0) return [];
  return checkReadable([...path, 'basic', 'file'], file, options.resolvePath);
}

function checkUpstreamTls(
  { upstreamTls: tls }: Settings,
  path: ConfigPath,
  upstreams: readonly (readonly ServerConfig[] | undefined)[],
  options: CheckOptions,
): Finding[] {
  if (tls === undefined) return [];
  const tlsPath = [...path, 'upstreamTls'];
  const mayBeTls = upstreams.some((servers) =>
    servers?.some(({ url }) => url.scheme === 'https' || url.tls || url.computed !== undefined),
  );
  if (!mayBeTls) {
    return [
      {
        path: tlsPath,
        at: 'key',
        message: '`upstreamTls` has no effect: the upstream is not https',
        hint: 'write `to: https://…`, or remove it',
      },
    ];
  }
  const { ca, crl } = tls;
  return [
    ...(crl === undefined ? [] : checkRevoked([...tlsPath, 'crl'], crl, options.resolvePath)),
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
  if (cert === undefined && key === undefined && tls.rejectHandshakes !== true && !isDoubtful) {
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
  if (clients.crl !== undefined) {
    const crlPath = [...tlsPath, 'clients', 'crl'];
    findings.push(...checkRevoked(crlPath, clients.crl, options.resolvePath));
  }
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
