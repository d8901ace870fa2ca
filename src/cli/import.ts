/** `hatchway import`: an nginx.conf as a hatchway.yaml. Writes nothing when something in it cannot be brought over. */
import { writeFileSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { importNginx } from '../config/from-nginx/import/import-nginx.ts';
import { defaultFile } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { type ExitCode, printProblems } from './print.ts';

export type ImportCommandOptions = {
  /** Default: hatchway.yaml in the working folder. */
  readonly output?: string;
  /** What relative paths of the nginx.conf are relative to. Default: its folder. */
  readonly prefix?: string;
};

/** Throws `HW_OUTPUT` when the file is there already or cannot be written. */
export function importConfig(file: string, options: ImportCommandOptions): ExitCode {
  const { output = defaultFile, prefix } = options;
  const result = importNginx({
    file,
    dataFolder: defaultDataFolder(process.env),
    ...(prefix === undefined ? {} : { prefix }),
  });
  if (!result.ok) {
    printProblems(result.problems);
    return 1;
  }
  for (const warning of result.warnings) {
    process.stderr.write(`${formatProblem(warning, 'warning')}\n`);
  }
  write(output, result.text);
  const sites = `${result.sites} ${result.sites === 1 ? 'site' : 'sites'}`;
  process.stdout.write(`${output}: ${sites} of ${file}; now run: hatchway check -c ${output}\n`);
  return 0;
}

/** Nobody's configuration is overwritten. */
function write(output: string, text: string): void {
  try {
    writeFileSync(output, text, { flag: 'wx' });
  } catch (error) {
    const isThere = codeOf(error) === 'EEXIST';
    const message = isThere ? `${output} is there already` : `${output} cannot be written`;
    throw cliError('HW_OUTPUT', message, { cause: error });
  }
}
