/** A location as a route of hatchway.yaml. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { settingsNamed } from '../../../nginx/level.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import type { RouteLimitsModel } from '../../limit-model.ts';
import type { ForwardModel, RouteModel } from '../../route-model.ts';
import type { RuleModel } from '../../rule-model.ts';
import type { siteSchema } from '../../schema.ts';
import type { UpstreamModel } from '../../upstream-model.ts';
import { type AccessContext, accessLogInput, authInput } from './access-keys.ts';
import { type AnswerKeys, answerKeys } from './answer-keys.ts';
import { type Constants, foldConstants, withConstants } from './constants.ts';
import { type FieldContext, requestKeys } from './field-keys.ts';
import type { ImportReport } from './import-report.ts';
import { responseKeys } from './response-keys.ts';
import { type ServerContext, serverKeys } from './server-keys.ts';
import { staticUpstream } from './static-upstream.ts';
import { refuseTlsDetails } from './tls-details.ts';
import { pathText, sizeText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
export type RouteInput = NonNullable<SiteInput['routes']>[number];

/** What a location is written in, without its block. */
export type RouteContext = Omit<AccessContext & FieldContext & ServerContext, 'level'> & {
  /** What `set` has given to variables in the server. */
  readonly constants: Constants;
};

/**
 * Undefined for one that need not be written, or cannot be.
 *
 * @param model of the location, without those inside it
 */
export function routeInput(
  model: RouteModel,
  level: Level,
  context: RouteContext,
): RouteInput | undefined {
  const folded = foldConstants(model.rules ?? [], context.constants);
  const route = withConstants(model, folded.constants);
  const own = { ...context, level };
  if (model.limits !== undefined) refuseLimits(model.limits, level, context.report);
  noteRedirects(model.ownRedirects, level, context.report);
  const path = pathText(route.path);
  const common = {
    auth: authInput(route.access, own),
    internal: route.internal,
    accessLog: accessLogInput(route.accessLog, own),
  };
  const stripped = strippedPrefix(folded.rules, route, level);
  if (route.upstream === undefined || (folded.rules.length > 0 && !stripped)) {
    const answer =
      folded.rules.length === 0
        ? nothingKeys(route)
        : answerKeys(folded.rules, level, context.captures, context.report);
    if (answer === undefined) return undefined;
    const { response, ...pages } = responseKeys(route.response, {
      ...own,
      knownRedirects: new Set(),
    });
    // Nobody has to pass what comes behind an answer.
    const { auth: _auth, ...rest } = common;
    return present({ path, ...answer, ...rest, headers: headersOf({ response }), ...pages });
  }
  const upstream = upstreamOf(route, level, context);
  if (upstream === undefined) return undefined;
  refuseTls(upstream, own);
  const forward = route.forward ?? {};
  const uri = stripped ? '/' : uriOf(forward);
  const { origin, request } = requestKeys(forward, upstream, own);
  const { response, ...changes } = responseKeys(route.response, {
    ...own,
    knownRedirects: knownRedirects(upstream, uri),
  });
  const isStripped = stripped || (uri === '/' && path !== '/' && path.endsWith('/'));
  return present({
    path,
    ...serverKeys(upstream, isStripped || path === uri ? '' : uri, forward.retry, own),
    stripPrefix: isStripped && route.path.kind === 'prefix' ? true : undefined,
    origin,
    ...common,
    maxBody: sizeText(route.maxBodyBytes),
    headers: headersOf({ request, response }),
    ...changes,
  });
}

/** hatchway.yaml limits the requests and connections of an address, to everything. */
function refuseLimits(limits: RouteLimitsModel, level: Level, report: ImportReport): void {
  const name = limits.requests === undefined ? 'limit_conn' : 'limit_req';
  report.refuse(
    level,
    name,
    `"${name}" is for a part of a site, and hatchway.yaml has limits for all of them together`,
    'serve this file with --nginx, or remove it and write limits.ratePerAddress',
  );
}

