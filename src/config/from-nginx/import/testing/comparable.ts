/**
 * A model in the one form that an nginx.conf and the hatchway.yaml made of it have in common. Everything is in it but what
 * need not be the same, which is this, with its reason:
 *
 * - names of sites and upstreams: they are for logs and messages
 * - defaults: said or not said
 * - which of two servers with one name on one address comes first: nobody comes to the second
 * - `set` of a constant that says where requests go: hatchway.yaml has the server itself, which is then kept and counted
 * - Host `$host` or `$http_host`: hatchway.yaml passes on the browser's, with the port that its Origin has, too
 * - changes of redirects that no upstream sends, since it never hears of another host than the browser's
 * - fields with which nginx's upstreams speak to nginx (X-Accel-…): nobody else looks at them
 * - what stands behind an unconditional answer: nobody comes there; the type of its text by extensions that are not in its path
 * - what the gateway answers where nothing else does, beside a route for everything
 * - maps that nothing looks at, and whether they are looked up once for a request
 * - `allow all` behind the last `deny`
 */

import type { GatewayModel, HostPattern, ListenerModel, SiteModel } from '../../../model.ts';
import type { AccessModel, PathPattern, ResponseModel, RouteModel } from '../../../route-model.ts';
import type { RuleModel } from '../../../rule-model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../../../upstream-model.ts';
import { hostPatternKey } from '../../../values/host-pattern.ts';
import { formatListenAddress } from '../../../values/listen-address.ts';
import { foldConstants, textOf, withConstants } from '../constants.ts';
import { keptHosts } from '../field-keys.ts';
import { ownHidden } from '../response-keys.ts';
import { staticUpstream } from '../static-upstream.ts';
import { targetVariables } from '../target-variables.ts';
import { usedMaps } from '../upstream-inputs.ts';
import { fromText, pathText, regexText, templateText } from '../yaml-text.ts';

export function comparable(model: GatewayModel): unknown {
  const { listeners, drainMs = 5000, requestZones, connectionZones, limits } = model;
  return plain({
    listeners: Object.fromEntries(
      listeners.map((one) => [formatListenAddress(one.address), listenerOf(one, model)]),
    ),
    limits,
    drainMs,
    maps: Object.fromEntries(
      usedMaps(model).map(({ variable, entries, ...map }) => [
        variable,
        { fallback: [], ...map, entries: inTextOrder(entries) },
      ]),
    ),
    requestZones: requestZones ?? [],
    connectionZones: connectionZones ?? [],
  });
}

/** Texts are looked up; only regular expressions have an order. */
function inTextOrder(entries: NonNullable<GatewayModel['maps']>[number]['entries']): unknown {
  const [texts, regexes] = [true, false].map((isText) =>
    entries.filter(({ kind }) => (kind !== 'regex') === isText),
  );
  return { texts: new Set((texts ?? []).map((one) => JSON.stringify(one)).toSorted()), regexes };
}

/** What requests of each host find there. */
function listenerOf(listener: ListenerModel, model: GatewayModel): unknown {
  const { tls, http2, proxyProtocol, reusePort, ipv6Only, sites, defaultSite } = listener;
  const hosts = new Map<string, unknown>();
  for (const site of sites) {
    const compared = siteOf(site, model);
    for (const host of namedHosts(site)) {
      const key = host.kind === 'regex' ? `~${regexText(host.regex)}` : hostPatternKey(host);
      if (!hosts.has(key)) hosts.set(key, compared);
    }
  }
  const options = { tls, http2, proxyProtocol, reusePort, ipv6Only };
  return { options: onlyTrue(options), hosts, defaultSite: siteOf(defaultSite, model) };
}

function onlyTrue(flags: Readonly<Record<string, boolean | undefined>>): string[] {
  return Object.keys(flags).filter((name) => flags[name] === true);
}

function namedHosts({ hosts }: SiteModel): readonly HostPattern[] {
  return hosts.filter((one) => one.kind !== 'exact' || one.host !== '_');
}

function siteOf(site: SiteModel, model: GatewayModel): unknown {
  const { certificate, moreCertificates, tls, trust, mergeSlashes = true, accessLog } = site;
  const wanted = targetVariables(site, model);
  const folded = foldConstants(site.rules ?? [], new Map(), wanted);
  const routes = site.routes.map((one) => routeOf(one, folded.constants, wanted, site));
  const named = Object.entries(site.namedRoutes ?? {}).map(([name, one]) => [
    name,
    routeOf(one, folded.constants, wanted, site),
  ]);
  const own = { response: responseOf(site.response), ownRedirects: ownRedirectsOf(site) };
  const [root] = site.routes;
  // The same as a rule of the server.
  const isAnswer =
    root !== undefined &&
    site.routes.length === 1 &&
    isEverything(root.path) &&
    endsAll(root.rules);
  const rules = isAnswer && folded.rules.length === 0 ? (root.rules ?? []) : folded.rules;
  const isOver = endsAll(rules);
  return {
    ...{ certificate, moreCertificates, mergeSlashes, accessLog, ...own },
    tls: tls === undefined ? {} : { ...tls, clients: tls.clients && { depth: 1, ...tls.clients } },
    trust: trust && { header: 'x-forwarded-for', recursive: true, forwarded: false, ...trust },
    limits: {
      headBytes: 32_768,
      headMs: 60_000,
      bodyMs: 60_000,
      keepAliveMs: 75_000,
      ...site.limits,
    },
    rules: rulesOf(rules),
    routes: isOver ? {} : Object.fromEntries(routes),
    named: isOver ? {} : Object.fromEntries(named),
    response: isOver || !hasEverything(site) ? own.response : {},
  };
}

