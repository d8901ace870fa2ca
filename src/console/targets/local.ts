/**
 * This machine: a shell in a pseudo-terminal of its own. The process itself is in `local/pty-terminal.ts`.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Workload } from '../../wire/api.ts';
import { consoleError } from '../errors.ts';
import { startPty } from './local/pty-terminal.ts';
import { sessionVariable } from './session-processes.ts';
import type { OpenTerminal, Target, Terminal } from './target.ts';

/** The one workload there is. */
const workloadId = 'shell';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Account = {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
};

export class LocalTarget implements Target {
  readonly id = 'local';
  readonly title = 'This machine';
  readonly address = hostname();

  async list(): Promise<Workload[]> {
    const account = ownAccount();
    return [
      {
        id: workloadId,
        name: 'shell',
        detail: `${account.name}@${hostname()}`,
        state: 'running',
        openable: true,
        keywords: ['local', 'this machine', account.shell],
      },
    ];
  }

  async open(request: OpenTerminal): Promise<Terminal> {
    if (request.workload !== workloadId) {
      throw consoleError(
        'HW_WORKLOAD_UNKNOWN',
        `This machine has no workload ${request.workload}.`,
        {
          remedy: `Open /x/local/${workloadId}.`,
        },
      );
    }
    const account = accountFor(request.user);
    const environment = environmentOf(account, request.sessionId);
    const [program, ...args] = request.command ?? shellOf(account, environment.PATH ?? defaultPath);
    const file = resolveProgram(program ?? '', environment.PATH ?? defaultPath, account.home);
    request.onStep(`Starting ${program} on ${hostname()}`);
    request.signal.throwIfAborted();
    return startPty({
      file,
      args,
      command: [program ?? '', ...args],
      environment,
      cwd: existingFolder(account.home) ?? '/',
      identity:
        account.uid === ownAccount().uid ? undefined : { uid: account.uid, gid: account.gid },
      cols: request.cols,
      rows: request.rows,
      sessionId: request.sessionId,
    });
  }
}

/** The person that Hatchway runs as. */
function ownAccount(): Account {
  const { username, uid, gid, homedir, shell } = userInfo();
  return { name: username, uid, gid, home: homedir, shell: shell ?? '' };
}

/** Throws HW_USER_UNKNOWN for nobody, and for somebody that this process may not become. */
function accountFor(user: string | undefined): Account {
  const own = ownAccount();
  if (user === undefined || user === own.name || user === String(own.uid)) return own;
  const account = readAccounts().find(({ name, uid }) => name === user || String(uid) === user);
  if (account === undefined) {
    throw consoleError('HW_USER_UNKNOWN', `This machine has no user ${user}.`);
  }
  if (own.uid !== 0) {
    throw consoleError(
      'HW_USER_UNKNOWN',
      `Hatchway runs as ${own.name} and cannot open a shell as ${user}.`,
      { remedy: `Open a shell as ${own.name} and run: su - ${account.name}` },
    );
  }
  return account;
}

function readAccounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map((fields) => ({
      name: fields[0] ?? '',
      uid: Number(fields[2]),
      gid: Number(fields[3]),
      home: fields[5] ?? '/',
      shell: fields[6] ?? '',
    }));
}

/** A login's environment: the person's own, without what belongs to the process that starts it. */
function environmentOf(account: Account, sessionId: string): Record<string, string> {
  const inherited = account.uid === ownAccount().uid ? process.env : {};
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !/^(?:npm_|NODE_|HATCHWAY_|INIT_CWD$|TMUX|STY$|WINDOW)/.test(name)) {
      environment[name] = value;
    }
  }
  return {
    ...environment,
    PATH: environment.PATH ?? defaultPath,
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    ...(account.shell === '' ? {} : { SHELL: account.shell }),
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    [sessionVariable]: sessionId,
  };
}

/** The person's login shell, else bash, else sh. */
function shellOf(account: Account, path: string): string[] {
  const candidates = [account.shell, 'bash', 'sh'].filter((shell) => shell !== '');
  const found = candidates.find((shell) => find(shell, path, account.home) !== undefined);
  if (found === undefined) {
    throw Object.assign(
      consoleError('HW_NO_SHELL', 'There is no shell on this machine that could be started.'),
      { tried: candidates },
    );
  }
  return [found];
}

function resolveProgram(program: string, path: string, cwd: string): string {
  const file = find(program, path, cwd);
  if (file === undefined) {
    throw consoleError(
      'HW_COMMAND_NOT_FOUND',
      `${program} cannot be started: there is no such program.`,
    );
  }
  return file;
}

/** The file that execvp would run, or undefined. */
function find(program: string, path: string, cwd: string): string | undefined {
  const files = program.includes('/')
    ? [join(program.startsWith('/') ? '/' : cwd, program)]
    : path.split(delimiter).map((folder) => join(folder, program));
  return program === '' ? undefined : files.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function existingFolder(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? path : undefined;
  } catch {
    return undefined;
  }
}
