/**
 * From a file to the gateway's model, or to everything that is wrong with it at once.
 *
 * A value that cannot be read does not hide other problems: it is left out, and the checks go on with the rest, without
 * telling what only follows from its absence. For that the sites are parsed one by one.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TextDecoder } from 'node:util';
import type { z } from 'zod';
import { codeOf } from '../base/errors.ts';
import { whyNot } from './certificate.ts';
import { check } from './checks.ts';
import { compile } from './compile.ts';
import { defaults } from './defaults.ts';
import { explainAll } from './explain.ts';
import type { GatewayModel } from './model.ts';
import { noticesOf } from './notices.ts';
import { type ConfigPath, type ConfigProblem, type Finding, inOrder } from './problem.ts';
import { References } from './references.ts';
import type { ListenConfig } from './schema/listen.ts';
import { type Config, siteSchema, sitesSchema, topSchema } from './schema.ts';
import { checkTemplates } from './template-checks.ts';
import { YamlSource } from './yaml-source.ts';

/** What is read from the working folder when no file is named. */
export const defaultFile = 'hatchway.yaml';

export type LoadOptions = {
  /** As a person named it. Default: `hatchway.yaml` in the working folder if it is there, else all defaults. */
  readonly file?: string;
  /** Wins over the `listen` of the file. */
  readonly listen?: readonly ListenConfig[];
  /** Where the access log is by default; need not exist. */
  readonly dataFolder: string;
  /** What `${NAME}` in a value stands for. Default: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For what depends on the day, such as the end of a certificate. Default: now. */
  readonly now?: Date;
};

export type LoadResult =
  | {
      readonly ok: true;
      /** The file that was read, if there was one. */
      readonly file?: string;
      /** Further files that were read for it. Default: none. */
      readonly files?: readonly string[];
      /** Absolute; what paths of `config` are relative to. Those of `model` are absolute. */
      readonly baseFolder: string;
      readonly config: Config;
      readonly model: GatewayModel;
      /** What holds for everything without its own `listen`. */
      readonly listen: readonly ListenConfig[];
      /** Whether nobody chose that, so that another port is as good. */
      readonly listenIsDefault: boolean;
      /** What is allowed but probably not meant, or will soon be wrong, with its place. */
      readonly warnings: readonly ConfigProblem[];
    }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
      /** Where only files that it names are wrong. */
      readonly model?: GatewayModel;
    };

/** Reads, checks and compiles. Throws nothing that is the configuration's fault. */
export function loadConfig(options: LoadOptions): LoadResult {
  const file = options.file ?? defaultFile;
  const text = readText(file);
  if (typeof text === 'string') return loadText(file, text, options);
  // Only a file that nobody named may be missing.
  if (text.isMissing && options.file === undefined) return loadText(undefined, '', options);
  return failed([{ file, message: text.message, hint: text.hint }]);
}

function loadText(file: string | undefined, text: string, options: LoadOptions): LoadResult {
  const source = new YamlSource(file ?? defaultFile, text);
  if (source.value === undefined) return failed(source.problems);
  const baseFolder = resolve(dirname(file ?? defaultFile));
  const resolvePath = (path: string) => resolve(baseFolder, path);
  const { environment = process.env, now = new Date() } = options;
  const references = new References({ environment, resolvePath });
  const value = references.putInto(source.value);
  const { top, sites, findings } = parse(value);
  const listen = options.listen ?? top?.listen ?? [defaults.listen];
  findings.push(...checkTemplates(value));
  const notices: Finding[] = [];
  if (top !== undefined) {
    const doubtful = [...references.findings, ...findings].map(({ meant, path }) => meant ?? path);
    const isDoubtful = (path: ConfigPath) =>
      doubtful.some((other) => isWithin(other, path) || isWithin(path, other));
    const lineOf = (path: ConfigPath) => source.lineOf(path);
    findings.push(...check(top, sites, { listen, resolvePath, lineOf, isDoubtful }));
    notices.push(...noticesOf(top, sites, { listen, resolvePath, now, isDoubtful }));
  }
  const locate = (finding: Finding) => source.locate(references.conceal(finding));
  // What is wrong with a text that still refers to nothing is not worth telling.
  const certain = findings.filter(
    ({ path }) => !references.findings.some((other) => isWithin(path, other.path)),
  );
  const problems = [...source.problems, ...[...references.findings, ...certain].map(locate)];
  const warnings = inOrder(notices.map(locate));
  if (top === undefined || problems.length > 0) return failed(problems, warnings);
  const config = { ...top, sites: sites.filter((site) => site !== undefined) };
  return {
    ok: true,
    ...(file === undefined ? {} : { file }),
    files: references.files,
    baseFolder,
    config,
    model: compile(config, { listen, baseFolder, dataFolder: resolve(options.dataFolder) }),
    listen,
    listenIsDefault: options.listen === undefined && top.listen === undefined,
    warnings,
  };
}

