/**
 * `hatchway check`: everything that is wrong with a configuration and with the files that it names; starts nothing. 0: nothing
 * is, though there may be warnings. 1: something is. 2: the command line was wrong.
 */
import { existsSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { inOrder } from '../config/from-nginx/load.ts';
import { defaultFile, type LoadResult } from '../config/load.ts';
import { checkNginxFiles, type FileProblems } from '../config/nginx-files.ts';
import { type ConfigProblem, formatProblem } from '../config/problem.ts';
import { sitesOf } from '../config/walk.ts';
import { warningsOf } from '../config/warnings.ts';
import { NginxError } from '../nginx/errors.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { loadNamed, type NamedConfig } from './load-named.ts';
import { type ExitCode, printProblems } from './print.ts';

export type CheckCommandOptions = NamedConfig & {
  /** Whether the result is one JSON object on standard output, for programs. Default false. */
  readonly json?: boolean;
};

/** What programs get. Places are missing where a whole file or the whole configuration is meant. */
type Report = {
  readonly file: string;
  readonly ok: boolean;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly (ConfigProblem | { readonly message: string })[];
};

/** Throws `HW_NO_CONFIG` when no file is named and none is in the working folder. */
export function check(options: CheckCommandOptions): ExitCode {
  const file = options.nginx ?? options.config ?? defaultFile;
  if (options.nginx === undefined && options.config === undefined && !existsSync(file)) {
    throw cliError('HW_NO_CONFIG', `there is no ${defaultFile} in ${process.cwd()}`);
  }
  const result = loadNamed(options, { file, dataFolder: defaultDataFolder(process.env) });
  const files = filesOf(options);
  const problems = inOrder([...(result.ok ? [] : result.problems), ...files.problems]);
  const warnings = inOrder([...(result.ok ? result.warnings : []), ...files.warnings]);
  const general = result.ok ? warningsOf(result.model) : [];
  if (options.json === true) {
    const report: Report = {
      file,
      ok: problems.length === 0,
      problems,
      warnings: [...warnings, ...general.map((message) => ({ message }))],
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return problems.length === 0 ? 0 : 1;
  }
  for (const warning of warnings) process.stderr.write(`${formatProblem(warning, 'warning')}\n`);
  for (const warning of general) process.stderr.write(`hatchway: warning: ${warning}\n`);
  if (!result.ok || problems.length > 0) {
    printProblems(problems);
    return 1;
  }
  const sites = counted(siteCount(result), 'site');
  const listeners = counted(result.model.listeners.length, 'listener');
  process.stdout.write(`${file}: ok (${sites}, ${listeners})\n`);
  return 0;
}

/** Those of a hatchway.yaml have been opened with it. */
function filesOf({ nginx, prefix }: CheckCommandOptions): FileProblems {
  const none = { problems: [], warnings: [] };
  if (nginx === undefined) return none;
  try {
    return checkNginxFiles({ file: nginx, ...(prefix === undefined ? {} : { prefix }) });
  } catch (error) {
    // Who reads it as a configuration has told.
    if (error instanceof NginxError || codeOf(error) !== undefined) return none;
    throw error;
  }
}

/** The console is no site of the file; an nginx.conf has only those that the model has. */
function siteCount({ config, model }: LoadResult & { readonly ok: true }): number {
  return config.sites.length > 0 || config.console.enabled
    ? config.sites.length
    : sitesOf(model).size;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
