/** A location as a route: nested ones inside it, its rules, and where its requests go. */
import { isDeepStrictEqual } from 'node:util';
import type { Level } from '../../nginx/level.ts';
import type { LocationMatch } from '../../nginx/model/location.ts';
import type { ProxyTarget } from '../../nginx/model/proxy-target.ts';
import type { Upstream } from '../../nginx/model/upstream.ts';
import { upstreamHeaders } from '../../nginx/model/upstream-headers.ts';
import type { Location } from '../../nginx/model.ts';
import { defaults } from '../defaults.ts';
import {
  type ForwardModel,
  type OwnRedirectsModel,
  type PathPattern,
  type RetryCause,
  type RouteModel,
  retryCauses,
} from '../route-model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../upstream-model.ts';
import { accessOf } from './access.ts';
import { accessLogOf, type LogOptions } from './access-log.ts';
import { responseOf } from './answers.ts';
import { filesOf } from './files.ts';
import { limitsOf } from './limits.ts';
import { LevelReader } from './reader.ts';
import { rulesOf } from './rules.ts';
import { templateOf } from './template.ts';
import { addressModel, groupModel, serverNameOf, upstreamContext } from './upstreams.ts';

/** What all locations of a configuration share. */
export type Shared = {
  /** Absolute; what relative paths are relative to. */
  readonly prefix: string;
  readonly groups: ReadonlyMap<string, Upstream>;
  readonly logs: LogOptions;
};

const mebibyte = 1024 * 1024;

/** Fields that the gateway writes itself, so that WebSockets need no lines and messages have one length. */
const ofTheHop: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'content-length',
  'transfer-encoding',
  'te',
  'keep-alive',
  'proxy-connection',
  'expect',
]);

export function routeOf(location: Location, shared: Shared): RouteModel | undefined {
  const path = patternOf(location.match);
  if (path === undefined) return undefined;
  return { ...contentOf(location, path, shared), path };
}

/** A named location; its path is never looked at. */
export function namedRouteOf(location: Location, shared: Shared): RouteModel {
  const path: PathPattern = { kind: 'prefix', path: '/', beforeRegex: false };
  return { ...contentOf(location, undefined, shared), path };
}

/** Undefined for what is no path: named ones are elsewhere, predicates are not supported. */
function patternOf(match: LocationMatch): PathPattern | undefined {
  switch (match.kind) {
    case 'exact':
    case 'prefix':
      return match;
    case 'regex':
      return { kind: 'regex', regex: match.regex.regex };
    case 'named':
    case 'predicate':
      return undefined;
  }
}

