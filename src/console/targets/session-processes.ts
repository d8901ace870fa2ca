/**
 * Ends every process that a session leaves behind, wherever it runs.
 *
 * A process belongs to a session when its environment holds the session's id, or when it is in the same terminal session
 * (the `session` field of /proc/<pid>/stat) as one that does: `env -i` and `su -` drop the environment, but not the
 * terminal. How the processes of one place are listed and signalled is in `processes-here.ts` and
 * `docker/processes-in-container.ts`.
 */
/** The environment variable by which a session's processes are found again. */
export const sessionVariable = 'HATCHWAY_SESSION';

export type SessionProcess = {
  readonly pid: number;
  readonly parent: number;
  /** Process id of the leader of its terminal session. */
  readonly terminalSession: number;
};

/** The processes of one session in one place. */
export interface SessionProcesses {
  /**
   * Sends `signal` to those of `pids` that (still) belong to the session, and lists what is there afterwards.
   * Processes that have ended and wait for their parent to notice are not listed. Throws when it cannot be told.
   */
  exchange(signal: 'HUP' | 'KILL', pids: readonly number[]): Promise<SessionProcess[]>;
}

/** Between hang-up and kill, in milliseconds: time for an editor to write its recovery file. */
const hangUpGraceMs = 1_000;

/** How long only processes without children of their own are signalled, in milliseconds. */
const childrenFirstMs = 500;

/** What has not ended by then does not end: it waits for a broken disk, or is not ours to signal. */
const giveUpMs = 3_500;

/** Between two looks, in milliseconds: a process that is told to end takes about this long. */
const roundMs = 20;

/**
 * Hangs up, then kills. Resolves with true when a look at the place shows that nothing is left, false otherwise.
 *
 * Children come before their parents, so that each parent is there to take note of the end of its child: the first
 * process of a container often does not, and would keep the dead for ever.
 */
export async function endProcesses(processes: SessionProcesses): Promise<boolean> {
  const startedAt = performance.now();
  const hungUp = new Set<number>();
  try {
    let left = await processes.exchange('HUP', []);
    while (left.length > 0) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs > giveUpMs) return false;
      const killing = elapsedMs >= hangUpGraceMs;
      const phaseMs = killing ? elapsedMs - hangUpGraceMs : elapsedMs;
      // A loop in a shell starts the next child as soon as the last one is gone: then everybody at once.
      let chosen = (phaseMs < childrenFirstMs ? withoutChildren(left) : left).map(({ pid }) => pid);
      if (!killing) {
        chosen = chosen.filter((pid) => !hungUp.has(pid));
        for (const pid of chosen) hungUp.add(pid);
      }
      left = await processes.exchange(killing ? 'KILL' : 'HUP', chosen);
      if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, roundMs));
    }
    return true;
  } catch {
    return false;
  }
}

function withoutChildren(processes: readonly SessionProcess[]): readonly SessionProcess[] {
  const parents = new Set(processes.map(({ parent }) => parent));
  return processes.filter(({ pid }) => !parents.has(pid));
}
