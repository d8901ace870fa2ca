/** The sessions of one process: opened, found and forgotten here. */
import { randomBytes } from 'node:crypto';
import { Disposables } from '../base/disposables.ts';
import type { Log } from '../base/log.ts';
import type { OpenSessionRequest, SessionInfo } from '../wire/api.ts';
import { consoleError } from './errors.ts';
import { Session } from './session.ts';
import type { Target } from './targets/target.ts';

export type SessionsOptions = {
  readonly targets: readonly Target[];
  /** Begins every session id, so that a gateway of several can tell whose it is. */
  readonly instance: string;
  readonly graceMs: number;
  readonly log: Log;
  /** Bytes of output kept for a viewer who returns. Default 4 MiB. */
  readonly replayBytes?: number;
};

/**
 * Twice what an engine may still hold when the process has ended, with room to spare: half of the replay is for that,
 * and Docker keeps 1 MiB of output beside what is in its pipes and sockets.
 */
const defaultReplayBytes = 4 * 1024 * 1024;

/** Open at a time; each holds a process, its replay and its screen. */
const maxOpen = 500;

/** How long a session that is over can still be asked how it ended. */
const overMs = 10 * 60_000;

/** Sessions kept that are over; each still holds what it printed. The oldest gives way. */
const maxOver = 50;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #owned = new Disposables();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get openCount(): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (!session.over) count++;
    return count;
  }

  list(): SessionInfo[] {
    return [...this.#sessions.values()].map((session) => session.info);
  }

  /** Throws HW_SESSION_UNKNOWN. */
  find(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined)
      throw consoleError('HW_SESSION_UNKNOWN', 'There is no such session.');
    return session;
  }

  /** Begins to open a session; whether that works out is its state. Throws HW_TARGET_UNKNOWN, HW_SESSION_LIMIT. */
  open(request: OpenSessionRequest): Session {
    const target = this.#options.targets.find(({ id }) => id === request.target);
    if (target === undefined) {
      throw consoleError('HW_TARGET_UNKNOWN', `There is no target ${request.target}.`);
    }
    if (this.openCount >= maxOpen) {
      throw consoleError('HW_SESSION_LIMIT', `${maxOpen} sessions are open.`);
    }
    const id = `${this.#options.instance}.${randomBytes(16).toString('base64url')}`;
    const { workload, command, user, cols, rows } = request;
    const session = new Session({
      id,
      target: target.id,
      workload,
      ...(command === undefined ? {} : { command }),
      ...(user === undefined ? {} : { user }),
      cols,
      rows,
      replayBytes: this.#options.replayBytes ?? defaultReplayBytes,
      graceMs: this.#options.graceMs,
      log: this.#options.log,
      open: (onStep, signal) =>
        target.open({
          workload,
          ...(command === undefined ? {} : { command }),
          ...(user === undefined ? {} : { user }),
          cols,
          rows,
          sessionId: id,
          onStep,
          signal,
        }),
    });
    this.#sessions.set(id, session);
    void session.closed.then(() => {
      this.#owned.timeout(() => this.#forget(session), overMs);
      const over = [...this.#sessions.values()].filter((kept) => kept.over);
      if (over.length > maxOver && over[0] !== undefined) this.#forget(over[0]);
    });
    return session;
  }

  /** Ends all sessions and waits until nothing of them is left. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#sessions.values()].map((session) => session.end('Hatchway was stopped')),
    );
    this.#owned.dispose();
    for (const session of this.#sessions.values()) this.#forget(session);
  }

  #forget(session: Session): void {
    this.#sessions.delete(session.id);
    session.dispose();
  }
}
