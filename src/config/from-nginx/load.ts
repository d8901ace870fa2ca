/** From an nginx configuration on disk to the gateway's model, or to everything that keeps it from being served. */
import { resolve } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { NginxError, type Problem } from '../../nginx/errors.ts';
import { load } from '../../nginx/include.ts';
import { buildModel, type NginxModel } from '../../nginx/model.ts';
import { whyNot } from '../certificate.ts';
import { defaults } from '../defaults.ts';
import type { LoadResult } from '../load.ts';
import type { ConfigProblem } from '../problem.ts';
import { topSchema } from '../schema.ts';
import { type CompiledNginx, compileNginx } from './compile.ts';
import { geoProblemsIn } from './geo.ts';
import { limitProblemsIn } from './limits.ts';
import { listenNamesIn } from './listen-names.ts';
import { tlsProblemsIn } from './tls-checks.ts';
import { undonePartsIn } from './undone-parts.ts';
import { undoneValuesIn } from './undone-values.ts';
import { unsupportedIn } from './unsupported.ts';

export type LoadNginxOptions = {
  /** As a person named it. */
  readonly file: string;
  /** What relative paths are relative to. Default: the folder of the file. */
  readonly prefix?: string;
  /** Where the access log is when the configuration says nothing of one; need not exist. */
  readonly dataFolder: string;
};

/** A configuration that can be served, with what its parts became; or everything that keeps it from being served. */
export type NginxReading =
  | (CompiledNginx & {
      readonly ok: true;
      readonly nginx: NginxModel;
      /** Absolute; what relative paths of it are relative to. */
      readonly baseFolder: string;
      /** What is left out at the cost of speed or logging, and what is probably not meant. */
      readonly warnings: readonly ConfigProblem[];
    })
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** As `loadConfig`, with a console that is switched off. Throws nothing that is the configuration's fault. */
export function loadNginx(options: LoadNginxOptions): LoadResult {
  const reading = readNginx(options);
  if (!reading.ok) return reading;
  const { baseFolder, model, warnings } = reading;
  return {
    ok: true,
    file: options.file,
    files: [...reading.nginx.configuration.documents.keys()],
    baseFolder,
    config: { ...topSchema.parse({ console: { enabled: false } }), sites: [] },
    model,
    listen: [],
    listenIsDefault: false,
    warnings,
  };
}

/** Throws nothing that is the configuration's fault. */
export function readNginx({ file, prefix, dataFolder }: LoadNginxOptions): NginxReading {
  try {
    const configuration = load(file, prefix === undefined ? {} : { prefix });
    const nginx = buildModel(configuration);
    const wrong = nginx.problems.filter(({ severity }) => severity === 'error').map(problemOf);
    const unsupported = unsupportedIn(nginx.main);
    const values = undoneValuesIn(nginx);
    const parts = undonePartsIn(nginx);
    const names = listenNamesIn(nginx.servers);
    const problems = [
      ...wrong,
      ...unsupported.errors,
      ...values.errors,
      ...parts.errors,
      ...names.errors,
      ...geoProblemsIn(nginx.main),
      ...limitProblemsIn(nginx.main, nginx.http),
      ...tlsProblemsIn(nginx.servers),
    ];
    if (nginx.servers.length === 0 && problems.length === 0) {
      problems.push({ file, message: 'there is no server in it', hint: 'name the nginx.conf' });
    }
    if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
    const baseFolder = resolve(configuration.paths.prefix);
    const doubts = nginx.problems.filter(({ severity }) => severity === 'warning').map(problemOf);
    return {
      ok: true,
      nginx,
      baseFolder,
      ...compileNginx(nginx, {
        prefix: baseFolder,
        addresses: names.addresses,
        defaultLogPath: resolve(dataFolder, defaults.accessLogName),
      }),
      warnings: inOrder([...doubts, ...unsupported.notices, ...values.notices, ...parts.notices]),
    };
  } catch (error) {
    if (error instanceof NginxError) {
      const { place, reason, remedy } = error;
      return { ok: false, problems: [{ ...place, message: reason, hint: remedy }] };
    }
    if (codeOf(error) === undefined) throw error;
    const message = `cannot be read: ${whyNot(error)}`;
    return { ok: false, problems: [{ file, message, hint: 'name an nginx.conf' }] };
  }
}

function problemOf({ place, message, remedy }: Problem): ConfigProblem {
  return { ...place, message, hint: remedy };
}

/** File by file, as a person reads them; what is wrong in a file that is included several times is told once. */
export function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const distinct = new Map(
    problems.map((one) => [`${one.file}:${one.line}:${one.column} ${one.message}`, one] as const),
  );
  const byFile = Map.groupBy(distinct.values(), ({ file }) => file);
  return [...byFile.values()].flatMap((group) =>
    group.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  );
}
