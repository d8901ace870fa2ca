/**
 * The folder for what Hatchway keeps: its instance id, the access log, and `server.json` with the token. It is readable by
 * this user alone.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { whyNot } from '../config/certificate.ts';
import { cliError } from './errors.ts';

const instanceFile = 'instance';

/** It is in a cookie's name and in every session id: short, and still none is twice on one machine. */
const instanceBytes = 5;

/** `$XDG_DATA_HOME/hatchway`, else `~/.local/share/hatchway` (XDG Base Directory Specification 0.8). */
export function defaultDataFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_DATA_HOME;
  // "All paths … must be absolute. If … relative … consider the path invalid and ignore it."
  return base !== undefined && isAbsolute(base)
    ? join(base, 'hatchway')
    : join(homedir(), '.local/share/hatchway');
}

/**
 * Makes the folder, or makes sure that it is this user's alone, and returns its absolute path. Throws `HW_DATA_FOLDER`.
 *
 * A folder of ours that is open to others is closed. Any other one is refused: it may be `/tmp`, and that must stay open.
 */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = statSync(folder);
    if (stats.uid !== process.geteuid?.()) {
      throw cliError('HW_DATA_FOLDER', `the data folder ${folder} belongs to another user`);
    }
    if (isOpenToOthers(stats)) closeToOthers(folder, stats);
    return folder;
  } catch (error) {
    if (codeOf(error)?.startsWith('HW_')) throw error;
    const message = `the data folder ${folder} cannot be used: ${whyNot(error)}`;
    throw cliError('HW_DATA_FOLDER', message, { cause: error });
  }
}

function closeToOthers(folder: string, stats: Stats): void {
  const entries = readdirSync(folder);
  if (entries.length === 0 || entries.includes(instanceFile)) {
    chmodSync(folder, 0o700);
    return;
  }
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  throw cliError(
    'HW_DATA_FOLDER',
    `the data folder ${folder} is open to others (mode ${mode}) and has files that are not Hatchway's`,
    {
      remedy: `If it is meant for Hatchway alone: chmod 700 ${folder}. Else name another one with --data-dir.`,
    },
  );
}

function isOpenToOthers(stats: Stats): boolean {
  return (stats.mode & 0o077) !== 0;
}

/** The id of this installation: made once, the same at every start with the same folder. */
export function instanceIdOf(folder: string): string {
  const file = join(folder, instanceFile);
  try {
    // Made and written in one step, so that two starts at once agree on one id.
    writeFileSync(file, `${randomBytes(instanceBytes).toString('hex')}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !lstatSync(file).isFile()) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
