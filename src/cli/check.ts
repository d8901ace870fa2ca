/** `hatchway check`: everything that is wrong with a configuration; starts nothing. */
import { existsSync } from 'node:fs';
import { defaultFile, type LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { sitesOf } from '../config/walk.ts';
import { warningsOf } from '../config/warnings.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { loadNamed, type NamedConfig } from './load-named.ts';
import { type ExitCode, printProblems } from './print.ts';

export type CheckCommandOptions = NamedConfig;

/** Throws `HW_NO_CONFIG` when no file is named and none is in the working folder. */
export function check(options: CheckCommandOptions): ExitCode {
  const file = options.nginx ?? options.config ?? defaultFile;
  if (options.nginx === undefined && options.config === undefined && !existsSync(file)) {
    throw cliError('HW_NO_CONFIG', `there is no ${defaultFile} in ${process.cwd()}`);
  }
  const result = loadNamed(options, { file, dataFolder: defaultDataFolder(process.env) });
  if (!result.ok) {
    printProblems(result.problems);
    return 1;
  }
  for (const warning of result.warnings) {
    process.stderr.write(`${formatProblem(warning, 'warning')}\n`);
  }
  for (const warning of warningsOf(result.model)) {
    process.stderr.write(`hatchway: warning: ${warning}\n`);
  }
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
