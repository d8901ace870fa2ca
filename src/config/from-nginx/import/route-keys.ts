/** A location as a route of hatchway.yaml. */
import type { Level } from '../../../nginx/level.ts';
import { settingsNamed } from '../../../nginx/level.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { redirectsOf } from '../../compile/response.ts';
import type { FilesModel } from '../../files-model.ts';
import type { OwnRedirectsModel, RouteModel } from '../../route-model.ts';
import type { RuleModel } from '../../rule-model.ts';
import type { RouteInput } from '../../schema.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../../upstream-model.ts';
import { parseTarget } from '../../values/upstream-url.ts';
import { accessLogInput, authInput, limitsInput } from './access-keys.ts';
import { type Constants, foldConstants, withConstants } from './constants.ts';
import { requestKeys } from './field-keys.ts';
import { filesInput } from './file-keys.ts';
import type { ImportReport } from './import-report.ts';
import { responseKeys } from './response-keys.ts';
import { answerInput, answersAll, ruleInputs } from './rule-inputs.ts';
import { type ServerContext, serverKeys } from './server-keys.ts';
import { staticUpstream } from './static-upstream.ts';
import { pathText, sizeText } from './yaml-text.ts';

/** What a location is written in. */
export type RouteContext = ServerContext & {
  readonly report: ImportReport;
  /** What `set` has given to variables in the server. */
  readonly constants: Constants;
  /** Variables whose value is worth having, as they say where requests go. */
  readonly wanted: ReadonlySet<string>;
  /** Media types of the whole file. */
  readonly usualTypes: FilesModel['types'];
  /** Where the access log is when nothing is said of one. */
  readonly usualLogPath: string;
};

/**
 * Everything that is said of it, whatever its site says.
 *
 * @param model of the location; routes inside it are somebody else's matter
 * @param named for one without a path
 */
export function routeInput(
  model: RouteModel,
  level: Level | undefined,
  context: RouteContext,
  named?: string,
): RouteInput {
  const folded = foldConstants(model.rules ?? [], context.constants, context.wanted);
  const route = withConstants(model, folded.constants);
  const path = named ?? pathText(route.path);
  const common = {
    internal: route.internal,
    ownRedirects: ownRedirectsInput(route.ownRedirects),
    accessLog:
      route.accessLog === undefined
        ? undefined
        : (accessLogInput(route.accessLog, context.usualLogPath) ?? context.usualLogPath),
  };
  const rulePlace = { path: route.path, report: context.report };
  const last = folded.rules.at(-1);
  // Nobody comes to what is behind an answer.
  if (answersAll(last) && level !== undefined) {
    const answer = answerInput(last, { level, ...rulePlace });
    const { response, ...pages } = responseKeys(route.response, undefined);
    const rules = ruleInputs(folded.rules.slice(0, -1), { level, ...rulePlace });
    return present({
      path,
      rules: rules.length === 0 ? undefined : rules,
      ...answer,
      ...common,
      headers: headersOf({ response }),
      ...pages,
    });
  }
  const shared = {
    ...common,
    auth: authInput(route.access),
    limits: limitsInput(route.limits),
    maxBody: route.maxBodyBytes === undefined ? undefined : sizeText(route.maxBodyBytes),
  };
  const isStripped = level !== undefined && strips(folded.rules, route, level);
  const written = isStripped || level === undefined ? [] : folded.rules;
  const rules = level === undefined ? [] : ruleInputs(written, { level, ...rulePlace });
  const ownRules = { rules: rules.length === 0 ? undefined : rules };
  const isOuterAlias = route.files?.aliasPrefix !== undefined;
  if (isOuterAlias) {
    context.report.refuse(
      level,
      'alias',
      'the locations inside serve no files: an alias is not that of the routes inside it',
      'write `files` of their own in its place',
    );
  }
  const files = isOuterAlias ? undefined : filesInput(route.files, context.usualTypes);
  if (route.upstream === undefined) {
    const { response, ...pages } = responseKeys(route.response, undefined);
    return present({
      path,
      ...ownRules,
      ...(files === undefined ? { to: 'off' as const } : { files }),
      ...shared,
      headers: headersOf({ response }),
      ...pages,
    });
  }
  const forward = route.forward ?? {};
  const { upstream } = route;
  const fixed = 'servers' in upstream ? upstream : (staticUpstream(upstream) ?? upstream);
  const isReplaced = forward.uri?.kind === 'replace-prefix';
  const uri = isStripped ? '/' : isReplaced ? forward.uri.with : '';
  const { request, ...sent } = requestKeys(forward);
  const isCut = uri === '/' && path !== '/' && path.endsWith('/') && route.path.kind === 'prefix';
  const servers = serverKeys(fixed, isCut || path === uri ? '' : uri, forward.retry, context);
  const { response, ...changes } = responseKeys(
    route.response,
    redirectContext(fixed, uri, route, servers.to, sent.origin),
  );
  return present({
    path,
    ...ownRules,
    ...servers,
    files,
    stripPrefix: isCut ? true : undefined,
    addSlash: addSlashInput(route, uri),
    ...sent,
    ...shared,
    headers: headersOf({ request, response }),
    ...changes,
  });
}

