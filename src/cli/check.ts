/** `hatchway check`: everything that is wrong with a configuration; starts nothing. */
import { existsSync } from 'node:fs';
import { defaultFile, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { warningsOf } from '../config/warnings.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { type ExitCode, printProblems } from './print.ts';

export type CheckCommandOptions = { readonly config?: string };

/** Throws `HW_NO_CONFIG` when no file is named and none is in the working folder. */
export function check(options: CheckCommandOptions): ExitCode {
  const file = options.config ?? defaultFile;
  if (options.config === undefined && !existsSync(file)) {
    throw cliError('HW_NO_CONFIG', `there is no ${defaultFile} in ${process.cwd()}`);
  }
  const result = loadConfig({ file, dataFolder: defaultDataFolder(process.env) });
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
  const sites = counted(result.config.sites.length, 'site');
  const listeners = counted(result.model.listeners.length, 'listener');
  process.stdout.write(`${file}: ok (${sites}, ${listeners})\n`);
  return 0;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
