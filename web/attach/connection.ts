/**
 * Keeps one viewer attached to its session over whatever gets through.
 *
 *                 WebSocket welcomed
 *   connecting ──────────────────────────▶ open(websocket) ◀─────┐ a WebSocket welcomed:
 *       │                                                        │ tried in the background
 *       └────────────────────────────────▶ open(stream) ─────────┘
 *         no WebSocket in 1.5 s, or it failed
 *
 *   open ── cut, silence ──▶ reconnecting ── welcomed ──▶ open          any ── bye ──▶ ended
 *
 * It decides by trying, never by guessing, and it alone decides: the viewer does not know how it is connected, the
 * transports do not know each other. It knows neither React nor the terminal.
 */
import {
  byeCodes,
  encodeFrame,
  FrameError,
  type SessionFrame,
  wireVersion,
} from '../../src/wire/frames.ts';
import { retryDelayMs } from './backoff.ts';
import type { ConnectionSnapshot } from './connection-snapshot.ts';
import type { AttachEnvironment, Undo } from './environment.ts';
import { type Link, type LinkHandlers, openLink } from './link.ts';
import { Liveness } from './liveness.ts';
import type { TransportEnd, TransportKind } from './transport.ts';
import type { Hello, Viewer, Welcome } from './viewer.ts';
import { WebSocketTries } from './websocket-tries.ts';

/** Times of day-to-day operation; a test may shorten them. */
export type ConnectionTimings = {
  /** A WebSocket that is not welcomed by then gets company by the stream. */
  readonly patienceMs: number;
  /** The same in a page in which a WebSocket has worked before: it is then slow rather than blocked. */
  readonly provenPatienceMs: number;
  /** An attempt without a welcome is given up. */
  readonly attemptMs: number;
  readonly pingMs: number;
  /** After waking up (online, visible again) something must be heard within this time. */
  readonly wakeAnswerMs: number;
};

const defaultTimings: ConnectionTimings = {
  patienceMs: 1500,
  provenPatienceMs: 5000,
  attemptMs: 10_000,
  pingMs: 10_000,
  wakeAnswerMs: 5000,
};

/** A connection that lasted this long, or carried data, was a good one: the next try comes at once again. */
const goodConnectionMs = 5000;

/** Room in one send for what the connection itself adds: a ping and its length. */
const ownFrameBytes = 32;