function isEverything(path: PathPattern): boolean {
  return path.kind === 'prefix' && path.path === '/';
}

function hasEverything({ routes }: SiteModel): boolean {
  return routes.some(({ path }) => isEverything(path));
}

function ownRedirectsOf({ absoluteRedirects, ownRedirects }: SiteModel): unknown {
  return ownRedirects ?? (absoluteRedirects === true ? { host: 'request', port: true } : 'path');
}

function endsAll(rules: readonly RuleModel[] = []): boolean {
  return rules.at(-1)?.kind === 'return';
}

/** Of a text, its media type as far as the path says it. */
function rulesOf(rules: readonly RuleModel[], path?: PathPattern): unknown[] {
  return rules.map((rule) => {
    switch (rule.kind) {
      case 'return': {
        const { status, text = [], type = 'text/plain', types = {} } = rule;
        const hasBody = textOf(text) !== '' && (status < 300 || status > 399);
        const extension = path?.kind === 'exact' ? /\.([^./]+)$/.exec(path.path)?.[1] : undefined;
        const own = types[extension?.toLowerCase() ?? ''] ?? type;
        return { status, text: templateText(text), ...(hasBody ? { type: own } : {}) };
      }
      case 'if':
        return { ...rule, rules: rulesOf(rule.rules, path) };
      default:
        return rule;
    }
  });
}

type Constants = Parameters<typeof withConstants>[1];

function routeOf(
  given: RouteModel,
  outer: Constants,
  wanted: ReadonlySet<string>,
  site: SiteModel,
): [string, unknown] {
  const folded = foldConstants(given.rules ?? [], outer, wanted);
  const route = withConstants(given, folded.constants);
  const { path, internal = false, ownRedirects, accessLog = site.accessLog } = route;
  const isOver = endsAll(folded.rules);
  const upstream = isOver ? undefined : upstreamOf(route.upstream);
  const [rule] = folded.rules;
  // Rewriting away what the location is for is stripping it.
  const isStripped =
    folded.rules.length === 1 &&
    rule?.kind === 'rewrite' &&
    rule.flag === 'break' &&
    path.kind === 'prefix' &&
    templateText(rule.replacement) === '/$1' &&
    regexText(rule.regex).includes(path.path.slice(0, -1)) &&
    upstream !== undefined;
  const isReplaced = route.forward?.uri?.kind === 'replace-prefix';
  const isSame = isReplaced && path.kind !== 'regex' && route.forward.uri.with === path.path;
  const uri = isStripped
    ? { kind: 'replace-prefix', with: '/' }
    : isSame || (upstream !== undefined && 'servers' in upstream && !isReplaced)
      ? { kind: 'as-sent' }
      : (route.forward?.uri ?? { kind: 'as-sent' });
  const common = {
    ...{ internal, ownRedirects, accessLog },
    rules: isStripped ? [] : rulesOf(folded.rules, path),
    routes: Object.fromEntries(
      (route.routes ?? []).map((one) => routeOf(one, folded.constants, wanted, site)),
    ),
    files: isOver ? undefined : route.files,
    response: responseOf(route.response, upstream === undefined ? undefined : route),
  };
  if (isOver) return [pathText(path), common];
  const passing = {
    ...common,
    access: accessOf(route.access),
    limits: route.limits && {
      requests: route.limits.requests && { status: 503, ...route.limits.requests },
      connections: route.limits.connections && { status: 503, ...route.limits.connections },
    },
    maxBodyBytes: route.maxBodyBytes,
  };
  if (upstream === undefined) return [pathText(path), passing];
  const { setHeaders: _headers, retry, passBody, ...forward } = route.forward ?? {};
  const isSlash = path.kind === 'prefix' && path.path.length > 1 && route.addsSlash === true;
  return [
    pathText(path),
    {
      ...passing,
      upstream,
      upgradeTokens: route.upgradeTokens,
      addsSlash: isSlash,
      forward: {
        ...forward,
        // A body of its own takes the place of any.
        passBody: forward.body === undefined ? passBody : undefined,
        uri,
        fields: fieldsOf(route),
        retry: {
          on: [...(retry?.on ?? ['error', 'timeout'])].toSorted(),
          tries: retry?.tries ?? 0,
          timeoutMs: retry?.timeoutMs ?? 0,
        },
      },
    },
  ];
}

/** By name; the order of several of one name counts. */
function fieldsOf({ forward }: RouteModel): unknown {
  const own = (forward?.setHeaders ?? []).map(
    ({ name, value }) => [name.toLowerCase(), templateText(value)] as const,
  );
  const said = own.filter(
    ([name, value]) =>
      !(name === 'host' && keptHosts.has(value)) &&
      !(name === 'origin' && value === '$http_origin'),
  );
  return Map.groupBy(said, ([name]) => name);
}

