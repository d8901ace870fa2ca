/** A server as a site. */
import { hostname } from 'node:os';
import { locationsIn, type Server } from '../../nginx/model.ts';
import { parseSize } from '../../nginx/units.ts';
import type {
  CertificateModel,
  HostPattern,
  SiteModel,
  SiteTlsModel,
  TrustModel,
} from '../model.ts';
import type { PathPattern, RouteModel } from '../route-model.ts';
import { accessOf } from './access.ts';
import { accessLogOf } from './access-log.ts';
import { responseOf } from './answers.ts';
import { filesOf, namesFiles } from './files.ts';
import { limitsOf } from './limits.ts';
import { LevelReader } from './reader.ts';
import { maxBodyBytesOf, namedRouteOf, ownRedirectsOf, routeOf, type Shared } from './route.ts';
import { rulesOf } from './rules.ts';
import { rejectsHandshakes } from './tls-checks.ts';
import { withCommands } from './tls-commands.ts';
import { versionsOf } from './upstreams.ts';

const second = 1000;
const minute = 60 * second;

/**
 * @param fallback the server whose certificate it shows when it has none of its own
 * @param isDefault whether it is, wherever it listens: only another one needs the empty name that a server without any has
 */
export function siteOf(
  server: Server,
  fallback: Server | undefined,
  isDefault: boolean,
  shared: Shared,
): SiteModel {
  const reader = new LevelReader(server.level, shared.prefix);
  const namesAny = reader.isSaid('server_name');
  const own = certificatesOf(reader);
  const isOwn = own.length > 0 || fallback === undefined || rejectsHandshakes(server);
  const [certificate, ...moreCertificates] = isOwn
    ? own
    : certificatesOf(new LevelReader(fallback.level, shared.prefix));
  const tls = tlsOf(reader);
  const trust = trustOf(reader);
  const rules = rulesOf(server.level, shared.prefix);
  const named = [...locationsIn(server)].flatMap((location) =>
    location.match.kind === 'named' ? [[location.match.name, location] as const] : [],
  );
  const response = responseOf(reader);
  const files = namesFiles(server.level) ? filesOf(reader, false) : undefined;
  const routes = server.locations.flatMap((location) => routeOf(location, shared) ?? []);
  return {
    name: nameOf(server),
    hosts: namesAny || isDefault ? server.names.flatMap(hostsOf) : [{ kind: 'exact', host: '' }],
    ...(certificate === undefined ? {} : { certificate }),
    ...(moreCertificates.length === 0 ? {} : { moreCertificates }),
    ...(tls === undefined ? {} : { tls }),
    ...(rules.length === 0 ? {} : { rules }),
    routes: withRoot(routes, reader),
    ...(files === undefined ? {} : { files }),
    ...(response === undefined ? {} : { response }),
    ...(named.length === 0
      ? {}
      : {
          namedRoutes: Object.fromEntries(
            named.map(([name, location]) => [name, namedRouteOf(location, shared)]),
          ),
        }),
    ...(trust === undefined ? {} : { trust }),
    ...(reader.flag('merge_slashes') ? {} : { mergeSlashes: false }),
    ...redirectsOf(reader),
    limits: {
      headBytes: headBytesOf(reader),
      headMs: reader.time('client_header_timeout', minute),
      bodyMs: reader.time('client_body_timeout', minute),
      keepAliveMs: reader.time('keepalive_timeout', 75 * second),
    },
    accessLog: accessLogOf(reader, shared.logs),
  };
}

function redirectsOf(reader: LevelReader): Pick<SiteModel, 'absoluteRedirects' | 'ownRedirects'> {
  const own = ownRedirectsOf(reader);
  if (own === 'path') return {};
  return own.host === 'request' && own.port ? { absoluteRedirects: true } : { ownRedirects: own };
}

