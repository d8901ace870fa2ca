/**
 * This machine: a shell in a pseudo-terminal of its own. The process itself is in `local/pty-terminal.ts`.
 */
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Workload } from '../../wire/api.ts';
import { consoleError } from '../errors.ts';
import { type Account, accountFor, ownAccount } from './local/accounts.ts';
import { defaultPath, findProgram } from './local/program.ts';
import { PtyTerminal } from './local/pty-terminal.ts';
import { sessionVariable } from './session-processes.ts';
import type { OpenTerminal, Target, Terminal } from './target.ts';

/** The one workload there is. */
const workloadId = 'shell';

/** What accounts have for a shell that nobody is to log in to. */
const noShell = /\/(?:nologin|false)$/;

/** Variables that belong to whatever started Hatchway, and would mislead what is started by it. */
const foreignVariable =
  /^(?:npm_|NODE_|HATCHWAY_|TMUX|WINDOW)|^(?:INIT_CWD|STY|TERMCAP|COLUMNS|LINES|OLDPWD|_)$/;

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
    const path = environment.PATH ?? defaultPath;
    const cwd = existingFolder(account.home) ?? '/';
    const command = request.command ?? [shellOf(account, path)];
    const [program = '', ...args] = command;
    const file = findProgram(program, path, cwd);
    if (file === undefined) {
      throw consoleError(
        'HW_COMMAND_NOT_FOUND',
        `${program} cannot be started: there is no such program.`,
      );
    }
    request.onStep(`Starting ${program} on ${hostname()}`);
    request.signal.throwIfAborted();
    const [first = '', ...rest] = [...account.prefix, file, ...args];
    return new PtyTerminal({
      file: first,
      args: rest,
      command,
      environment,
      cwd,
      cols: request.cols,
      rows: request.rows,
      sessionId: request.sessionId,
    });
  }
}

/** A login's environment: the person's own, without what belongs to the process that starts it. */
function environmentOf(account: Account, sessionId: string): Record<string, string> {
  const inherited = account.prefix.length === 0 ? process.env : {};
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !foreignVariable.test(name)) environment[name] = value;
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

/** The shell that the person uses, else bash, else sh. Throws HW_NO_SHELL. */
function shellOf(account: Account, path: string): string {
  const used = account.prefix.length === 0 ? process.env.SHELL : undefined;
  const candidates = [used, account.shell, 'bash', 'sh'].filter(
    (shell): shell is string => shell !== undefined && shell !== '' && !noShell.test(shell),
  );
  const found = candidates.find((shell) => findProgram(shell, path, '/') !== undefined);
  if (found !== undefined) return found;
  throw Object.assign(
    consoleError('HW_NO_SHELL', 'There is no shell on this machine that could be started.'),
    { tried: candidates },
  );
}

function existingFolder(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? path : undefined;
  } catch {
    return undefined;
  }
}