function responseOf(response: ResponseModel | undefined, route?: RouteModel): unknown {
  const {
    addHeaders = [],
    hideHeaders = [],
    redirects = [],
    cookies = {},
    errorPages = [],
    intercept = false,
    expires,
  } = response ?? {};
  const fields = Map.groupBy(
    addHeaders.map(
      ({ name, value, always }) => [name.toLowerCase(), templateText(value), always] as const,
    ),
    ([name]) => name,
  );
  if (route === undefined) return { fields, errorPages, intercept, expires };
  return {
    ...{ fields, errorPages, intercept, cookies, expires },
    hidden: new Set(hideHeaders.filter((name) => !ownHidden.has(name)).toSorted()),
    redirects: redirects
      .map((one) => [fromText(one.kind === 'regex' ? one.regex : one.from), templateText(one.to)])
      .filter(([from = '']) => !isUnheard(from, route)),
  };
}

/** The URL of the upstream itself, as long as it is asked as the browser asks. */
function isUnheard(from: string, { upstream, forward }: RouteModel): boolean {
  const fixed =
    upstream === undefined || 'servers' in upstream ? upstream : staticUpstream(upstream);
  const host = forward?.setHeaders?.find(({ name }) => name.toLowerCase() === 'host')?.value;
  if (fixed === undefined || (host !== undefined && !keptHosts.has(templateText(host)))) {
    return false;
  }
  return from.endsWith('/') && !from.startsWith('/') && !from.startsWith('~');
}

/** What is behind `all` is never looked at, and at the end everybody is allowed. */
function accessOf(access: AccessModel | undefined): unknown {
  if (access === undefined) return {};
  const { addresses = [], satisfy = 'all', basic, authRequest } = access;
  const all = addresses.findIndex(({ network }) => network === 'all');
  const looked = all === -1 ? addresses : addresses.slice(0, all + 1);
  const lastDeny = looked.findLastIndex(({ allow }) => !allow);
  const rules = looked.slice(0, lastDeny + 1);
  if (rules.length === 0 && basic === undefined && authRequest === undefined) return {};
  return {
    ...{ satisfy, basic, addresses: rules },
    authRequest: authRequest && { set: [], passRefusals: false, ...authRequest },
  };
}

function upstreamOf(upstream: RouteModel['upstream']) {
  if (upstream === undefined) return undefined;
  if ('servers' in upstream) return knownUpstream(upstream);
  const fixed = staticUpstream(upstream);
  return fixed === undefined ? dynamicUpstream(upstream) : knownUpstream(fixed);
}

function dynamicUpstream({ groups, url, tls, resolver, ...rest }: DynamicUpstreamModel) {
  const isPlain = templateText(url).startsWith('http:');
  return {
    ...rest,
    url: templateText(url),
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, group]) => [name, knownUpstream(group)]),
    ),
    tls: isPlain ? undefined : { sni: true, ...tls },
    resolver: resolver && { timeoutMs: 30_000, ...resolver },
  };
}

function knownUpstream({
  name: _name,
  servers,
  tls,
  tcpKeepAlive = true,
  keepAlive,
  resolver,
  balance = { kind: 'round_robin' },
  ...rest
}: UpstreamModel) {
  const usual = { weight: 1, maxFails: 1, failTimeoutMs: 10_000, maxConnections: 0, resolve: true };
  return {
    ...{ ...rest, tcpKeepAlive, balance },
    authority: undefined,
    host: authorityOf({ servers, name: _name, ...rest, ...(tls === undefined ? {} : { tls }) }),
    servers: servers.map((server) => ({ ...usual, ...server })),
    tls: tls && { sni: true, ...tls, ...unseenName(tls) },
    keepAlive: { idleMs: 60_000, ageMs: 3_600_000, ...keepAlive },
    resolver: resolver && { timeoutMs: 30_000, ...resolver },
    sticky:
      rest.sticky?.kind === 'cookie'
        ? { path: ['/'], httpOnly: false, ...rest.sticky }
        : rest.sticky,
  };
}

/** What it is told as its Host, said or taken from its URL. */
function authorityOf({ authority, servers, tls }: UpstreamModel): string {
  if (authority !== undefined) return authority;
  const [first] = servers;
  if (first?.kind !== 'tcp') return 'localhost';
  const host = first.host.includes(':') ? `[${first.host}]` : first.host;
  return first.port === (tls === undefined ? 80 : 443) ? host : `${host}:${first.port}`;
}

/** Nobody sees the name of a certificate that is neither asked for nor looked at. */
function unseenName({ verify, sni = true }: NonNullable<UpstreamModel['tls']>): object {
  return verify || sni ? {} : { serverName: 'unseen' };
}

/** Without what is undefined, and regular expressions in the one form that both are written in. */
function plain(value: unknown): unknown {
  if (value instanceof RegExp) return `/${regexText(value)}/${value.flags}`;
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  }
  if (value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}
