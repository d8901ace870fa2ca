/**
 * A model without what only one of nginx.conf and hatchway.yaml can say, in one form: what is the default is said, nested
 * routes stand side by side, constant variables are their values, and what the gateway does by itself is not there.
 */
import { BlockList } from 'node:net';
import type { GatewayModel, HostPattern, ListenerModel, SiteModel } from '../../../model.ts';
import type { PathPattern, RouteModel } from '../../../route-model.ts';
import type { RuleModel } from '../../../rule-model.ts';
import type { UpstreamModel } from '../../../upstream-model.ts';
import { formatListenAddress } from '../../../values/listen-address.ts';
import { splitByHost } from '../by-host.ts';
import { foldConstants, withConstants } from '../constants.ts';
import { nothingKeys } from '../route-keys.ts';
import { staticUpstream } from '../static-upstream.ts';
import { hostText, pathText, templateText } from '../yaml-text.ts';

export function comparable(model: GatewayModel): unknown {
  return {
    listeners: Object.fromEntries(
      model.listeners.filter((one) => !isIpv4Half(one, model)).map(listenerOf),
    ),
    limits: { ...model.limits, headFields: 'any' },
  };
}

/** `[::]` of hatchway.yaml takes IPv4 as well. */
function isIpv4Half({ address }: ListenerModel, { listeners }: GatewayModel): boolean {
  if (address.kind === 'unix' || address.host !== '0.0.0.0') return false;
  return listeners.some(
    (other) =>
      other.address.kind === 'tcp' &&
      other.address.host === '::' &&
      other.address.port === address.port,
  );
}

function listenerOf(listener: ListenerModel): [string, unknown] {
  const { address, tls, http2 = false, proxyProtocol = false, reusePort = false } = listener;
  const parts = listener.sites.flatMap((site) =>
    splitByHost({ site, hosts: namedHosts(site) }, listener.defaultSite === site),
  );
  const sites = parts.map(({ site, hosts }) => [nameOf(hosts), siteOf(site)]);
  const [main] = splitByHost(
    { site: listener.defaultSite, hosts: namedHosts(listener.defaultSite) },
    true,
  );
  return [
    formatListenAddress(address),
    {
      ...{ tls, http2, proxyProtocol, reusePort },
      sites: Object.fromEntries(sites),
      defaultSite: nameOf(main?.hosts ?? []),
    },
  ];
}

/** `_` is nobody's host. */
function namedHosts({ hosts }: SiteModel): readonly HostPattern[] {
  return hosts.filter((one) => hostText(one) !== '_');
}

function nameOf(hosts: readonly HostPattern[]): string {
  return hosts.map(hostText).join(' ');
}

function siteOf(site: SiteModel): unknown {
  const { rules, constants } = foldConstants(site.rules ?? [], new Map());
  const routes = flat(site.routes).flatMap((route) => routeOf(route, constants, site));
  const limits = { headBytes: 32_768, headMs: 60_000, bodyMs: 60_000, keepAliveMs: 75_000 };
  const root = { path: { kind: 'prefix', path: '/', beforeRegex: false } } as const;
  const answer = { ...root, upgradeTokens: [], rules, response: site.response ?? {} };
  return {
    certificate: site.certificate,
    tls: site.tls,
    trust:
      site.trust === undefined ? undefined : { recursive: true, forwarded: false, ...site.trust },
    limits: { ...limits, ...site.limits },
    routes: Object.fromEntries(rules.length > 0 ? routeOf(answer, constants, site) : routes),
  };
}

function flat(routes: readonly RouteModel[], outer?: PathPattern): RouteModel[] {
  return routes.flatMap((route) => {
    const { path } = route;
    const isInPrefix = path.kind === 'prefix' && outer?.kind === 'prefix';
    const own = isInPrefix ? { ...path, beforeRegex: outer.beforeRegex } : path;
    return [{ ...route, path: own }, ...flat(route.routes ?? [], own)];
  });
}

