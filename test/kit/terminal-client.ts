/**
 * The page without a browser: opens a session over the API and attaches to it with the page's own code, over whatever
 * stands between. Collects the bytes that a terminal would be given.
 */
import { randomBytes } from 'node:crypto';
import {
  apiPaths,
  type OpenSessionRequest,
  type SessionInfo,
  type SessionState,
} from '../../src/wire/api.ts';
import { Connection, type ConnectionTimings } from '../../web/attach/connection.ts';
import type { AttachEnvironment } from '../../web/attach/environment.ts';
import type { TransportKind } from '../../web/attach/transport.ts';
import { Viewer } from '../../web/attach/viewer.ts';
import { httpRequest } from './http-client.ts';
import { atEnd, type Scope } from './scope.ts';

export type TerminalClientOptions = {
  /** Where a browser would see the console: Hatchway itself, or what stands in front of it. */
  origin: string;
  /** Of `Hatchway.signIn` at the same origin. */
  cookie: string;
  session: Omit<OpenSessionRequest, 'cols' | 'rows'>;
  timings?: Partial<ConnectionTimings>;
};

const cols = 80;
const rows = 24;

/** Until the session has printed or become what was waited for; the longest wait is for 200,000 lines over a bad line. */
const untilTimeoutMs = 90_000;

export class TerminalClient {
  readonly sessionId: string;
  readonly connection: Connection;
  /** Times that the connection was open, by transport. */
  readonly openings: Record<TransportKind, number> = { websocket: 0, stream: 0 };
  /** Times that output was replaced by a screen: bytes were lost to this viewer. */
  redraws = 0;
  #state: SessionState | undefined;
  /** Twice as large whenever it is full. */
  #printed = Buffer.alloc(64 * 1024);
  #byteCount = 0;
  readonly #viewer: Viewer;
  readonly #waiting = new Set<() => void>();

  constructor(sessionId: string, environment: AttachEnvironment, options: TerminalClientOptions) {
    this.sessionId = sessionId;
    this.#viewer = new Viewer({
      id: randomBytes(16),
      cols,
      rows,
      returning: false,
      after: environment.after,
      onState: (state) => {
        this.#state = state;
        this.#changed();
      },
      sink: {
        // A terminal has its own queue and is done later.
        write: (bytes, _past, done) => {
          this.#append(bytes);
          setImmediate(done);
          this.#changed();
        },
        redraw: (_cols, _rows, _bytes, done) => {
          this.redraws++;
          setImmediate(done);
          this.#changed();
        },
      },
    });
    this.connection = new Connection({
      environment,
      sessionId,
      viewer: this.#viewer,
      timings: options.timings ?? {},
    });
    let transport: TransportKind | undefined;
    this.connection.subscribe(() => {
      const { state } = this.connection.snapshot;
      const now = state.phase === 'open' ? state.transport : undefined;
      if (now !== undefined && now !== transport) this.openings[now]++;
      transport = now;
      this.#changed();
    });
  }

  get state(): SessionState | undefined {
    return this.#state;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  /** Everything printed so far. */
  output(): Buffer {
    return this.#printed.subarray(0, this.#byteCount);
  }

  /** Bytes typed that the session has not acknowledged yet. */
  get pendingInputBytes(): number {
    return this.#viewer.pendingInputBytes;
  }

  type(input: string | Uint8Array): void {
    this.#viewer.type(typeof input === 'string' ? Buffer.from(input) : input);
  }

  /** Resolves when `condition` holds, looking after every change. Throws with the state of things after a long time. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (condition()) resolve();
    };
    const timer = setTimeout(() => {
      const facts = {
        connection: this.connection.snapshot.state,
        session: this.#state,
        bytes: this.#byteCount,
        openings: this.openings,
        end: this.output().subarray(-200).toString('latin1'),
      };
      reject(new Error(`not within ${untilTimeoutMs} ms: ${what}; ${JSON.stringify(facts)}`));
    }, untilTimeoutMs);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** Until the output, from byte `from` on, contains `text`. */
  prints(text: string, from = 0): Promise<void> {
    // Only what is new is searched: the whole is megabytes and comes in thousands of pieces.
    let looked = from;
    return this.until(`output with ${JSON.stringify(text)}`, () => {
      const start = Math.max(from, looked - Buffer.byteLength(text));
      looked = this.#byteCount;
      return this.output().indexOf(text, start) >= 0;
    });
  }

  /** Until the process has ended; gives its exit code. */
  async exitCode(): Promise<number | null> {
    await this.until('the process has ended', () => this.#state?.phase === 'ended');
    return this.#state?.phase === 'ended' ? this.#state.exitCode : null;
  }

  #append(bytes: Uint8Array): void {
    const end = this.#byteCount + bytes.length;
    if (end > this.#printed.length) {
      const larger = Buffer.alloc(Math.max(end, 2 * this.#printed.length));
      larger.set(this.output());
      this.#printed = larger;
    }
    this.#printed.set(bytes, this.#byteCount);
    this.#byteCount = end;
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** A session with a terminal of 80 × 24, attached; it stays when the scope ends, as when a browser is closed. */
export async function openTerminal(
  scope: Scope,
  options: TerminalClientOptions,
): Promise<TerminalClient> {
  const { origin, cookie } = options;
  const opened = await httpRequest(`${origin}${apiPaths.sessions}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, origin },
    body: JSON.stringify({ ...options.session, cols, rows }),
  });
  if (opened.status !== 201) throw new Error(`${opened.status}: ${opened.text}`);
  const { id } = JSON.parse(opened.text) as SessionInfo;
  const terminal = new TerminalClient(id, pageEnvironment(origin, cookie), options);
  atEnd(scope, () => terminal.connection.dispose());
  return terminal;
}

/** What a browser would do by itself: the cookie and the origin go with every request. */
function pageEnvironment(origin: string, cookie: string): AttachEnvironment {
  const headers = { cookie, origin };
  let failed = false;
  return {
    origin,
    fetch: (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as object), ...headers } }),
    WebSocket: class extends WebSocket {
      constructor(url: string | URL) {
        // Node's own takes options here; the type is that of a browser, where a page cannot set these fields.
        super(url, { headers } as unknown as string[]);
      }
    },
    now: () => performance.now(),
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    onWake: () => () => {},
    memory: {
      failedRecently: () => failed,
      remember: (outcome) => {
        failed = outcome === 'failed';
      },
    },
  };
}
