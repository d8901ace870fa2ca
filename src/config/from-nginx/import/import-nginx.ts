/**
 * An nginx.conf as a hatchway.yaml that a person goes on with: readable, with the place of each server and location in the
 * old file, and served as the nginx.conf is. What it cannot say is left out, and told in it and beside it.
 */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isSeq, type Node } from 'yaml';
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { check } from '../../checks.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import { explainAll } from '../../explain.ts';
import type { GatewayModel } from '../../model.ts';
import { type ConfigProblem, formatProblem, inOrder } from '../../problem.ts';
import { configSchema } from '../../schema.ts';
import { routesOf, sitesOf } from '../../walk.ts';
import { type LoadNginxOptions, type NginxReading, readNginx } from '../load.ts';
import { LevelReader } from '../reader.ts';
import { typesOf } from '../types.ts';
import { upstreamContext } from '../upstreams.ts';
import type { Written } from './hoist.ts';
import { ImportReport } from './import-report.ts';
import { resolverInput } from './resolver-input.ts';
import { type SiteInput, siteInput } from './site-keys.ts';
import { importedServers, listenInputs } from './sites.ts';
import { targetVariables } from './target-variables.ts';
import { mapInputs, upstreamInputs, zoneInputs } from './upstream-inputs.ts';
import { durationText } from './yaml-text.ts';

type ConfigInput = z.input<typeof configSchema>;

export type ImportResult =
  | {
      readonly ok: true;
      /** The hatchway.yaml. Paths in it are absolute. */
      readonly text: string;
      readonly sites: number;
      /** What hatchway.yaml cannot say, and so is not in it; the text says so, too. */
      readonly leftOut: readonly ConfigProblem[];
      /** What the gateway does not do of an nginx.conf anyway, at the cost of speed or logging. */
      readonly warnings: readonly ConfigProblem[];
    }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

type WrittenSite = {
  readonly level: Level;
  readonly input: SiteInput;
  readonly routes: readonly Written[];
};

/** Throws nothing that is the configuration's fault. */
export function importNginx(options: LoadNginxOptions): ImportResult {
  const reading = readNginx(options);
  if (!reading.ok) return reading;
  const report = new ImportReport();
  const usualLogPath = resolve(options.dataFolder, defaults.accessLogName);
  const { config, written } = configInput(reading, usualLogPath, report);
  reportInvalid(config, written, report);
  const leftOut = inOrder(report.problems);
  return {
    ok: true,
    text: textOf(config, written, options.file, leftOut),
    sites: written.length,
    leftOut,
    warnings: reading.warnings,
  };
}

function configInput(
  { model, sites, nginx, baseFolder }: NginxReading & { readonly ok: true },
  usualLogPath: string,
  report: ImportReport,
): { readonly config: ConfigInput; readonly written: readonly WrittenSite[] } {
  const http = new LevelReader(nginx.http ?? nginx.main, baseFolder);
  const { resolver: usualResolver } = upstreamContext(http);
  const servesFiles = [...sitesOf(model)].some((site) =>
    [...routesOf(site)].some(({ files }) => files !== undefined),
  );
  const usualTypes = servesFiles ? typesOf(http.level) : undefined;
  const servers = importedServers(model, sites, report);
  const groups = new Set(nginx.upstreams.keys());
  const written = servers.map((imported): WrittenSite => {
    const { server, site } = imported;
    const listen = listenInputs(imported, servers);
    const wanted = targetVariables(site, model);
    const context = {
      ...{ report, groups, listen, wanted },
      ...{ usualResolver, usualLogPath, usualTypes },
    };
    return { level: server.level, ...siteInput(imported, context) };
  });
  const shared = sharedKeys(written.map(({ input }) => input));
  const config: ConfigInput = present({
    console: { enabled: false },
    drain: model.drainMs === undefined ? undefined : durationText(model.drainMs),
    resolver: resolverInput(usualResolver),
    limits: limitsInput(model),
    maps: mapInputs(model),
    types: usualTypes === undefined ? undefined : { ...usualTypes },
    upstreams: upstreamInputs(nginx, baseFolder, usualResolver),
    ...shared,
    sites: written.map(({ input, routes }) => {
      const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !(name in shared)));
      return { ...rest, ...(routes.length === 0 ? {} : { routes: routes.map(assembled) }) };
    }),
  });
  return { config, written };
}

