/** A server as a site of hatchway.yaml. */
import type { z } from 'zod';
import type { Location } from '../../../nginx/model.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { SiteModel, SiteTlsModel, TrustModel } from '../../model.ts';
import type { RouteModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import { accessLogInput } from './access-keys.ts';
import { type Constants, foldConstants } from './constants.ts';
import { hoisted, type SiteKeys, type Written } from './hoist.ts';
import { responseKeys } from './response-keys.ts';
import { ownRedirectsInput, type RouteContext, routeInput } from './route-keys.ts';
import { answerInput, answersAll, ruleInputs } from './rule-inputs.ts';
import { plain } from './server-keys.ts';
import type { ImportedServer, ListenInput } from './sites.ts';
import { durationText, hostText, plainText, sizeText } from './yaml-text.ts';

export type SiteInput = z.input<typeof siteSchema>;

export type SiteContext = Omit<RouteContext, 'constants'> & {
  readonly listen: readonly ListenInput[];
};

export function siteInput(
  { server, site, hosts }: ImportedServer,
  context: SiteContext,
): { readonly input: SiteInput; readonly routes: readonly Written[] } {
  const { level } = server;
  const { report, usualLogPath } = context;
  const folded = foldConstants(site.rules ?? [], new Map(), context.wanted);
  const { response, ...pages } = responseKeys(site.response, undefined);
  const accessLog = accessLogInput(site.accessLog, usualLogPath);
  const own: SiteKeys = present({
    accessLog,
    headers: response === undefined ? undefined : { response },
    ...pages,
  });
  const common = {
    host: hosts.length === 0 ? undefined : hosts.map(hostText),
    listen: context.listen,
    ...certificateKeys(site),
    tls: tlsInput(site.tls),
    trustedProxies: trustInput(site.trust),
    mergeSlashes: site.mergeSlashes,
    ownRedirects: ownRedirectsInput(siteRedirects(site)),
  };
  const [first] = folded.rules;
  const place = { level, path: undefined, report };
  // Nobody comes to what is behind an answer.
  if (answersAll(first)) {
    const answer = answerInput(first, place);
    const input = { ...common, ...answer, limits: headLimits(site.limits), ...own };
    return { input: shortened(present(input)), routes: [] };
  }
  const isLast = folded.rules.some(answersAll);
  const written = isLast ? [] : writtenRoutes(server.locations, site, context, folded.constants);
  const { site: keys, routes } = hoisted(written, own, usualLogPath);
  const rules = ruleInputs(folded.rules, place);
  const input = {
    ...common,
    rules: rules.length === 0 ? undefined : rules,
    ...keys,
    limits: unlessEmpty({ ...headLimits(site.limits), ...keys.limits }),
  };
  const target = routes.length === 0 && !hasTarget(keys) ? { to: 'off' as const } : {};
  const isSilent = rules.length === 0 && site.tls?.rejectsHandshakes !== true;
  return { input: shortened(present({ ...input, ...(isSilent ? target : {}) })), routes };
}

function hasTarget({ to, redirect, answer, files }: SiteKeys): boolean {
  return [to, redirect, answer, files].some((one) => one !== undefined);
}

/** One of several is written alone. */
function shortened(
  input: Omit<SiteInput, 'listen'> & { listen: readonly ListenInput[] },
): SiteInput {
  const one = <Value>(value: readonly Value[]) =>
    value.length === 1 ? (value[0] as Value) : [...value];
  const { host, listen, cert, key } = input;
  return present({
    ...input,
    host: Array.isArray(host) ? one(host) : host,
    listen: one(listen),
    cert: Array.isArray(cert) ? one(cert) : cert,
    key: Array.isArray(key) ? one(key) : key,
  });
}

function siteRedirects({ absoluteRedirects, ownRedirects }: SiteModel): SiteModel['ownRedirects'] {
  if (ownRedirects !== undefined) return ownRedirects;
  return absoluteRedirects === true ? { host: 'request', port: true } : undefined;
}

/** Those of locations with their places, then the named ones, and what no location is for. */
function writtenRoutes(
  locations: readonly Location[],
  site: SiteModel,
  context: SiteContext,
  constants: Constants,
): Written[] {
  const inner = { ...context, constants };
  const byLocation = routesOf(locations, site.routes, inner);
  const named = Object.entries(site.namedRoutes ?? {}).map(([name, model]): Written => {
    const level = levelOfName(locations, name);
    return { input: routeInput(model, level, inner, name), level, inner: [] };
  });
  // The compiler adds the one for everything else behind all others.
  const rest = site.routes.slice(byLocation.length);
  return [
    ...byLocation,
    ...named,
    ...rest.map((model) => ({
      input: routeInput(model, undefined, inner),
      level: undefined,
      inner: [],
    })),
  ];
}

function routesOf(
  locations: readonly Location[],
  models: readonly RouteModel[],
  context: RouteContext,
): Written[] {
  const withPath = locations.filter(({ match }) => 'path' in match || match.kind === 'regex');
  return withPath.flatMap((location, index): Written[] => {
    const model = models[index];
    if (model === undefined) return [];
    const inner = routesOf(location.locations, model.routes ?? [], context);
    return [{ input: routeInput(model, location.level, context), level: location.level, inner }];
  });
}

function levelOfName(locations: readonly Location[], name: string): Location['level'] | undefined {
  for (const { match, level, locations: inner } of locations) {
    if (match.kind === 'named' && match.name === name) return level;
    const found = levelOfName(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function certificateKeys({ certificate, moreCertificates = [] }: SiteModel): {
  cert?: string[];
  key?: string[];
  passphrases?: string;
} {
  if (certificate === undefined) return {};
  const all = [certificate, ...moreCertificates];
  return {
    cert: all.map(({ certPath }) => plainText(certPath)),
    key: all.map(({ keyPath }) => plainText(keyPath)),
    ...present({ passphrases: plain(certificate.passwordsPath) }),
  };
}

function tlsInput(tls: SiteTlsModel | undefined): SiteInput['tls'] {
  if (tls === undefined) return undefined;
  const { clients, rejectsHandshakes, ...details } = tls;
  return unlessEmpty(
    present({
      ...details,
      rejectHandshakes: rejectsHandshakes,
      clients:
        clients === undefined
          ? undefined
          : present({
              verify: clients.verify,
              ca: plain(clients.caPath),
              crl: plain(clients.crlPath),
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

function headLimits(limits: SiteModel['limits']): SiteInput['limits'] {
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
      keepAlive: keepAliveMs === 0 ? '0s' : time(keepAliveMs, usual.keepAliveMs),
    }),
  );
}