/** Nothing for a route that does nothing, and for the slash that nginx adds by itself. */
function routeOf(
  given: RouteModel,
  outer: ReadonlyMap<string, string>,
  site: SiteModel,
): [string, unknown][] {
  const folded = foldConstants(given.rules ?? [], outer);
  const route = withConstants(given, folded.constants);
  const [rule] = folded.rules;
  const path = pathText(route.path);
  const answer = rule === undefined ? nothingOf(route) : answerOf(rule);
  if (answer?.to?.endsWith('/$is_args$args') === true) return [];
  const { upstream: either } = route;
  const upstream = either === undefined || 'servers' in either ? either : staticUpstream(either);
  const common = {
    internal: route.internal ?? false,
    accessLog: route.accessLog ?? site.accessLog,
    addHeaders: route.response?.addHeaders?.map(({ name, value }) => [name, templateText(value)]),
    errorPages: route.response?.errorPages,
    intercept: route.response?.intercept ?? false,
  };
  if (answer !== undefined) return [[path, { ...common, answer }]];
  if (upstream === undefined) return [];
  const uri = route.forward?.uri?.kind === 'replace-prefix' ? route.forward.uri.with : '';
  const isMoved = route.path.kind !== 'regex' && uri !== route.path.path;
  const { on = ['error', 'timeout'], tries = 0, timeoutMs = 0 } = route.forward?.retry ?? {};
  return [
    [
      path,
      {
        ...common,
        access: accessOf(route),
        maxBodyBytes: route.maxBodyBytes,
        upstream: upstreamOf(upstream),
        // Rewriting away what the location is for is stripping it.
        uri: rule === undefined ? (isMoved ? uri : '') : '/',
        retry: { on: on.toSorted(), tries, timeoutMs },
        fields: fieldsOf(route),
        cookies: route.response?.cookies,
        upgradeTokens: route.upgradeTokens,
      },
    ],
  ];
}

/** Clients of all the networks that tests have. */
const clients = ['10.0.0.1', '10.0.0.2', '10.1.0.1', '10.1.0.2', '192.0.2.1'];

/** Who gets in by address, whatever the rules are; how others do. */
function accessOf({ access }: RouteModel): unknown {
  const { addresses = [], basic, authRequest, satisfy = 'all' } = access ?? {};
  const denied = clients.filter((client) => isDenied(client, addresses));
  const kinds = [basic, authRequest].filter((kind) => kind !== undefined);
  return { denied, basic, authRequest, satisfy: kinds.length === 0 ? 'all' : satisfy };
}

function isDenied(
  client: string,
  rules: NonNullable<NonNullable<RouteModel['access']>['addresses']>,
): boolean {
  const rule = rules.find(({ network }) => {
    if (network === 'all') return true;
    const [address = '', prefix = '32'] = network.split('/');
    const list = new BlockList();
    list.addSubnet(address, Number(prefix));
    return list.check(client);
  });
  return rule?.allow === false;
}

/** Without those that hatchway.yaml has in other words, or writes by itself. */
function fieldsOf({ forward }: RouteModel): unknown {
  const own = (forward?.setHeaders ?? []).map(
    ({ name, value }) => [name.toLowerCase(), templateText(value)] as const,
  );
  return Object.fromEntries(
    own.filter(([name]) => !/^(?:host|origin|x-forwarded-(?:for|proto|host|port))$/.test(name)),
  );
}

/** What a location without any content answers. */
function nothingOf(route: RouteModel): ReturnType<typeof answerOf> {
  const { answer } = route.upstream === undefined ? (nothingKeys(route) ?? {}) : {};
  return typeof answer === 'number' ? { status: answer } : undefined;
}

function answerOf(rule: RuleModel): { status: number; to?: string; text?: string } | undefined {
  if (rule.kind === 'return') {
    const { status, text = [], type = 'text/plain' } = rule;
    const isText = text.length > 0;
    return status > 300 && status < 400
      ? { status, to: templateText(text) }
      : { status, ...(isText ? { text: templateText(text), type } : {}) };
  }
  if (rule.kind !== 'rewrite' || rule.flag === 'break') return undefined;
  const to = templateText(rule.replacement).replace(/\?$/, '');
  return { status: rule.flag === 'permanent' ? 301 : 302, to };
}

function upstreamOf({
  servers,
  tls,
  timeouts,
  balance,
  sticky,
  keepAlive,
  resolver,
}: UpstreamModel) {
  const usual = { weight: 1, maxFails: 1, failTimeoutMs: 10_000, maxConnections: 0 };
  const names = servers.some(({ kind }) => kind === 'tcp');
  return {
    servers: servers.map((server) => ({ ...usual, ...server })),
    tls:
      tls === undefined ? undefined : { sni: true, ...tls, ...nameOnWire(tls), depth: undefined },
    timeouts,
    balance,
    // What browsers take a cookie for that says nothing.
    sticky: sticky?.kind === 'cookie' ? { sameSite: 'lax', ...sticky } : sticky,
    keepAlive: { idleMs: 60_000, ageMs: 3_600_000, ...keepAlive },
    resolver: resolver === undefined || !names ? undefined : { timeoutMs: 30_000, ...resolver },
  };
}

/** Nobody sees the name of a certificate that is neither asked for nor looked at. */
function nameOnWire({ verify, sni = true }: NonNullable<UpstreamModel['tls']>): object {
  return verify || sni ? {} : { serverName: 'unseen' };
}
