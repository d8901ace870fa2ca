/** A server as a site of hatchway.yaml. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { type Location, locationsIn } from '../../../nginx/model.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { SiteModel, SiteTlsModel, TrustModel } from '../../model.ts';
import type { PathPattern, RouteModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import { accessLogInput } from './access-keys.ts';
import { answerKeys } from './answer-keys.ts';
import { foldConstants } from './constants.ts';
import { hoisted } from './hoist.ts';
import type { ImportReport } from './import-report.ts';
import { responseKeys } from './response-keys.ts';
import { noteRedirects, type RouteContext, type RouteInput, routeInput } from './route-keys.ts';
import type { ImportedServer, ListenInput } from './sites.ts';
import { refuseTlsDetails } from './tls-details.ts';
import { durationText, hostText, plainText, sizeText } from './yaml-text.ts';

export type SiteInput = z.input<typeof siteSchema>;

export type SiteContext = {
  readonly report: ImportReport;
  readonly resolvers: RouteContext['resolvers'];
  readonly defaultLogPath: string;
  readonly listen: readonly ListenInput[];
};

/** A route, and the block it comes from. */
export type Written = { readonly input: RouteInput; readonly level: Level };

export function siteInput(
  imported: ImportedServer,
  { report, resolvers, defaultLogPath, listen }: SiteContext,
): { readonly input: SiteInput; readonly routes: readonly Written[] } {
  const { server, site, hosts } = imported;
  const { level } = server;
  refuseWhatIsMissing(site, level, report);
  const captures = capturesOf(imported);
  const folded = foldConstants(site.rules ?? [], new Map());
  const context: RouteContext = {
    constants: folded.constants,
    onlyHost: onlyHostOf(hosts),
    captures,
    report,
    resolvers,
    defaultLogPath,
  };
  const own = { level, captures, report, defaultLogPath };
  const common = {
    host: hosts.length === 0 ? undefined : hosts.map(hostText),
    listen: listen.map((one) => (typeof one === 'string' ? plainText(one) : one)),
    ...certificateKeys(site),
    tls: tlsInput(site.tls),
    trustedProxies: trustInput(site.trust),
    limits: limitsInput(site.limits),
  };
  if (folded.rules.length > 0) {
    const answer = answerKeys(folded.rules, level, captures, report) ?? {};
    const { response, ...pages } = responseKeys(site.response, {
      ...own,
      knownRedirects: new Set(),
    });
    const input = present({
      ...common,
      ...answer,
      accessLog: accessLogInput(site.accessLog, own),
      headers: response === undefined ? undefined : { response },
      ...pages,
    });
    return { input: shortened(input), routes: [] };
  }
  const written = routesOf(server.locations, site.routes, context);
  const { site: keys, routes } = hoisted(written);
  if (Object.keys(keys).length === 0 && routes.length === 0) {
    report.refuse(level, undefined, 'the server has no location that does anything');
  }
  return { input: shortened(present({ ...common, ...keys })), routes };
}

/** One of several is written alone. */
function shortened(input: SiteInput): SiteInput {
  const one = <Value>(value: Value) =>
    Array.isArray(value) && value.length === 1 ? (value[0] as Value) : value;
  return present({ ...input, host: one(input.host), listen: one(input.listen) });
}

function refuseWhatIsMissing(site: SiteModel, level: Level, report: ImportReport): void {
  if ((site.moreCertificates ?? []).length > 0) {
    report.refuse(level, 'ssl_certificate', 'a second certificate is not in hatchway.yaml');
  }
  if (site.mergeSlashes === false) {
    report.refuse(level, 'merge_slashes', '"merge_slashes off" is not in hatchway.yaml');
  }
  noteRedirects(site.ownRedirects, level, report);
  const wishes = { ...site.tls, crlPath: site.tls?.clients?.crlPath };
  const passwordsPath = site.certificate?.passwordsPath;
  refuseTlsDetails({ ...wishes, passwordsPath }, '', level, report);
}

