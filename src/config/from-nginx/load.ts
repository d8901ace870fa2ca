/** From an nginx configuration on disk to the gateway's model, or to everything that keeps it from being served. */
import { resolve } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { NginxError, type Problem } from '../../nginx/errors.ts';
import { load } from '../../nginx/include.ts';
import { buildModel } from '../../nginx/model.ts';
import { whyNot } from '../certificate.ts';
import { defaults } from '../defaults.ts';
import type { LoadResult } from '../load.ts';
import type { ConfigProblem } from '../problem.ts';
import { topSchema } from '../schema.ts';
import { compileNginx } from './compile.ts';
import { fileLocationsIn } from './files.ts';
import { tlsProblemsIn } from './tls-checks.ts';
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

/**
 * As `loadConfig`, with a console that is switched off; what is left out at the cost of speed or logging is in `warnings`. Throws
 * nothing that is the configuration's fault.
 */
export function loadNginx({ file, prefix, dataFolder }: LoadNginxOptions): LoadResult {
  try {
    const configuration = load(file, prefix === undefined ? {} : { prefix });
    const nginx = buildModel(configuration);
    const wrong = nginx.problems.filter(({ severity }) => severity === 'error').map(problemOf);
    const unsupported = unsupportedIn(nginx.main);
    const files = fileLocationsIn(nginx);
    const values = undoneValuesIn(nginx);
    const problems = [
      ...wrong,
      ...unsupported.errors,
      ...values.errors,
      ...files.errors,
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
      file,
      baseFolder,
      config: { ...topSchema.parse({ console: { enabled: false } }), sites: [] },
      model: compileNginx(nginx, {
        prefix: baseFolder,
        filePages: files.pages,
        defaultLogPath: resolve(dataFolder, defaults.accessLogName),
      }),
      listen: [],
      listenIsDefault: false,
      warnings: inOrder([...doubts, ...unsupported.notices, ...values.notices, ...files.notices]),
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

/** File by file, as a person reads them. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const byFile = Map.groupBy(problems, ({ file }) => file);
  return [...byFile.values()].flatMap((group) =>
    group.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)),
  );
}