export function ownRedirectsInput(own: OwnRedirectsModel | undefined): RouteInput['ownRedirects'] {
  if (own === undefined || own === 'path') return own;
  const { host, port } = own;
  if (host === 'request' && port) return 'url';
  return { ...(host === 'request' ? {} : { host: 'site' as const }), ...(port ? {} : { port }) };
}

/** Said where hatchway.yaml does otherwise by itself. */
function addSlashInput({ path, addsSlash = false }: RouteModel, uri: string): boolean | undefined {
  if (path.kind === 'regex' || path.path.length < 2 || !path.path.endsWith('/')) return undefined;
  const byItself = path.kind === 'prefix' && uri !== '' && uri !== path.path;
  const isUsual = addsSlash === byItself;
  return isUsual ? undefined : addsSlash;
}

function headersOf(headers: NonNullable<RouteInput['headers']>): RouteInput['headers'] {
  return unlessEmpty(present(headers));
}

/** `rewrite ^/app/(.*)$ /$1 break;` in `location /app/`, which hatchway.yaml calls `stripPrefix`. */
function strips(rules: readonly RuleModel[], route: RouteModel, level: Level): boolean {
  const [rule, ...others] = rules;
  if (rule?.kind !== 'rewrite' || rule.flag !== 'break' || others.length > 0) return false;
  const { path, forward, upstream } = route;
  if (path.kind !== 'prefix' || !path.path.endsWith('/') || upstream === undefined) return false;
  if (!('servers' in upstream) && staticUpstream(upstream) === undefined) return false;
  if (forward?.uri?.kind === 'replace-prefix') return false;
  const [pattern, replacement] =
    settingsNamed(level, 'rewrite')[0]?.directive.args.map(({ value }) => value) ?? [];
  const bare = path.path.slice(0, -1);
  const patterns = [`^${path.path}(.*)$`, `^${path.path}(.*)`, `^${bare}/?(.*)$`, `^${bare}/?(.*)`];
  return pattern !== undefined && patterns.includes(pattern) && replacement === '/$1';
}

/** What hatchway.yaml does with redirects by itself, and what no upstream says. */
function redirectContext(
  upstream: UpstreamModel | DynamicUpstreamModel,
  uri: string,
  { path }: RouteModel,
  to: RouteInput['to'],
  origin: RouteInput['origin'],
) {
  const urls =
    to === undefined ? [] : [to].flat().map((one) => (typeof one === 'string' ? one : one.url));
  const changesHost = typeof origin === 'object' && origin.host !== undefined;
  const isMoved = uri !== '' && !(path.kind !== 'regex' && uri === path.path);
  const anyway = redirectsOf(
    path,
    {
      to: urls.map((url) => ({ url: parseTarget(url) })),
      ...(changesHost ? { origin: { host: [] } } : {}),
    },
    isMoved ? { kind: 'replace-prefix', with: uri } : undefined,
  );
  if (changesHost || isMoved || !('servers' in upstream))
    return { anyway, unheard: new Set<string>() };
  const scheme = upstream.tls === undefined ? 'http' : 'https';
  const [first] = upstream.servers;
  const socket = first?.kind === 'unix' ? `unix:${first.path}:` : '';
  const port = first?.kind === 'tcp' ? `:${first.port}` : '';
  const { authority = '' } = upstream;
  const hosts = [authority, `${authority}${port}`, socket];
  return {
    anyway,
    unheard: new Set(hosts.map((host) => `${scheme}://${host}${uri === '' ? '/' : uri}`)),
  };
}
