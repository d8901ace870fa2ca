/** From an nginx configuration on disk to the gateway's model, or to everything that keeps it from being served. */
import { resolve } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { NginxError, type Problem } from '../../nginx/errors.ts';
import { load } from '../../nginx/include.ts';
import { buildModel, type NginxModel } from '../../nginx/model.ts';
import { whyNot } from '../certificate.ts';
import { defaults } from '../defaults.ts';
import type { LoadResult } from '../load.ts';
import { checkNginxFiles } from '../nginx-files.ts';
import { type ConfigProblem, inOrder } from '../problem.ts';
import { topSchema } from '../schema.ts';
import { type CompiledNginx, compileNginx } from './compile.ts';
import { geoProblemsIn } from './geo.ts';
import { limitProblemsIn } from './limits.ts';
import { listenNamesIn } from './listen-names.ts';
import { splitProblemsIn } from './split-clients.ts';
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
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
      /** Undefined when not even its blocks are known. */
      readonly nginx?: NginxModel;
    };

/**
 * As `loadConfig`, with a console that is switched off: the files that it names are opened, too. Throws nothing that is the
 * configuration's fault.
 */
export function loadNginx(options: LoadNginxOptions): LoadResult {
  const reading = readNginx(options);
  const files = reading.nginx === undefined ? undefined : checkNginxFiles(reading.nginx);
  const problems = inOrder([...(reading.ok ? [] : reading.problems), ...(files?.problems ?? [])]);
  const warnings = inOrder([...reading.warnings, ...(files?.warnings ?? [])]);
  if (!reading.ok) return { ok: false, problems, warnings };
  const { baseFolder, model } = reading;
  if (problems.length > 0) return { ok: false, problems, warnings, model };
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

/** Opens no file but those of the configuration itself. Throws nothing that is the configuration's fault. */
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
      ...splitProblemsIn(nginx.main),
      ...limitProblemsIn(nginx.main, nginx.http),
      ...tlsProblemsIn(nginx.servers),
    ];
    if (nginx.servers.length === 0 && problems.length === 0) {
      problems.push({ file, message: 'there is no server in it', hint: 'name the nginx.conf' });
    }
    const doubts = nginx.problems.filter(({ severity }) => severity === 'warning').map(problemOf);
    const warnings = inOrder([
      ...doubts,
      ...unsupported.notices,
      ...values.notices,
      ...parts.notices,
    ]);
    if (problems.length > 0) return { ok: false, problems: inOrder(problems), warnings, nginx };
    const baseFolder = resolve(configuration.paths.prefix);
    return {
      ok: true,
      nginx,
      baseFolder,
      ...compileNginx(nginx, {
        prefix: baseFolder,
        addresses: names.addresses,
        defaultLogPath: resolve(dataFolder, defaults.accessLogName),
      }),
      warnings,
    };
  } catch (error) {
    if (error instanceof NginxError) {
      const { place, reason, remedy } = error;
      return unreadable({ ...place, message: reason, hint: remedy });
    }
    if (codeOf(error) === undefined) throw error;
    const message = `cannot be read: ${whyNot(error)}`;
    const isDenied = codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM';
    const hint = isDenied ? 'check who may read it' : 'name an nginx.conf';
    return unreadable({ file, message, hint });
  }
}

function unreadable(problem: ConfigProblem): NginxReading {
  return { ok: false, problems: [problem], warnings: [] };
}

function problemOf({ place, message, remedy }: Problem): ConfigProblem {
  return { ...place, message, hint: remedy };
}
