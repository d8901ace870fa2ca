/**
 * `server.json` in the data folder: how other programs of this user reach the server that runs with that folder. It holds
 * the token, so only this user may read it; it is there exactly as long as the server runs.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { cliError } from './errors.ts';

export type ServerFacts = {
  readonly pid: number;
  /** When the process began, in the system's own count; with it a pid that was given to another process is noticed. */
  readonly processStart: string;
  readonly instance: string;
  /** Where the console answers, such as `http://127.0.0.1:8022`. Missing when the console is switched off. */
  readonly origin?: string;
  readonly token?: string;
  /** ISO 8601. */
  readonly startedAt: string;
};

/** The file of a data folder. */
export class ServerFile {
  readonly path: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'server.json');
  }

  /**
   * Throws `HW_ALREADY_RUNNING` when a server runs with this folder; removes what a server left that was killed.
   */
  refuseSecond(): void {
    const facts = this.#read();
    if (facts === undefined) return;
    if (isRunning(facts)) {
      const at = facts.origin === undefined ? '' : ` at ${facts.origin}`;
      throw cliError(
        'HW_ALREADY_RUNNING',
        `Hatchway runs already${at} (process ${facts.pid}) with the data folder ${this.#folder}`,
        {
          remedy: `Use that one (its token is in ${this.path}), end it (kill ${facts.pid}), or give this one a folder of its own with --data-dir.`,
        },
      );
    }
    rmSync(this.path, { force: true });
  }

  /**
   * Writes it, whole or not at all, and returns the undo, which may be called twice. Throws `HW_ALREADY_RUNNING` when
   * another server was quicker.
   */
  write(facts: Omit<ServerFacts, 'pid' | 'processStart' | 'startedAt'>): () => void {
    const all: ServerFacts = {
      pid: process.pid,
      processStart: processStartOf(process.pid) ?? '',
      startedAt: new Date().toISOString(),
      ...facts,
    };
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
    try {
      // A link, unlike a rename, fails when the name is taken.
      linkSync(draft, this.path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      this.refuseSecond();
      linkSync(draft, this.path);
    } finally {
      rmSync(draft, { force: true });
    }
    return () => {
      if (this.#read()?.pid === process.pid) rmSync(this.path, { force: true });
    };
  }

  /** Undefined when there is none, and when what is there says nothing. */
  #read(): ServerFacts | undefined {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8')) as ServerFacts;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (error instanceof SyntaxError)
        return { pid: 0, processStart: '', instance: '', startedAt: '' };
      throw error;
    }
  }
}

function isRunning(facts: ServerFacts): boolean {
  if (!Number.isSafeInteger(facts.pid) || facts.pid <= 0) return false;
  // In a container every start has the same pid; this process has written nothing yet.
  if (facts.pid === process.pid) return false;
  try {
    process.kill(facts.pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (codeOf(error) !== 'EPERM') return false;
  }
  const start = processStartOf(facts.pid);
  return start === undefined || start === facts.processStart;
}

/** Of a running process, as Linux counts it: the boot, and clock ticks since then. Undefined where /proc is not. */
function processStartOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5): the name in parentheses may hold anything; starttime is field 22, the 20th behind it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot}/${ticks}`;
  } catch {
    return undefined;
  }
}
