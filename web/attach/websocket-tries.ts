/**
 * What this page knows of WebSockets on the way to the server: whether one ever opened, what became of the last one that
 * did not, and when the next try in the background is due. Opens nothing itself.
 */
import type { TransportReport } from '../../src/wire/api.ts';
import { upgradeDelayMs } from './backoff.ts';
import type { AttachEnvironment, Undo } from './environment.ts';
import { fetchTransportReport } from './transport-report.ts';

export class WebSocketTries {
  readonly #environment: AttachEnvironment;
  readonly #onDue: () => void;
  /** `Server` header of an answer that came the same way; it names the proxy, if there is one. */
  server = '';
  #proven = false;
  /** Since one opened. */
  #failures = 0;
  /** A failed attempt that the server has not been asked about. */
  #unreported: string | undefined;
  #cancel: Undo | undefined;

  /** @param onDue a try in the background is due */
  constructor(environment: AttachEnvironment, onDue: () => void) {
    this.#environment = environment;
    this.#onDue = onDue;
  }

  /** One has been welcomed in the life of this page: the next one that fails is rather cut than blocked. */
  get proven(): boolean {
    return this.#proven;
  }

  /** They failed lately for other terminals of this tab, and never opened for this one. */
  get doubtful(): boolean {
    return !this.#proven && this.#environment.memory.failedRecently();
  }

  opened(): void {
    this.#proven = true;
    this.#failures = 0;
    this.#unreported = undefined;
    this.unschedule();
    this.#environment.memory.remember('opened');
  }

  failed(attemptId: string): void {
    this.#failures++;
    this.#unreported = attemptId;
    if (!this.#proven) this.#environment.memory.remember('failed');
  }

  /** Arranges for the next try in the background, unless that is done. The first comes after 5 s, see `backoff.ts`. */
  schedule(): void {
    if (this.#cancel !== undefined) return;
    // The attempt that led to the stream was no try in the background.
    const delayMs = upgradeDelayMs(Math.max(0, this.#failures - 1));
    this.#cancel = this.#environment.after(delayMs, () => {
      this.#cancel = undefined;
      this.#onDue();
    });
  }

  unschedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** What the server saw of the last failure; undefined when there is none it was not asked about, or it does not say. */
  async report(): Promise<TransportReport | undefined> {
    const attemptId = this.#unreported;
    if (attemptId === undefined) return undefined;
    this.#unreported = undefined;
    return fetchTransportReport(this.#environment, attemptId, this.server);
  }
}
