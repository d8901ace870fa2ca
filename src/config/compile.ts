/**
 * A checked configuration as the gateway's model. Fills in what depends on other keys: a site's listen, its log, what a
 * route takes from its site. Reads no file.
 */
import { resolve } from 'node:path';
import { accessLogModel, type LogOptions } from './compile/access-log.ts';
import { limitsModel, siteLimitsModel, zoneModels } from './compile/limits.ts';
import { present, unlessEmpty } from './compile/present.ts';
import { siteResponseModel } from './compile/response.ts';
import { ownRedirectsModel, siteRoutes } from './compile/routes.ts';
import { ruleModels } from './compile/rules.ts';
import { defaults } from './defaults.ts';
import type {
  CertificateModel,
  GatewayModel,
  ListenAddress,
  ListenerModel,
  SiteModel,
  SiteTlsModel,
  TrustModel,
} from './model.ts';
import type { RouteModel } from './route-model.ts';
import type { ListenConfig } from './schema/listen.ts';
import type { TrustConfig } from './schema/trusted-proxies.ts';
import type { Config, SiteConfig } from './schema.ts';
import { type Address, byAddress, defaultOf, type Served, servedBy, speaksTls } from './served.ts';
import { formatListenAddress } from './values/listen-address.ts';

/** The name under which the gateway is given the console's server. */
export const consoleServer = 'console';

export type CompileOptions = LogOptions & {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenConfig[];
};

/** The model of a configuration in which `check` found nothing. */
export function compile(config: Config, options: CompileOptions): GatewayModel {
  const served = servedBy(config.sites, config.console, options.listen);
  const sites = new Map(served.map((one) => [one, siteModel(one, config, options)]));
  return {
    listeners: byAddress(served).map((address) => listenerModel(address, sites, config, options)),
    limits: limitsModel(config.limits),
    ...present({ maps: mapModels(config.maps), admin: adminModel(config.admin, options) }),
    ...zoneModels(config.limits),
    drainMs: config.drain,
  };
}

function listenerModel(
  place: Address,
  models: ReadonlyMap<Served, SiteModel>,
  config: Config,
  options: CompileOptions,
): ListenerModel {
  const { address, served, http2, proxyProtocol, reusePort, ipv6Only } = place;
  const sites = served.map((one) => models.get(one) as SiteModel);
  const tls = speaksTls(place);
  return {
    address: absoluteAddress(address, options),
    ...(ipv6Only === true ? { ipv6Only } : {}),
    tls,
    ...(tls && (http2 ?? config.http2) ? { http2: true } : {}),
    ...(proxyProtocol === true ? { proxyProtocol } : {}),
    ...((reusePort ?? config.reusePort) ? { reusePort: true } : {}),
    sites,
    defaultSite: models.get(defaultOf(place)) as SiteModel,
  };
}

function siteModel(served: Served, config: Config, options: CompileOptions): SiteModel {
  const { site, hosts, listen } = served;
  const [certificate, ...moreCertificates] = certificateModels(served, options);
  const routes =
    site === undefined
      ? undefined
      : siteRoutes(site, {
          ...options,
          resolver: config.resolver,
          upstreams: config.upstreams,
          types: config.types,
        });
  const rules = ruleModels(site?.rules);
  const namedRoutes = unlessEmpty(routes?.namedRoutes ?? {});
  return {
    name:
      hosts?.find(({ text }) => text !== '')?.text ??
      (site === undefined ? 'console' : nameOf(listen)),
    hosts: hosts?.flatMap((host) => host.patterns) ?? [],
    ...present({
      certificate,
      moreCertificates: moreCertificates.length === 0 ? undefined : moreCertificates,
      tls: siteTlsModel(site?.tls, options),
      rules: rules.length === 0 ? undefined : rules,
    }),
    routes: routes?.routes ?? [consoleRoute()],
    ...present({
      response: site === undefined ? undefined : siteResponseModel(site),
      namedRoutes,
      mergeSlashes: site?.mergeSlashes,
      ownRedirects: ownRedirectsModel(site?.ownRedirects),
      trust: trustModel(site?.trustedProxies ?? config.trustedProxies, served),
      limits: siteLimitsModel(site?.limits),
    }),
    accessLog: accessLogModel(site?.accessLog ?? config.accessLog, options),
  };
}

function certificateModels(
  { cert = [], key = [], passphrases }: Served,
  { baseFolder }: LogOptions,
): CertificateModel[] {
  return cert.flatMap((file, index) => {
    const keyFile = key[index];
    if (keyFile === undefined) return [];
    const passwordsPath = passphrases === undefined ? undefined : resolve(baseFolder, passphrases);
    return [
      {
        certPath: resolve(baseFolder, file),
        keyPath: resolve(baseFolder, keyFile),
        ...present({ passwordsPath }),
      },
    ];
  });
}

function adminModel(admin: Config['admin'], options: LogOptions): GatewayModel['admin'] {
  if (admin === undefined) return undefined;
  const { address, hosts } = admin;
  return { address: absoluteAddress(address, options), ...present({ hosts }) };
}

function mapModels(maps: Config['maps']): GatewayModel['maps'] {
  if (maps === undefined) return undefined;
  return Object.entries(maps).map(([name, map]) => ({ variable: name.toLowerCase(), ...map }));
}

/** A site without a host is known by its address. */
function nameOf(listen: readonly ListenAddress[]): string {
  return formatListenAddress(listen[0] as ListenAddress);
}

function consoleRoute(): RouteModel {
  return {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upstream: {
      name: consoleServer,
      servers: [{ kind: 'in-process', name: consoleServer }],
      // A shell may be silent for days while its output streams.
      timeouts: { ...defaults.timeouts, readMs: Number.POSITIVE_INFINITY },
    },
    upgradeTokens: defaults.upgradeTokens,
  };
}

function siteTlsModel(
  tls: SiteConfig['tls'],
  { baseFolder }: LogOptions,
): SiteTlsModel | undefined {
  if (tls === undefined) return undefined;
  const { clients, rejectHandshakes, ...details } = tls;
  return present({
    rejectsHandshakes: rejectHandshakes === true ? true : undefined,
    ...details,
    clients:
      clients === undefined
        ? undefined
        : {
            verify: clients.verify ?? ('on' as const),
            ...present({
              caPath: clients.ca === undefined ? undefined : resolve(baseFolder, clients.ca),
              depth: clients.depth,
              crlPath: clients.crl === undefined ? undefined : resolve(baseFolder, clients.crl),
            }),
          },
  });
}

function trustModel(trust: TrustConfig | undefined, { listen }: Served): TrustModel | undefined {
  if (trust === undefined) return undefined;
  const byConnection = listen.every(({ proxyProtocol }) => proxyProtocol === true);
  const header = trust.header ?? (byConnection ? 'proxy_protocol' : undefined);
  return {
    from: trust.from,
    // Who writes a PROXY protocol header mostly looks at nothing else: the fields are still the client's.
    forwarded: trust.forwarded ?? header !== 'proxy_protocol',
    ...present({
      header,
      recursive: trust.recursive,
    }),
  };
}

function absoluteAddress(address: ListenAddress, { baseFolder }: LogOptions): ListenAddress {
  return address.kind === 'unix'
    ? { kind: 'unix', path: resolve(baseFolder, address.path) }
    : { kind: 'tcp', host: address.host, port: address.port };
}
