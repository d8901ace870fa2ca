/** Which file a command names, as execvp(3) finds it: a start that is bound to fail can then be refused with a reason. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where programs are looked for when nobody says. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * @param path folders as in PATH
 * @param cwd what a name with a slash is relative to
 */
export function findProgram(program: string, path: string, cwd: string): string | undefined {
  if (program === '') return undefined;
  const files = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((folder) => join(folder, program));
  return files.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