/** All other redirects stay where the request was sent, which is all that hatchway.yaml does. */
export function noteRedirects(
  own: RouteModel['ownRedirects'],
  level: Level,
  report: ImportReport,
): void {
  if (typeof own !== 'object' || own.host !== 'site-name') return;
  report.differs(
    level,
    'server_name_in_redirect',
    'redirects keep the host of the request in hatchway.yaml',
  );
}

/** What asks nobody answers nobody; for everything it need not be said. */
export function nothingKeys({ path, access }: RouteModel): AnswerKeys | undefined {
  if (path.kind === 'prefix' && path.path === '/') return undefined;
  const [first] = access?.addresses ?? [];
  return { answer: first?.network === 'all' && !first.allow ? 403 : 404 };
}

function headersOf(headers: {
  readonly request?: NonNullable<SiteInput['headers']>['request'];
  readonly response?: NonNullable<SiteInput['headers']>['response'];
}): SiteInput['headers'] {
  return unlessEmpty(present(headers));
}

function refuseTls({ tls }: UpstreamModel, { level, report }: AccessContext): void {
  if (tls === undefined) return;
  const passwordsPath = tls.certificate?.passwordsPath;
  refuseTlsDetails({ ...tls, passwordsPath }, 'proxy_', level, report);
  if (tls.depth !== undefined && tls.caPath !== undefined) {
    report.differs(
      level,
      'proxy_ssl_verify_depth',
      'chains of certificates of upstreams may be of any length in hatchway.yaml',
    );
  }
}

function upstreamOf(
  { upstream }: RouteModel,
  level: Level,
  { report }: RouteContext,
): UpstreamModel | undefined {
  if (upstream === undefined || 'servers' in upstream) return upstream;
  if (upstream.serverName !== undefined) {
    report.refuse(
      level,
      'proxy_ssl_name',
      'the name in "proxy_ssl_name" depends on variables, and `serverName` of hatchway.yaml has none',
      'serve this file with --nginx, or write a route for each name',
    );
  }
  const fixed = staticUpstream(upstream);
  if (fixed === undefined) {
    report.refuse(
      level,
      'proxy_pass',
      'where requests go depends on variables, and `to` of hatchway.yaml has none',
      'serve this file with --nginx, or write a route for each server',
    );
  }
  return fixed;
}

/** `rewrite ^/app/(.*)$ /$1 break;` in `location /app/`, which hatchway.yaml calls `stripPrefix`. */
function strippedPrefix(rules: readonly RuleModel[], route: RouteModel, level: Level): boolean {
  const [rule, ...others] = rules;
  if (rule?.kind !== 'rewrite' || rule.flag !== 'break' || others.length > 0) return false;
  const { path, forward } = route;
  if (path.kind !== 'prefix' || !path.path.endsWith('/') || route.upstream === undefined) {
    return false;
  }
  if ((forward?.uri ?? { kind: 'as-sent' }).kind !== 'as-sent') return false;
  const [pattern, replacement] =
    settingsNamed(level, 'rewrite')[0]?.directive.args.map(({ value }) => value) ?? [];
  const bare = path.path.slice(0, -1);
  const patterns = [`^${path.path}(.*)$`, `^${path.path}(.*)`, `^${bare}/?(.*)$`, `^${bare}/?(.*)`];
  return pattern !== undefined && patterns.includes(pattern) && replacement === '/$1';
}

/** What stands behind the port in `to`; a path that is computed comes with a server that is, and that has been refused. */
function uriOf({ uri }: ForwardModel): string {
  return uri?.kind === 'replace-prefix' ? uri.with : '';
}

/** nginx's `proxy_redirect default`: hatchway.yaml does the same, or the upstream never hears of another host. */
function knownRedirects(upstream: UpstreamModel, uri: string): ReadonlySet<string> {
  const scheme = upstream.tls === undefined ? 'http' : 'https';
  const from = uri === '' ? '/' : uri;
  const [first] = upstream.servers;
  const socket = first?.kind === 'unix' ? `unix:${first.path}:` : '';
  const port = first?.kind === 'tcp' ? `:${first.port}` : '';
  const { authority = '' } = upstream;
  const hosts = [authority, `${authority}${port}`, socket];
  return new Set(hosts.map((host) => `${scheme}://${host}${from}`));
}
