/**
 * A session's processes in a container, listed and signalled by a script that runs in it: the Engine API has no call for
 * either. For engines whose process ids are not this machine's; else `../processes-here.ts` does it without a trace.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionProcess, SessionProcesses } from '../session-processes.ts';
import { type Engine, EngineRefusal } from './engine.ts';
import { processesScript, readProcesses } from './processes-script.ts';

export type ContainerSession = {
  readonly containerId: string;
  readonly sessionId: string;
  /** As the processes were started; empty for the image's own default, which is root. */
  readonly user: string;
};

/** Tried in order; the first that the image has is used from then on. */
const shells = ['sh', 'bash'];

/** A look at a container with some thousand processes takes a fraction of this. */
const scriptMs = 10_000;

const root = '0';

export class ProcessesInContainer implements SessionProcesses {
  readonly #engine: Engine;
  readonly #session: ContainerSession;
  /** Whose eyes are needed, see `#look`. */
  readonly #users: readonly string[];
  readonly #terminalSessions = new Set<number>();
  #shells = shells;

  constructor(engine: Engine, session: ContainerSession) {
    this.#engine = engine;
    this.#session = session;
    // Root in a container may signal everybody, but without CAP_SYS_PTRACE, which Docker does not give, it may not read
    // the environment of others: the user finds what is the user's, root what the user cannot reach.
    this.#users = isRoot(session.user) ? [root] : [session.user, root];
  }

  async exchange(signal: 'HUP' | 'KILL', pids: readonly number[]): Promise<SessionProcess[]> {
    const found = new Map<number, SessionProcess>();
    try {
      for (const user of this.#users) {
        for (const process of await this.#look(user, signal, pids)) {
          found.set(process.pid, process);
          if (process.terminalSession > 0) this.#terminalSessions.add(process.terminalSession);
        }
      }
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
    return [...found.values()];
  }

  async #look(
    user: string,
    signal: 'HUP' | 'KILL',
    pids: readonly number[],
  ): Promise<SessionProcess[]> {
    const known = [...this.#terminalSessions].join(' ');
    const parameters = [this.#session.sessionId, signal, pids.join(' '), known];
    for (const shell of this.#shells) {
      const command = [shell, '-c', processesScript, 'hatchway', ...parameters];
      const { started, output } = await this.#run(command, user);
      if (!started) continue;
      this.#shells = [shell];
      const processes = readProcesses(output);
      if (processes === undefined) throw new Error(`the list breaks off: ${output.slice(-200)}`);
      return processes;
    }
    throw new Error(`the image has none of ${shells.join(', ')}`);
  }

  /** Runs a command to its end, in a terminal: without one the engine would frame the output. */
  async #run(
    command: readonly string[],
    user: string,
  ): Promise<{ started: boolean; output: string }> {
    const path = `/containers/${this.#session.containerId}/exec`;
    const options = { AttachStdout: true, AttachStderr: true, Tty: true, User: user, Cmd: command };
    const { Id: id } = (await this.#engine.call('POST', path, options)) as { Id: string };
    const start = { Detach: false, Tty: true };
    const { socket, head } = await this.#engine.hijack(`/exec/${id}/start`, start);
    const chunks = [head];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise<boolean>((resolve) => {
      socket.on('end', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
    });
    const inTime = new AbortController();
    const tooLate = delay(scriptMs, false, { signal: inTime.signal, ref: false });
    const whole = await Promise.race([ended, tooLate.catch(() => false)]);
    inTime.abort();
    socket.destroy();
    if (!whole) throw new Error('the list of processes did not come in time');
    const { Pid: pid } = (await this.#engine.call('GET', `/exec/${id}/json`)) as { Pid: number };
    return { started: pid !== 0, output: Buffer.concat(chunks).toString('latin1') };
  }
}

function isRoot(user: string): boolean {
  const [name = ''] = user.split(':', 1);
  return name === '' || name === 'root' || /^0+$/.test(name);
}

/** A container that is not there, or is stopped, has no processes; one that is paused has. */
function isGone(error: unknown): boolean {
  if (!(error instanceof EngineRefusal)) return false;
  return error.status === 404 || (error.status === 409 && !/paused/i.test(error.message));
}