/** What no location has is the server's own: its error pages and access, and its files if it has some. */
function withRoot(routes: readonly RouteModel[], reader: LevelReader): readonly RouteModel[] {
  const hasRoot = routes.some(({ path }) => path.kind === 'prefix' && path.path === '/');
  if (hasRoot) return routes;
  const path: PathPattern = { kind: 'prefix', path: '/', beforeRegex: false };
  const response = responseOf(reader);
  const limits = limitsOf(reader);
  const access = accessOf(reader);
  const maxBodyBytes = maxBodyBytesOf(reader);
  const files = filesOf(reader, false);
  return [
    ...routes,
    {
      path,
      upgradeTokens: [],
      ...(files === undefined ? {} : { files }),
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
      ...(response === undefined ? {} : { response }),
      ...(limits === undefined ? {} : { limits }),
      ...(access === undefined ? {} : { access }),
    },
  ];
}

/** The first one, as `$server_name` and redirects have it. */
function nameOf({ names: [first] }: Server): string {
  if (first === undefined) return '';
  if (first.kind === 'hostname') return hostname().toLowerCase();
  return first.kind === 'regex' ? first.text : first.text.toLowerCase().replace(/^\./, '');
}

function hostsOf(name: Server['names'][number]): HostPattern[] {
  switch (name.kind) {
    case 'exact':
    case 'leading-wildcard':
    case 'trailing-wildcard': {
      const { setting: _setting, word: _word, text: _text, ...pattern } = name;
      return [pattern];
    }
    case 'regex':
      return [{ kind: 'regex', regex: name.regex.regex }];
    case 'hostname':
      return [{ kind: 'exact', host: hostname().toLowerCase() }];
    case 'invalid':
      return [];
  }
}

function certificatesOf(reader: LevelReader): CertificateModel[] {
  const keys = reader.all('ssl_certificate_key').map(([path = '']) => reader.absolute(path));
  const passwordsPath = reader.path('ssl_password_file');
  return reader.all('ssl_certificate').flatMap(([path = ''], index) => {
    const keyPath = keys[index];
    if (keyPath === undefined) return [];
    const certPath = reader.absolute(path);
    return [{ certPath, keyPath, ...(passwordsPath === undefined ? {} : { passwordsPath }) }];
  });
}

function tlsOf(reader: LevelReader): SiteTlsModel | undefined {
  const ciphers = reader.isSaid('ssl_ciphers') ? reader.word('ssl_ciphers') : undefined;
  const verify = reader.isSaid('ssl_verify_client') ? reader.word('ssl_verify_client') : undefined;
  const caPath = reader.path('ssl_client_certificate') ?? reader.path('ssl_trusted_certificate');
  const crlPath = reader.path('ssl_crl');
  const tls: SiteTlsModel = {
    ...(reader.flag('ssl_reject_handshake') ? { rejectsHandshakes: true } : {}),
    ...withCommands(
      {
        ...versionsOf(reader, 'ssl_protocols'),
        ...(ciphers === undefined ? {} : { ciphers }),
      },
      reader.all('ssl_conf_command'),
      'HIGH:!aNULL:!MD5',
    ),
    ...(verify === 'on' || verify === 'optional' || verify === 'optional_no_ca'
      ? {
          clients: {
            verify,
            ...(caPath === undefined ? {} : { caPath }),
            depth: reader.number('ssl_verify_depth', 1),
            ...(crlPath === undefined ? {} : { crlPath }),
          },
        }
      : {}),
  };
  return Object.keys(tls).length === 0 ? undefined : tls;
}

function trustOf(reader: LevelReader): TrustModel | undefined {
  const from = reader.all('set_real_ip_from').map(([network = '']) => network);
  if (from.length === 0) return undefined;
  return {
    from,
    header: (reader.word('real_ip_header') ?? 'X-Real-IP').toLowerCase(),
    recursive: reader.flag('real_ip_recursive'),
  };
}

/** A head may fill all buffers; nginx's default is 4 of 8 KiB. */
function headBytesOf(reader: LevelReader): number {
  const [count = '4', size = '8k'] = reader.args('large_client_header_buffers') ?? [];
  return Number(count) * (parseSize(size) ?? 8192);
}
