/** Which server has which session, as far as its answers have told: bounded, and forgotten when a session is not used. */

/** What nginx means when nothing is said. */
const defaultTimeoutMs = 600_000;
/** About 4 MiB with keys as long as most are. */
const defaultSessions = 16_384;

type Entry = { readonly server: string; readonly until: number };

export class StickySessions {
  /** The one that was not used for longest comes first. */
  readonly #entries = new Map<string, Entry>();
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #now: () => number;

  constructor(
    options: { readonly timeoutMs?: number; readonly sessions?: number },
    now: () => number,
  ) {
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#limit = options.sessions ?? defaultSessions;
    this.#now = now;
  }

  /** The server of a session that is used now. */
  find(session: string): string | undefined {
    const entry = this.#entries.get(session);
    if (entry === undefined) return undefined;
    if (entry.until < this.#now()) {
      this.#entries.delete(session);
      return undefined;
    }
    this.remember(session, entry.server);
    return entry.server;
  }

  remember(session: string, server: string): void {
    this.#entries.delete(session);
    this.#entries.set(session, { server, until: this.#now() + this.#timeoutMs });
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