function failed(
  problems: readonly ConfigProblem[],
  warnings: readonly ConfigProblem[] = [],
): LoadResult {
  return { ok: false, problems: inOrder(problems), warnings };
}

type Parsed = {
  /** Undefined when the file is not even a mapping. */
  readonly top: z.output<typeof topSchema> | undefined;
  /** Undefined for one that lacks what it needs. */
  readonly sites: readonly (z.output<typeof siteSchema> | undefined)[];
  readonly findings: Finding[];
};

function parse(value: unknown): Parsed {
  const { sites: sitesValue, ...topValue } = isMapping(value) ? value : {};
  const top = parseUsable(topSchema, isMapping(value) ? topValue : value, []);
  const findings = top.findings;
  if (!Array.isArray(sitesValue)) {
    findings.push(...parseUsable(sitesSchema, sitesValue, ['sites']).findings);
    return { top: top.value, sites: [], findings };
  }
  const sites = sitesValue.map((site, index) => parseUsable(siteSchema, site, ['sites', index]));
  findings.push(...sites.flatMap((site) => site.findings));
  return { top: top.value, sites: sites.map((site) => site.value), findings };
}

/** The value without its unusable parts, and what is wrong with those. */
function parseUsable<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: ConfigPath,
): { value: z.output<Schema> | undefined; findings: Finding[] } {
  const first = schema.safeParse(value);
  if (first.success) return { value: first.data, findings: [] };
  const findings = explainAll(first.error.issues, value, at);
  const rest = structuredClone(value);
  for (const { path } of findings) remove(rest, path.slice(at.length));
  const second = schema.safeParse(rest);
  if (second.success) return { value: second.data, findings };
  // A mapping may be of no use without what was wrong in it.
  for (const { path } of second.error.issues) remove(rest, path.slice(0, 1).map(String));
  return { value: schema.safeParse(rest).data, findings };
}

/** Removes what is at a path; a list as a whole, so that the places of its other items stay right. */
function remove(value: unknown, path: ConfigPath): void {
  const [step, next] = path;
  if (typeof step !== 'string' || !isMapping(value)) return;
  if (typeof next === 'string' && isMapping(value[step])) remove(value[step], path.slice(1));
  else delete value[step];
}

function isWithin(path: ConfigPath, outer: ConfigPath): boolean {
  return outer.every((step, depth) => path[depth] === step);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(file: string): string | { isMissing: boolean; message: string; hint: string } {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const isEncoding = codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    return {
      isMissing: codeOf(error) === 'ENOENT',
      message: isEncoding ? 'the file is not UTF-8' : `cannot be read: ${whyNot(error)}`,
      hint: isEncoding ? 'save it as UTF-8' : hintFor(error),
    };
  }
}

function hintFor(error: unknown): string {
  const isDenied = codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM';
  return isDenied ? 'check who may read it' : 'name the configuration with -c FILE';
}
