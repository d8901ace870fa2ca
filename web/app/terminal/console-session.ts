/**
 * One shell on the page: opens or returns to a session, keeps attached to it, and says how it stands. Joins the HTTP
 * surface with `attach/`; knows neither React nor xterm.
 */
import type {
  OpenSessionRequest,
  Problem,
  SessionInfo,
  SessionState,
} from '../../../src/wire/api.ts';
import { byeCodes } from '../../../src/wire/frames.ts';
import { Connection } from '../../attach/connection.ts';
import type { ConnectionSnapshot } from '../../attach/connection-snapshot.ts';
import type { AttachEnvironment } from '../../attach/environment.ts';
import { type TerminalSink, Viewer } from '../../attach/viewer.ts';
import { ApiError, api, problemOf } from '../api.ts';
import { onSignedIn, reportSignedOut } from '../sign-in-state.ts';

/** Replaced as a whole at every change. */
export type ConsoleSnapshot = {
  readonly session: SessionInfo | null;
  /** What the session is doing; null until it said so. */
  readonly state: SessionState | null;
  /** What runs or ran; null until it is known. */
  readonly command: readonly string[] | null;
  /** Null until there is a session to connect to. */
  readonly connection: ConnectionSnapshot | null;
  /** Why no session was opened. */
  readonly refusal: Problem | null;
  /** Whether anything is on the screen. */
  readonly hasOutput: boolean;
};

export type ConsoleSessionOptions = {
  readonly request: OpenSessionRequest;
  /** Id of a session to return to; without it a new one is opened. */
  readonly resume: string | undefined;
  readonly sink: TerminalSink;
  readonly environment: AttachEnvironment;
  readonly onOpened: (sessionId: string) => void;
};

export class ConsoleSession {
  readonly #options: ConsoleSessionOptions;
  readonly #viewer: Viewer;
  readonly #listeners = new Set<() => void>();
  readonly #aborter = new AbortController();
  readonly #stopListening: () => void;
  #connection: Connection | undefined;
  /** A request for a session is under way: a second one would open a second shell. */
  #opening = false;
  #snapshot: ConsoleSnapshot = {
    session: null,
    state: null,
    command: null,
    connection: null,
    refusal: null,
    hasOutput: false,
  };

  /** Begins at once. */
  constructor(options: ConsoleSessionOptions) {
    this.#options = options;
    this.#viewer = new Viewer({
      id: crypto.getRandomValues(new Uint8Array(16)),
      sink: {
        write: (bytes, past, done) => {
          this.#noteOutput();
          options.sink.write(bytes, past, done);
        },
        redraw: (cols, rows, bytes, done) => {
          this.#noteOutput();
          options.sink.redraw(cols, rows, bytes, done);
        },
      },
      cols: options.request.cols,
      rows: options.request.rows,
      returning: options.resume !== undefined,
      after: options.environment.after,
      onState: (state) => this.#onState(state),
    });
    this.#stopListening = onSignedIn(() => this.retry());
    this.#begin();
  }

  get snapshot(): ConsoleSnapshot {
    return this.#snapshot;
  }

  /** Calls `listener` after every change of `snapshot`; returns the undo. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes ownership of `bytes`. What is typed before the session is there waits for it. */
  type(bytes: Uint8Array): void {
    this.#viewer.type(bytes);
  }

  resize(cols: number, rows: number): void {
    this.#viewer.resize(cols, rows);
  }

  /** Tries again now: to open when that was refused, else to connect. */
  retry(): void {
    if (this.#connection !== undefined) this.#connection.retry();
    else if (!this.#opening) this.#begin();
  }

  /** Leaves without ending the session. */
  dispose(): void {
    this.#aborter.abort();
    this.#stopListening();
    this.#connection?.dispose();
    this.#listeners.clear();
  }

  #begin(): void {
    this.#update({ refusal: null });
    if (this.#options.resume !== undefined) {
      this.#attach(this.#options.resume);
      void this.#learnAbout(this.#options.resume);
    } else {
      void this.#open();
    }
  }

  async #open(): Promise<void> {
    const { cols, rows } = this.#viewer.hello();
    this.#opening = true;
    try {
      const session = await api.openSession(
        { ...this.#options.request, cols, rows },
        this.#aborter.signal,
      );
      this.#update({ session });
      this.#onState(session.state);
      this.#options.onOpened(session.id);
      if (!this.#aborter.signal.aborted) this.#attach(session.id);
    } catch (error) {
      if (this.#aborter.signal.aborted) return;
      // Signing in brings it back here; there is nothing to say meanwhile.
      if (error instanceof ApiError && error.wantsSignIn) return;
      this.#update({ refusal: problemOf(error) });
    } finally {
      this.#opening = false;
    }
  }

  /** Who and what of a session opened elsewhere; the terminal does not wait for it. */
  async #learnAbout(sessionId: string): Promise<void> {
    try {
      this.#update({ session: await api.session(sessionId, this.#aborter.signal) });
    } catch {
      // The connection finds out what is wrong, and says so.
    }
  }

  #attach(sessionId: string): void {
    const { environment } = this.#options;
    const connection = new Connection({ environment, sessionId, viewer: this.#viewer });
    this.#connection = connection;
    connection.subscribe(() => this.#onConnection(connection.snapshot));
    this.#update({ connection: connection.snapshot });
  }

  #onConnection(connection: ConnectionSnapshot): void {
    this.#update({ connection });
    const { state } = connection;
    if (state.phase === 'ended' && state.code === byeCodes.denied) {
      reportSignedOut(state.reason);
    }
  }

  #onState(state: SessionState): void {
    this.#update(state.phase === 'running' ? { state, command: state.command } : { state });
  }

  #noteOutput(): void {
    if (!this.#snapshot.hasOutput) this.#update({ hasOutput: true });
  }

  #update(change: Partial<ConsoleSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
