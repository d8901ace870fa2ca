/**
 * `hatchway import`: an nginx.conf as a hatchway.yaml, on standard output or in a file. What it cannot say is told in it and
 * on standard error, and makes the exit code 1.
 */
import { writeFileSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { whyNot } from '../config/certificate.ts';
import { importNginx } from '../config/from-nginx/import/import-nginx.ts';
import { defaultDataFolder } from './data-folder.ts';
import { cliError } from './errors.ts';
import { type ExitCode, printFindings } from './print.ts';

export type ImportCommandOptions = {
  /** Default: standard output. */
  readonly output?: string;
  /** Whether a file that is there already is written over. Default false. */
  readonly force?: boolean;
  /** What relative paths of the nginx.conf are relative to. Default: its folder. */
  readonly prefix?: string;
};

/**
 * 0: it does what the nginx.conf does. 1: something is left out; or the nginx.conf cannot be served, and nothing is written.
 * Throws `HW_OUTPUT` when the file is there already or cannot be written.
 */
export function importConfig(file: string, options: ImportCommandOptions): ExitCode {
  const { output, prefix, force = false } = options;
  const result = importNginx({
    file,
    dataFolder: defaultDataFolder(process.env),
    ...(prefix === undefined ? {} : { prefix }),
  });
  if (!result.ok) {
    printFindings(result.problems, result.warnings);
    return 1;
  }
  if (output === undefined) {
    process.stdout.write(result.text);
  } else {
    write(output, result.text, force);
    const sites = `${result.sites} ${result.sites === 1 ? 'site' : 'sites'}`;
    process.stdout.write(`${output}: ${sites} of ${file}; now run: hatchway check -c ${output}\n`);
  }
  printFindings(result.leftOut, result.warnings);
  return result.leftOut.length === 0 ? 0 : 1;
}

/** Nobody's configuration is overwritten unasked. */
function write(output: string, text: string, force: boolean): void {
  try {
    writeFileSync(output, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const isThere = codeOf(error) === 'EEXIST';
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such folder' : whyNot(error);
    const message = isThere
      ? `${output} is there already`
      : `${output} cannot be written: ${reason}`;
    throw cliError('HW_OUTPUT', message, { cause: error });
  }
}
