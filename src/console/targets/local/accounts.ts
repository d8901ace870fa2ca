/** Who a shell on this machine can be opened as (passwd(5), group(5)), and what it takes to become that person. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { consoleError } from '../../errors.ts';
import { defaultPath, findProgram } from './program.ts';

export type Account = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Login shell; empty when there is none. */
  readonly shell: string;
  /** What to put in front of a command so that it runs as this person; empty for oneself. */
  readonly prefix: readonly string[];
};

/** The person that Hatchway runs as. */
export function ownAccount(): Account {
  const { username, uid, gid, homedir, shell } = userInfo();
  return { name: username, uid, gid, home: homedir, shell: shell ?? '', prefix: [] };
}

/**
 * @param user `user`, `uid`, `user:group` or `uid:gid`; undefined for oneself
 * Throws HW_USER_UNKNOWN for nobody, and for somebody that this process may not become.
 */
export function accountFor(user: string | undefined): Account {
  const own = ownAccount();
  if (user === undefined || user === own.name || user === String(own.uid)) return own;
  const [name = '', group] = user.split(':', 2);
  const account = accounts().find((known) => known.name === name || String(known.uid) === name);
  if (account === undefined) {
    throw consoleError('HW_USER_UNKNOWN', `This machine has no user ${user}.`);
  }
  const gid = group === undefined ? account.gid : gidOf(group);
  if (gid === undefined) {
    throw consoleError('HW_USER_UNKNOWN', `This machine has no group ${group}.`);
  }
  if (own.uid !== 0) {
    throw consoleError(
      'HW_USER_UNKNOWN',
      `Hatchway runs as ${own.name} and cannot open a shell as ${user}.`,
      { remedy: `Open a shell as ${own.name} and run: su - ${account.name}` },
    );
  }
  return { ...account, gid, prefix: becoming(account.uid, gid, group !== undefined) };
}

/**
 * setpriv(1) sets the supplementary groups, too, before it becomes the program: with only setuid and setgid, as node-pty
 * does it, a shell would keep those of root.
 */
function becoming(uid: number, gid: number, groupGiven: boolean): readonly string[] {
  const setpriv = findProgram('setpriv', process.env.PATH ?? defaultPath, '/');
  if (setpriv === undefined) {
    throw consoleError(
      'HW_USER_UNKNOWN',
      'Shells as another user need setpriv, which is not on this machine.',
      { remedy: 'Install util-linux, or leave the user out.' },
    );
  }
  const groups = groupGiven ? '--clear-groups' : '--init-groups';
  return [setpriv, '--reuid', String(uid), '--regid', String(gid), groups, '--'];
}

function accounts(): Omit<Account, 'prefix'>[] {
  return entriesOf('/etc/passwd').map(([name = '', , uid, gid, , home = '/', shell = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
  }));
}

function gidOf(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  const entry = entriesOf('/etc/group').find(([name]) => name === group);
  return entry === undefined ? undefined : Number(entry[2]);
}

function entriesOf(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