/** Nested locations stand beside the one they are in, in an order that chooses the same. */
function routesOf(
  locations: readonly Location[],
  models: readonly RouteModel[],
  context: RouteContext,
  outer?: PathPattern,
): Written[] {
  const withPath = locations.filter(({ match }) => 'path' in match || match.kind === 'regex');
  const paths = new Set(models.map(({ path }) => JSON.stringify(path)));
  return withPath.flatMap((location, index): Written[] => {
    const model = models[index];
    if (model === undefined) return [];
    const { level } = location;
    if (outer !== undefined && [outer.kind, model.path.kind].includes('regex')) {
      const message = 'nested locations with a regular expression are not in hatchway.yaml';
      context.report.refuse(level, undefined, message);
    }
    const path = flattened(model.path, outer);
    const input = routeInput({ ...model, path }, level, context);
    const slash = input === undefined ? undefined : slashRoute(model, input, paths);
    return [
      ...(slash === undefined ? [] : [{ input: slash, level }]),
      ...(input === undefined ? [] : [{ input, level }]),
      ...routesOf(location.locations, model.routes ?? [], context, path),
    ];
  });
}

/** Whether regular expressions beside the outermost location come first, that one says. */
function flattened(path: PathPattern, outer: PathPattern | undefined): PathPattern {
  if (path.kind !== 'prefix' || outer?.kind !== 'prefix') return path;
  return { ...path, beforeRegex: outer.beforeRegex };
}

/** nginx sends /app to /app/ when that is proxied; hatchway.yaml does where `to` has a path. */
function slashRoute(
  { path, addsSlash }: RouteModel,
  { to, stripPrefix, internal, accessLog }: RouteInput,
  paths: ReadonlySet<string>,
): RouteInput | undefined {
  if (addsSlash !== true || path.kind !== 'prefix' || path.path.length < 2) return undefined;
  if (stripPrefix === true || internal === true || to === undefined) return undefined;
  const bare = path.path.slice(0, -1);
  if (paths.has(JSON.stringify({ kind: 'exact', path: bare }))) return undefined;
  const [first] = typeof to === 'string' ? [to] : to;
  const url = typeof first === 'string' ? first : first?.url;
  if (url !== undefined && /^https?:\/\/[^/]+\/|^unix:[^:]+:/.test(url)) return undefined;
  return present({
    path: `= ${plainText(bare)}`,
    redirect: { to: `${plainText(path.path)}$is_args$args`, status: 301 },
    accessLog,
  });
}

function capturesOf({ server, hosts }: ImportedServer): ReadonlySet<string> {
  const regexes = [
    ...hosts.flatMap((one) => (one.kind === 'regex' ? [one.regex] : [])),
    ...Array.from(locationsIn(server)).flatMap(({ match }) =>
      match.kind === 'regex' ? [match.regex.regex] : [],
    ),
  ];
  const names = regexes.flatMap(({ source }) =>
    Array.from(source.matchAll(/\(\?<([a-z_]\w*)>/gi), ([, name = '']) => name.toLowerCase()),
  );
  return new Set(names);
}

function onlyHostOf(hosts: SiteModel['hosts']): string | undefined {
  const [first, ...others] = hosts;
  return others.length === 0 && first?.kind === 'exact' ? first.host : undefined;
}

function certificateKeys({ certificate }: SiteModel): Pick<SiteInput, 'cert' | 'key'> {
  if (certificate === undefined) return {};
  return { cert: plainText(certificate.certPath), key: plainText(certificate.keyPath) };
}

function tlsInput(tls: SiteTlsModel | undefined): SiteInput['tls'] {
  if (tls === undefined) return undefined;
  const { minVersion, maxVersion, ciphers, clients } = tls;
  return unlessEmpty(
    present({
      minVersion,
      maxVersion,
      ciphers,
      clients:
        clients === undefined
          ? undefined
          : present({
              verify: clients.verify,
              ca: clients.caPath,
              depth: clients.depth === 1 ? undefined : clients.depth,
            }),
    }),
  );
}

function trustInput(trust: TrustModel | undefined): SiteInput['trustedProxies'] {
  if (trust === undefined) return undefined;
  const { from, header = 'x-forwarded-for', recursive = true, forwarded = false } = trust;
  return {
    from: [...from],
    header,
    ...(recursive ? {} : { recursive }),
    ...(forwarded ? {} : { forwarded }),
  };
}

function limitsInput(limits: SiteModel['limits']): SiteInput['limits'] {
  if (limits === undefined) return undefined;
  const { headBytes, headMs, bodyMs, keepAliveMs } = limits;
  const usual = defaults.limits;
  const time = (ms: number | undefined, other: number) =>
    ms === undefined || ms === other ? undefined : durationText(ms);
  return unlessEmpty(
    present({
      headSize:
        headBytes === undefined || headBytes === usual.headBytes ? undefined : sizeText(headBytes),
      headTimeout: time(headMs, usual.headMs),
      bodyTimeout: time(bodyMs, usual.bodyMs),
      keepAlive: time(keepAliveMs, usual.keepAliveMs),
    }),
  );
}
