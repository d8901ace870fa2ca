/**
 * An nginx.conf as a hatchway.yaml that a person goes on with: what the keys of it can say, readable, and with the place of each
 * server and location in the old file. What they cannot say is a problem, and then there is no result.
 */
import { resolve } from 'node:path';
import { Document, isMap, isSeq, type Node } from 'yaml';
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { check } from '../../checks.ts';
import { present } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { ConfigProblem } from '../../problem.ts';
import { configSchema } from '../../schema.ts';
import type { ResolverModel } from '../../upstream-model.ts';
import { inOrder, type LoadNginxOptions, readNginx } from '../load.ts';
import { ImportReport } from './import-report.ts';
import { siteInput, type Written } from './site-keys.ts';
import { importedServers, ListenTexts } from './sites.ts';
import { durationText } from './yaml-text.ts';

type ConfigInput = z.input<typeof configSchema>;

export type ImportResult =
  | {
      readonly ok: true;
      /** The hatchway.yaml. Paths in it are absolute. */
      readonly text: string;
      readonly sites: number;
      /** What is left out, and what is a little different. */
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Throws nothing that is the configuration's fault. */
export function importNginx(options: LoadNginxOptions): ImportResult {
  const reading = readNginx(options);
  if (!reading.ok) return reading;
  const { model, sites } = reading;
  const report = new ImportReport();
  const listenTexts = new ListenTexts(model);
  const resolvers: { resolver: ResolverModel | undefined; level: Level }[] = [];
  const servers = importedServers(model, sites, report);
  const written = servers.map((imported) => ({
    level: imported.server.level,
    ...siteInput(imported, {
      report,
      resolvers,
      defaultLogPath: resolve(options.dataFolder, defaults.accessLogName),
      listen: listenTexts.of(imported, report),
    }),
  }));
  const config: ConfigInput = present({
    console: { enabled: false },
    drain: model.drainMs === undefined ? undefined : durationText(model.drainMs),
    resolver: resolverInput(resolvers, report),
    limits: limitsInput(model.limits.headFields),
    sites: written.map(({ input, routes }) =>
      routes.length === 0 ? input : { ...input, routes: routes.map((route) => route.input) },
    ),
  });
  if (report.problems.length === 0) refuseInvalid(config, written, report);
  if (report.problems.length > 0) return { ok: false, problems: inOrder(report.problems) };
  return {
    ok: true,
    text: textOf(config, written, options.file),
    sites: written.length,
    warnings: inOrder([...reading.warnings, ...report.differences]),
  };
}

/** nginx's default, as good as any. */
const usualHeadFields = 1000;

function limitsInput(headFields: number): ConfigInput['limits'] {
  const isUsual = headFields === usualHeadFields || headFields === defaults.limits.headFields;
  return isUsual ? undefined : { headFields };
}

type WrittenSite = { readonly level: Level; readonly routes: readonly Written[] };

/** hatchway.yaml has name servers once. */
function resolverInput(
  used: readonly { readonly resolver: ResolverModel | undefined; readonly level: Level }[],
  report: ImportReport,
): ConfigInput['resolver'] {
  const [first] = used;
  const other = used.find(
    ({ resolver }) => JSON.stringify(resolver) !== JSON.stringify(first?.resolver),
  );
  if (other !== undefined) {
    report.refuse(
      other.level,
      'resolver',
      'other locations have another "resolver" or none, and hatchway.yaml has one for all',
      'write it in http',
    );
  }
  if (first?.resolver === undefined) return undefined;
  const { servers, validMs, timeoutMs, only } = first.resolver;
  if (only !== undefined) {
    report.differs(first.level, 'resolver', 'hatchway.yaml uses addresses of both kinds');
  }
  return {
    servers: [...servers],
    ...present({
      valid: validMs === undefined ? undefined : durationText(validMs),
      timeout:
        timeoutMs === undefined || timeoutMs === 30_000 ? undefined : durationText(timeoutMs),
    }),
  };
}

/** What nginx takes and `hatchway check` would not. */
function refuseInvalid(
  config: ConfigInput,
  written: readonly WrittenSite[],
  report: ImportReport,
): void {
  const parsed = configSchema.safeParse(config);
  for (const { path } of parsed.error?.issues ?? []) {
    const key = path.findLast((step) => typeof step === 'string');
    const value = path.reduce<unknown>(
      (inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step],
      config,
    );
    const message = `${JSON.stringify(value)} is nothing that \`${key}\` of hatchway.yaml can be`;
    report.refuse(levelAt(path, written), undefined, message);
  }
  if (!parsed.success) return;
  const { sites, ...top } = parsed.data;
  const findings = check(top, sites, {
    listen: [],
    resolvePath: (path) => path,
    lineOf: (path) => levelAt(path, written).opening?.directive.line ?? 1,
    isDoubtful: () => false,
  });
  for (const { path, message, hint } of findings) {
    // Files may be on the machine that the result is for, and nginx has looked at its own.
    if (path.some((step) => aboutFiles.has(step))) continue;
    report.refuse(levelAt(path, written), undefined, `in hatchway.yaml, ${message}`, hint);
  }
}

const aboutFiles: ReadonlySet<PropertyKey> = new Set(['accessLog', 'cert', 'key', 'ca', 'file']);

/** The server or the location that a path of the result comes from. */
function levelAt(path: readonly PropertyKey[], written: readonly WrittenSite[]): Level {
  const [, siteIndex, key, routeIndex] = path;
  const site = written[Number(siteIndex)] ?? written[0];
  const route = key === 'routes' ? site?.routes[Number(routeIndex)] : undefined;
  return (route ?? site)?.level as Level;
}

function textOf(config: ConfigInput, written: readonly WrittenSite[], file: string): string {
  const document = new Document(config);
  document.commentBefore = ` Brought over from ${file}. \`hatchway check\` says what is wrong with it, docs/configuration.md explains every key.`;
  comment(
    document.getIn(['console'], true),
    ' nginx has no console. Without this key it is on 127.0.0.1:8022.',
  );
  for (const [index, { level, routes }] of written.entries()) {
    const site = document.getIn(['sites', index], true);
    comment(site, placeOf(level));
    if (isMap(site) && index > 0) site.spaceBefore = true;
    for (const [nth, route] of routes.entries()) {
      comment(document.getIn(['sites', index, 'routes', nth], true), placeOf(route.level));
    }
  }
  shortListsOnOneLine(document.contents);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function comment(node: unknown, text: string): void {
  if (isMap(node)) node.commentBefore = text;
}

function placeOf({ opening }: Level): string {
  const { file = 'nginx.conf', line = 1 } = opening?.directive ?? {};
  return ` ${file}:${line}`;
}

/** `[a, b]` instead of a line each, where nothing but texts and numbers are in it. */
function shortListsOnOneLine(node: Node | null): void {
  if (isSeq(node)) {
    node.flow = node.items.every((item) => !isMap(item) && !isSeq(item));
    for (const item of node.items) shortListsOnOneLine(item as Node);
  } else if (isMap(node)) {
    for (const { value } of node.items) shortListsOnOneLine(value as Node | null);
  }
}