export class Connection {
  readonly #environment: AttachEnvironment;
  readonly #timings: ConnectionTimings;
  readonly #sessionId: string;
  readonly #viewer: Viewer;
  readonly #liveness: Liveness;
  readonly #websockets: WebSocketTries;
  readonly #listeners = new Set<() => void>();
  readonly #stopWake: Undo;
  #snapshot: ConnectionSnapshot = {
    state: { phase: 'connecting', attempt: 1, retryAtMs: null, reason: '' },
    roundTripMs: null,
    report: null,
  };

  /** The welcomed link: the only one whose frames count. */
  #current: Link | undefined;
  /** Links that wait for their welcome, one of each kind at the most. */
  readonly #opening: Partial<Record<TransportKind, Link>> = {};
  #disposed = false;

  /** Decides how long to wait: a connection that was no good counts as a failed try. */
  #attempt = 1;
  /** Rounds of tries since the last welcome. */
  #rounds = 0;
  /** Whether the stream has had its turn in this round of tries: if not, a failed WebSocket brings it on. */
  #streamTried = false;
  #wasOpen = false;
  #openedAtMs = 0;
  #carriedData = false;
  #pingDue = false;

  #cancelRetry: Undo | undefined;
  #cancelPatience: Undo | undefined;

  /** Begins to connect at once. Owns the viewer's `onWake` from now on. */
  constructor(options: {
    readonly environment: AttachEnvironment;
    readonly sessionId: string;
    readonly viewer: Viewer;
    readonly timings?: Partial<ConnectionTimings>;
  }) {
    this.#environment = options.environment;
    this.#sessionId = options.sessionId;
    this.#viewer = options.viewer;
    this.#timings = { ...defaultTimings, ...options.timings };
    this.#websockets = new WebSocketTries(this.#environment, () => this.#open('websocket'));
    this.#liveness = new Liveness({
      environment: this.#environment,
      pingMs: this.#timings.pingMs,
      onPingDue: () => {
        this.#pingDue = true;
        this.#pump();
      },
      onRoundTrip: (roundTripMs) => this.#update({ roundTripMs }),
      onDead: (reason) => this.#lose(reason),
    });
    this.#viewer.onWake = () => this.#pump();
    this.#stopWake = this.#environment.onWake(() => this.#onWake());
    this.#try('');
  }

  get snapshot(): ConnectionSnapshot {
    return this.#snapshot;
  }

  /** Calls `listener` after every change of `snapshot`. */
  subscribe(listener: () => void): Undo {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tries at once instead of at `retryAtMs`; also after an end (somebody signed in again, say). */
  retry(): void {
    const { state } = this.#snapshot;
    if (this.#disposed || state.phase === 'open') return;
    if (state.phase === 'ended') {
      this.#attempt = 1;
      this.#rounds = 0;
    } else if (state.retryAtMs === null) {
      return;
    }
    this.#try(state.reason);
  }

  /** Detaches without ending the session. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopWake();
    this.#stop(true);
    this.#listeners.clear();
  }

  /** One round: the WebSocket, and the stream when the WebSocket does not make it. */
  #try(reason: string): void {
    this.#forgetRetry();
    this.#cancelPatience?.();
    this.#streamTried = false;
    this.#announceWaiting(null, reason);
    this.#rounds++;
    const firstRound = this.#rounds === 1;
    if (firstRound && this.#websockets.doubtful) {
      this.#open('stream');
    } else if (this.#opening.websocket !== undefined) {
      this.#open('stream');
    } else {
      this.#open('websocket');
      // What worked a moment ago may fail once without the stream taking over: a server that restarts refuses both.
      this.#streamTried = this.#websockets.proven && firstRound;
      this.#giveCompany();
    }
  }

  /** Opens the stream beside a WebSocket that takes its time. */
  #giveCompany(): void {
    const { patienceMs, provenPatienceMs } = this.#timings;
    this.#cancelPatience = this.#environment.after(
      this.#websockets.proven ? provenPatienceMs : patienceMs,
      () => {
        if (this.#current === undefined) this.#open('stream');
      },
    );
  }

  #open(kind: TransportKind): void {
    if (kind === 'stream') this.#streamTried = true;
    if (this.#opening[kind] !== undefined) return;
    this.#opening[kind] = openLink({
      kind,
      environment: this.#environment,
      sessionId: this.#sessionId,
      viewer: this.#viewer,
      limitMs: this.#timings.attemptMs,
      onServer: (server) => {
        this.#websockets.server = server;
      },
      handlers: this.#handlers,
    });
  }

  readonly #handlers: LinkHandlers = {
    welcomed: (link, hello, welcome) => this.#welcomed(link, hello, welcome),
    frame: (link, frame) => {
      if (link === this.#current) this.#received(frame);
    },
    writable: (link) => {
      if (link === this.#current) this.#pump();
    },
    ended: (link, end) => this.#ended(link, end),
  };

  #welcomed(link: Link, hello: Hello, welcome: Welcome): void {
    delete this.#opening[link.kind];
    if (welcome.version !== wireVersion) {
      link.dispose();
      this.#finish(byeCodes.version, 'the server speaks another version of the protocol');
      return;
    }
    this.#current?.dispose();
    this.#current = link;
    const pendingBytes = this.#viewer.pendingInputBytes;
    if (!this.#orProtocolError(() => this.#viewer.attached(hello, welcome))) return;
    // Input has come through on the line before this one, although nobody could say so any more.
    if (this.#viewer.pendingInputBytes < pendingBytes) this.#attempt = 1;
    this.#forgetRetry();
    this.#cancelPatience?.();
    this.#rounds = 0;
    this.#wasOpen = true;
    this.#openedAtMs = this.#environment.now();
    this.#carriedData = false;
    // The other kind may still be on its way: a WebSocket is welcome whenever it comes, a stream is not needed then.
    if (link.kind === 'websocket') {
      this.#opening.stream?.dispose();
      delete this.#opening.stream;
      this.#websockets.opened();
    } else if (this.#opening.websocket === undefined) {
      this.#websockets.schedule();
    }
    this.#update({
      state: { phase: 'open', transport: link.kind },
      roundTripMs: null,
      report: link.kind === 'websocket' ? null : this.#snapshot.report,
    });
    this.#liveness.start();
    void this.#report();
  }

  #received(frame: SessionFrame): void {
    this.#liveness.heard();
    if (frame.type === 'pong') this.#liveness.pong(frame.stamp);
    if (frame.type === 'output' || frame.type === 'screen' || frame.type === 'accepted') {
      this.#carriedData = true;
    }
    this.#orProtocolError(() => this.#viewer.receive(frame));
  }

  /** A session that contradicts itself cannot be followed any further; everything else is a bug of ours and thrown. */
  #orProtocolError(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#finish(byeCodes.protocol, error.message);
      return false;
    }
  }

  #pump(): void {
    const transport = this.#current?.transport;
    if (transport === undefined || transport.room === 0) return;
    const frames = this.#viewer.take(transport.room - ownFrameBytes);
    if (this.#pingDue) {
      this.#pingDue = false;
      frames.push(encodeFrame({ type: 'ping', stamp: this.#liveness.stamp() }));
    }
    if (frames.length > 0) transport.send(frames);
  }

  #ended(link: Link, end: TransportEnd): void {
    const wasCurrent = link === this.#current;
    if (!wasCurrent) delete this.#opening[link.kind];
    if (end.kind === 'bye' && this.#isFinal(end.code)) {
      this.#finish(end.code, end.reason);
    } else if (wasCurrent) {
      this.#lose(end.reason);
    } else {
      if (link.kind === 'websocket') this.#websocketFailed(link);
      if (this.#current === undefined) this.#tryFailed(link, end.reason);
    }
  }

  /**
   * Being superseded by oneself is not the end, nor is the code 1000 as long as the session has not said its last state:
   * proxies close WebSockets with it, too.
   */
  #isFinal(code: number): boolean {
    return code !== byeCodes.superseded && (code !== byeCodes.ended || this.#viewer.over);
  }

  #tryFailed(link: Link, reason: string): void {
    if (link.kind === 'websocket' && !this.#streamTried) {
      this.#cancelPatience?.();
      this.#open('stream');
    } else if (this.#opening.stream === undefined && this.#cancelRetry === undefined) {
      // A WebSocket that hangs does not hold up the next round.
      this.#tryLater(reason);
    }
  }

  #websocketFailed(link: Link): void {
    this.#websockets.failed(link.attemptId);
    if (this.#current === undefined) return;
    this.#websockets.schedule();
    void this.#report();
  }

  /** The connection is gone without a word. */
  #lose(reason: string): void {
    this.#current?.dispose();
    this.#current = undefined;
    this.#viewer.detached();
    this.#liveness.stop();
    // The next try of a WebSocket stays due: where streams are cut all the time, it is needed most.
    const good =
      this.#carriedData || this.#environment.now() - this.#openedAtMs >= goodConnectionMs;
    if (good) this.#attempt = 1;
    if (this.#opening.websocket !== undefined) {
      // Most likely it has taken over on the other side already, and its welcome is on the way.
      this.#streamTried = false;
      this.#announceWaiting(null, reason);
      this.#giveCompany();
    } else if (good) {
      this.#try(reason);
    } else {
      this.#tryLater(reason);
    }
  }

  #tryLater(reason: string): void {
    this.#attempt++;
    const delayMs = retryDelayMs(this.#attempt, this.#environment.random);
    this.#cancelRetry = this.#environment.after(delayMs, () => this.#try(reason));
    this.#announceWaiting(this.#environment.now() + delayMs, reason);
  }

  #forgetRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #onWake(): void {
    const { state } = this.#snapshot;
    if (this.#current !== undefined) {
      this.#liveness.expectAnswer(this.#timings.wakeAnswerMs);
      if (this.#current.kind === 'stream') {
        this.#websockets.unschedule();
        this.#open('websocket');
      }
    } else if (state.phase !== 'ended') {
      this.retry();
    }
  }

  async #report(): Promise<void> {
    if (this.#current?.kind !== 'stream') return;
    const report = await this.#websockets.report();
    if (report !== undefined && !this.#disposed && this.#current?.kind === 'stream') {
      this.#update({ report });
    }
  }

  #announceWaiting(retryAtMs: number | null, reason: string): void {
    this.#update({
      state: {
        phase: this.#wasOpen ? 'reconnecting' : 'connecting',
        attempt: this.#attempt,
        retryAtMs,
        reason,
      },
      roundTripMs: null,
    });
  }

  #finish(code: number, reason: string): void {
    this.#stop();
    this.#update({ state: { phase: 'ended', code, reason }, roundTripMs: null, report: null });
  }

  #stop(leaving = false): void {
    this.#liveness.stop();
    this.#forgetRetry();
    this.#websockets.unschedule();
    this.#cancelPatience?.();
    this.#viewer.detached();
    this.#current?.dispose(leaving);
    this.#current = undefined;
    for (const kind of ['websocket', 'stream'] as const) {
      this.#opening[kind]?.dispose(leaving);
      delete this.#opening[kind];
    }
  }

  #update(change: Partial<ConnectionSnapshot>): void {
    if (this.#disposed) return;
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
