/**
 * `hatchway check`: everything that is wrong with a configuration and with the files that it names; starts nothing. 0: nothing
 * is, though there may be warnings. 1: something is. 2: the command line was wrong.
 */
import { existsSync } from 'node:fs';
import { defaultFile, type LoadResult } from '../config/load.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { sitesOf } from '../config/walk.ts';
import { warningsOf } from '../config/warnings.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { loadNamed, type NamedConfig } from './load-named.ts';
import { type ExitCode, printFindings } from './print.ts';

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
  const { warnings } = result;
  const problems = result.ok ? [] : result.problems;
  const general = result.model === undefined ? [] : warningsOf(result.model);
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
  for (const warning of general) process.stderr.write(`hatchway: warning: ${warning}\n`);
  printFindings(problems, warnings);
  if (!result.ok) return 1;
  const sites = counted(siteCount(result), 'site');
  const listeners = counted(result.model.listeners.length, 'listener');
  process.stdout.write(`${file}: ok (${sites}, ${listeners})\n`);
  return 0;
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
