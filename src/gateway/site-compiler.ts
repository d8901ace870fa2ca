/** From the model of a site to what requests run through: everything that can be made ready once is made ready here. */
import type { AccessLogModel, Limits, SiteModel } from '../config/model.ts';
import type { OwnRedirectsModel, PathPattern, RouteModel } from '../config/route-model.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../config/upstream-model.ts';
import { Access, type AccessDependencies } from './access/access.ts';
import type { AccessLog } from './access-log.ts';
import type { Totals } from './admin/totals.ts';
import { ChainDepth } from './chain-depth.ts';
import { TrustedProxies } from './client-address/trusted-proxies.ts';
import { clientCertificateRules } from './client-certificate-rules.ts';
import { compileErrorPages } from './error-pages.ts';
import { RouteFiles } from './files/route-files.ts';
import { Forward } from './forward.ts';
import { certificatesIn, readPem } from './pem-files.ts';
import { RouteLimits } from './rate/route-limits.ts';
import type { Zones } from './rate/zones.ts';
import { utf8Bytes } from './request-uri.ts';
import { ResponseChanges } from './response-changes.ts';
import { type Nested, Routes } from './routes.ts';
import { compileRules } from './rules.ts';
import type { Route, Site } from './serving.ts';
import type { DynamicUpstream } from './upstream/dynamic-upstream.ts';
import type { Upstream } from './upstream/upstream.ts';

/** What sites share. */
export type SiteCompiler = {
  readonly limits: Limits;
  readonly totals: Totals;
  readonly access: AccessDependencies;
  readonly zones: Zones;
  upstream(model: UpstreamModel | DynamicUpstreamModel): Upstream | DynamicUpstream;
  /** Undefined for a log that is off. */
  accessLog(model: AccessLogModel): AccessLog | undefined;
};

/** nginx's default. */
const asAsked: OwnRedirectsModel = { host: 'request', port: true };

export function compileSite(model: SiteModel, compiler: SiteCompiler): Site {
  const accessLog = compiler.accessLog(model.accessLog);
  const ownRedirects =
    model.ownRedirects ?? (model.absoluteRedirects === true ? asAsked : ('path' as const));
  const route = (routeModel: RouteModel) =>
    compileRoute({ ownRedirects, ...routeModel }, accessLog, compiler);
  const nested = (routeModel: RouteModel): Nested<Route> => ({
    route: route(routeModel),
    routes: routeModel.routes === undefined ? undefined : new Routes(routeModel.routes.map(nested)),
  });
  return {
    name: model.name,
    totals: compiler.totals.site(model.name),
    serverName: model.name,
    hosts: model.hosts,
    hasHostRegex: model.hosts.some(({ kind }) => kind === 'regex'),
    certificateRules: compileRules(clientCertificateRules(model)),
    rules: compileRules(model.rules ?? []),
    routes: new Routes(model.routes.map(nested)),
    clientDepth: clientDepthOf(model),
    ownRoute: route({
      path: { kind: 'prefix', path: '/', beforeRegex: false },
      upgradeTokens: [],
      ...(model.files === undefined ? {} : { files: model.files }),
      ...(model.response === undefined ? {} : { response: model.response }),
    }),
    namedRoutes: new Map(
      Object.entries(model.namedRoutes ?? {}).map(([name, named]) => [name, route(named)]),
    ),
    trust: model.trust === undefined ? undefined : new TrustedProxies(model.trust),
    mergeSlashes: model.mergeSlashes ?? true,
    limits: { ...compiler.limits, ...model.limits },
    accessLog,
  };
}

/** nginx's default. */
const usualDepth = 1;

function clientDepthOf({ name, tls }: SiteModel): ChainDepth | undefined {
  const { verify, caPath, depth = usualDepth } = tls?.clients ?? {};
  if (caPath === undefined || verify === 'optional_no_ca') return undefined;
  const what = `site ${name}: authorities of clients`;
  return new ChainDepth(certificatesIn(`${what} ${caPath}`, readPem(what, caPath)), depth);
}

/** One character a byte, as paths of requests are. */
function slashlessOf(path: PathPattern): string | undefined {
  if (path.kind === 'regex' || path.path.length < 2 || !path.path.endsWith('/')) return undefined;
  return utf8Bytes(path.path.slice(0, -1));
}

function compileRoute(
  model: RouteModel & { readonly ownRedirects: OwnRedirectsModel },
  siteLog: AccessLog | undefined,
  compiler: SiteCompiler,
): Route {
  const { path, upstream, files, response } = model;
  return {
    path,
    internal: model.internal ?? false,
    slashless: model.addsSlash === true ? slashlessOf(path) : undefined,
    ownRedirects: model.ownRedirects,
    rules: compileRules(model.rules),
    tunnel: model.tunnel,
    limits: model.limits === undefined ? undefined : new RouteLimits(model.limits, compiler.zones),
    access: model.access === undefined ? undefined : new Access(model.access, compiler.access),
    upstream: upstream === undefined ? undefined : compiler.upstream(upstream),
    files: files === undefined ? undefined : new RouteFiles(files, path),
    upgradeTokens: model.upgradeTokens,
    forward: new Forward(model.forward ?? {}, path.kind === 'regex' ? '' : path.path),
    response: response === undefined ? undefined : new ResponseChanges(response),
    errorPages: compileErrorPages(response?.errorPages),
    intercepts: response?.intercept ?? false,
    maxBodyBytes: model.maxBodyBytes ?? Number.POSITIVE_INFINITY,
    accessLog: model.accessLog === undefined ? siteLog : compiler.accessLog(model.accessLog),
  };
}