/** What all sites have alike is written once, at the top of the file. */
function sharedKeys(
  sites: readonly SiteInput[],
): Pick<ConfigInput, 'accessLog' | 'trustedProxies'> {
  const [first, ...others] = sites;
  const isShared = (name: 'accessLog' | 'trustedProxies') =>
    others.every((site) => isDeepStrictEqual(site[name], first?.[name]));
  return present({
    accessLog: isShared('accessLog') ? first?.accessLog : undefined,
    trustedProxies: isShared('trustedProxies') ? first?.trustedProxies : undefined,
  });
}

function assembled({ input, inner }: Written): Written['input'] {
  return inner.length === 0 ? input : { ...input, routes: inner.map(assembled) };
}

function limitsInput(model: GatewayModel): ConfigInput['limits'] {
  const { headFields } = model.limits;
  return unlessEmpty(
    present({
      headFields: headFields === defaults.limits.headFields ? undefined : headFields,
      zones: zoneInputs(model),
    }),
  );
}

/** What nginx takes and `hatchway check` would not. */
function reportInvalid(
  config: ConfigInput,
  written: readonly WrittenSite[],
  report: ImportReport,
): void {
  const parsed = configSchema.safeParse(config);
  const findings = parsed.success
    ? check(parsed.data, parsed.data.sites, {
        listen: [],
        resolvePath: (path) => path,
        lineOf: (path) => levelAt(path, written)?.opening?.directive.line ?? 1,
        isDoubtful: () => false,
      })
    : explainAll(parsed.error.issues, config, []);
  for (const { path, message, hint } of findings) {
    // Files may be on the machine that the result is for, and nginx has looked at its own.
    if (path.some((step) => aboutFiles.has(step))) continue;
    report.refuse(levelAt(path, written), undefined, `to be put right by hand: ${message}`, hint);
  }
}

const aboutFiles: ReadonlySet<PropertyKey> = new Set([
  'accessLog',
  'cert',
  'key',
  'ca',
  'crl',
  'file',
]);

/** The server or the location that a path of the result comes from. */
function levelAt(path: readonly PropertyKey[], written: readonly WrittenSite[]): Level | undefined {
  const [, siteIndex, ...rest] = path;
  const site = written[Number(siteIndex)] ?? written[0];
  let routes = site?.routes ?? [];
  let level = site?.level;
  for (let depth = 0; rest[depth] === 'routes'; depth += 2) {
    const route = routes[Number(rest[depth + 1])];
    level = route?.level ?? level;
    routes = route?.inner ?? [];
  }
  return level;
}

function textOf(
  config: ConfigInput,
  written: readonly WrittenSite[],
  file: string,
  leftOut: readonly ConfigProblem[],
): string {
  const document = new Document(config);
  const lines = [
    `Brought over from ${file}. \`hatchway check\` says what is wrong with it, docs/configuration.md explains every key.`,
    ...(leftOut.length === 0 ? [] : ['', 'Not brought over:']),
    ...leftOut.flatMap((problem) => formatProblem(problem).split('\n')),
  ];
  document.commentBefore = lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
  comment(
    document.getIn(['console'], true),
    ' nginx has no console. Without this key it is on 127.0.0.1:8022.',
  );
  for (const [index, { level, routes }] of written.entries()) {
    const site = document.getIn(['sites', index], true);
    comment(site, placeOf(level));
    if (isMap(site) && index > 0) site.spaceBefore = true;
    commentRoutes(document, ['sites', index], routes);
  }
  shortOnOneLine(document.contents);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function commentRoutes(
  document: Document,
  path: readonly (string | number)[],
  routes: readonly Written[],
): void {
  for (const [index, { level, inner }] of routes.entries()) {
    const own = [...path, 'routes', index];
    if (level !== undefined) comment(document.getIn(own, true), placeOf(level));
    commentRoutes(document, own, inner);
  }
}

function comment(node: unknown, text: string): void {
  if (isMap(node)) node.commentBefore = text;
}

function placeOf({ opening }: Level): string {
  const { file = 'nginx.conf', line = 1 } = opening?.directive ?? {};
  return ` ${file}:${line}`;
}

/** `[a, b]` instead of a line each, where nothing but texts and numbers are in it. */
function shortOnOneLine(node: Node | null): void {
  if (isSeq(node)) {
    node.flow = node.items.every((item) => !isMap(item) && !isSeq(item));
    for (const item of node.items) shortOnOneLine(item as Node);
  } else if (isMap(node)) {
    for (const { value } of node.items) shortOnOneLine(value as Node | null);
  }
}