function contentOf(
  location: Location,
  path: PathPattern | undefined,
  shared: Shared,
): Omit<RouteModel, 'path'> {
  const { level, target } = location;
  const reader = new LevelReader(level, shared.prefix);
  const prefix = path === undefined || path.kind === 'regex' ? undefined : path.path;
  const rules = rulesOf(level, shared.prefix);
  const routes = location.locations.flatMap((inner) => routeOf(inner, shared) ?? []);
  const limits = limitsOf(reader);
  const access = accessOf(reader);
  const response = responseOf(reader, target, prefix);
  const maxBodyBytes = maxBodyBytesOf(reader);
  const accessLog = accessLogOf(reader, shared.logs);
  const files = filesOf(reader, target !== undefined);
  return {
    upgradeTokens: target === undefined ? [] : defaults.upgradeTokens,
    ...(target === undefined
      ? {}
      : {
          upstream: upstreamOf(target, reader, shared),
          forward: forwardOf(target, reader),
          ...(prefix?.endsWith('/') ? { addsSlash: true } : {}),
        }),
    ...(files === undefined ? {} : { files }),
    ...(rules.length === 0 ? {} : { rules }),
    ...(routes.length === 0 ? {} : { routes }),
    ...(limits === undefined ? {} : { limits }),
    ...(access === undefined ? {} : { access }),
    ...(response === undefined ? {} : { response }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    accessLog,
    ...(reader.isSaid('internal') ? { internal: true } : {}),
    ...redirectsUnlikeServer(level, shared.prefix),
  };
}

/** What a location says of redirects beside its server. */
function redirectsUnlikeServer(level: Level, prefix: string): Pick<RouteModel, 'ownRedirects'> {
  let server: Level | undefined = level;
  while (server !== undefined && server.kind !== 'server') server = server.parent;
  const own = ownRedirectsOf(new LevelReader(level, prefix));
  const inherited = server && ownRedirectsOf(new LevelReader(server, prefix));
  return isDeepStrictEqual(own, inherited) ? {} : { ownRedirects: own };
}

export function ownRedirectsOf(reader: LevelReader): OwnRedirectsModel {
  if (reader.word('absolute_redirect')?.toLowerCase() === 'off') return 'path';
  return {
    host: reader.flag('server_name_in_redirect') ? 'site-name' : 'request',
    port: reader.word('port_in_redirect')?.toLowerCase() !== 'off',
  };
}

/** Undefined when any body is taken. */
export function maxBodyBytesOf(reader: LevelReader): number | undefined {
  const bytes = reader.size('client_max_body_size', mebibyte);
  return bytes === 0 ? undefined : bytes;
}

function upstreamOf(
  target: ProxyTarget,
  reader: LevelReader,
  { groups }: Shared,
): UpstreamModel | DynamicUpstreamModel {
  const context = upstreamContext(reader);
  const scheme = target.scheme ?? 'http';
  const serverName = scheme === 'http' ? undefined : serverNameOf(context.reader);
  if (target.isTemplate || serverName !== undefined) {
    return {
      // A URI that is written out takes the place of the location's prefix; only a computed one is all that is asked for.
      url: templateOf(target.isTemplate ? target.url : urlWithoutUri(target)),
      ...(serverName === undefined ? {} : { serverName }),
      groups: Object.fromEntries(
        Array.from(groups.values(), (group) => [group.name, groupModel(group, scheme, context)]),
      ),
      tls: context.tls,
      timeouts: context.timeouts,
      ...(context.resolver === undefined ? {} : { resolver: context.resolver }),
    };
  }
  const group = target.host === undefined || target.hasPort ? undefined : groups.get(target.host);
  return group === undefined ? addressModel(target, context) : groupModel(group, scheme, context);
}

function urlWithoutUri({ url, uri = '' }: ProxyTarget): string {
  return uri === '' ? url : url.slice(0, -uri.length);
}

function forwardOf(target: ProxyTarget, reader: LevelReader): ForwardModel {
  const method = reader.word('proxy_method');
  const body = reader.word('proxy_set_body');
  // Only when it is said: nginx's own default was 1.0 until 1.29.7, for no gain.
  const isOld = reader.isSaid('proxy_http_version') && reader.word('proxy_http_version') === '1.0';
  const setHeaders = upstreamHeaders(reader.level)
    .filter(({ name }) => !ofTheHop.has(name.toLowerCase()))
    .map(({ name, value }) => ({ name, value: templateOf(value) }));
  return {
    uri: uriOf(target),
    forwarded: 'leave',
    setHeaders,
    ...(method === undefined ? {} : { method: templateOf(method) }),
    ...(isOld ? { httpVersion: '1.0' } : {}),
    ...(reader.word('proxy_pass_request_headers') === 'off' ? { passHeaders: false } : {}),
    ...(reader.flag('underscores_in_headers') ? {} : { passUnderscores: false }),
    ...(reader.word('proxy_pass_request_body') === 'off' ? { passBody: false } : {}),
    // Only when it is said: nginx's default holds uploads back that anybody waits for.
    ...(reader.isSaid('proxy_request_buffering') && reader.flag('proxy_request_buffering')
      ? { buffersBody: true }
      : {}),
    ...(body === undefined ? {} : { body: templateOf(body) }),
    retry: {
      on: retryCausesOf(reader),
      tries: reader.number('proxy_next_upstream_tries', 0),
      timeoutMs: reader.time('proxy_next_upstream_timeout', 0),
    },
  };
}

function uriOf(target: ProxyTarget): NonNullable<ForwardModel['uri']> {
  if (target.uri === undefined) return { kind: 'as-sent' };
  if (target.isTemplate) return { kind: 'template', uri: templateOf(target.uri) };
  return { kind: 'replace-prefix', with: target.uri };
}

function retryCausesOf(reader: LevelReader): readonly RetryCause[] {
  if (!reader.isSaid('proxy_next_upstream')) return ['error', 'timeout'];
  const words = reader.args('proxy_next_upstream') ?? [];
  return words.includes('off') ? [] : retryCauses.filter((cause) => words.includes(cause));
}
