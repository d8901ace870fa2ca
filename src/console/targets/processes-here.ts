/** A session's processes on this machine, read from /proc (proc(5)). Knows nothing of what started them. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type SessionProcess,
  type SessionProcesses,
  sessionVariable,
} from './session-processes.ts';

/** From a signal to the end of a process that does not resist it, in milliseconds. */
const dyingMs = 10;

export class ProcessesHere implements SessionProcesses {
  readonly #sessionId: string;
  /** Terminal sessions that are known to be this session's; grows with what is found. */
  readonly #terminalSessions: Set<number>;

  /** @param terminalSessions known from the start: pids of processes that were started as their leaders */
  constructor(sessionId: string, terminalSessions: readonly number[] = []) {
    this.#sessionId = sessionId;
    this.#terminalSessions = new Set(terminalSessions);
  }

  async exchange(signal: 'HUP' | 'KILL', pids: readonly number[]): Promise<SessionProcess[]> {
    if (pids.length > 0) {
      const wanted = new Set(pids);
      for (const { pid } of await this.#list()) if (wanted.has(pid)) sendSignal(pid, signal);
      await delay(dyingMs);
    }
    return this.#list();
  }

  async #list(): Promise<SessionProcess[]> {
    const entries = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
    const all = (await Promise.all(entries.map(readProcess))).filter(
      (found) => found !== undefined,
    );
    const ours = new Set<number>();
    await Promise.all(
      all.map(async ({ pid, terminalSession }) => {
        if (pid === process.pid || !(await isTagged(pid, this.#sessionId))) return;
        ours.add(pid);
        if (terminalSession > 0) this.#terminalSessions.add(terminalSession);
      }),
    );
    return all.filter(
      ({ pid, terminalSession }) => ours.has(pid) || this.#terminalSessions.has(terminalSession),
    );
  }
}

/** Whether the process runs here with the session's id in its environment; false when that may not be read. */
export async function isTagged(pid: number, sessionId: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    return environment.split('\0').includes(`${sessionVariable}=${sessionId}`);
  } catch {
    return false;
  }
}

/** Undefined for a process that has ended, noticed by its parent or not. */
async function readProcess(pid: number): Promise<SessionProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, parentheses included.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, parent: Number(fields[1]), terminalSession: Number(fields[3]) };
  } catch {
    return undefined;
  }
}

function sendSignal(pid: number, signal: 'HUP' | 'KILL'): void {
  try {
    process.kill(pid, `SIG${signal}`);
    // A stopped process hears of nothing but this.
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended, or belongs to somebody else: the next look tells.
  }
}
