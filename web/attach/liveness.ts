/**
 * Whether the other end of a connection is still there, and how far away it is. Asks at intervals and listens; a
 * connection on which nothing was heard for too long is dead, whatever the socket says. Knows no transport.
 */
import { silenceMs } from '../../src/wire/frames.ts';
import type { AttachEnvironment, Undo } from './environment.ts';

export type LivenessOptions = {
  readonly environment: Pick<AttachEnvironment, 'now' | 'after'>;
  readonly pingMs: number;
  /** A ping is to be sent as soon as possible, with the stamp of `stamp()`. */
  readonly onPingDue: () => void;
  readonly onRoundTrip: (ms: number) => void;
  readonly onDead: (reason: string) => void;
};

export class Liveness {
  readonly #options: LivenessOptions;
  #heardAtMs = 0;
  #cancelPing: Undo | undefined;
  #cancelSilence: Undo | undefined;
  #cancelAnswer: Undo | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** A connection begins. */
  start(): void {
    this.stop();
    this.heard();
    this.#ping();
    this.#watch(silenceMs);
  }

  /** The connection is over. Idempotent. */
  stop(): void {
    this.#cancelPing?.();
    this.#cancelSilence?.();
    this.#cancelAnswer?.();
  }

  /** Anything came. */
  heard(): void {
    this.#heardAtMs = this.#options.environment.now();
    this.#cancelAnswer?.();
  }

  /** What a ping carries: the time in microseconds, as whole numbers travel. */
  stamp(): number {
    return Math.floor(this.#options.environment.now() * 1000);
  }

  pong(stamp: number): void {
    this.#options.onRoundTrip(Math.max(0, this.#options.environment.now() - stamp / 1000));
  }

  /** Something may have happened to the line (sleep, another network): asks, and takes no answer for death. */
  expectAnswer(withinMs: number): void {
    this.#cancelAnswer?.();
    this.#cancelAnswer = this.#options.environment.after(withinMs, () =>
      this.#options.onDead('no answer after waking up'),
    );
    this.#options.onPingDue();
  }

  #ping(): void {
    this.#options.onPingDue();
    this.#cancelPing = this.#options.environment.after(this.#options.pingMs, () => this.#ping());
  }

  #watch(delayMs: number): void {
    this.#cancelSilence = this.#options.environment.after(delayMs, () => {
      const leftMs = this.#heardAtMs + silenceMs - this.#options.environment.now();
      if (leftMs > 0) this.#watch(leftMs);
      else this.#options.onDead(`nothing was heard for ${Math.round(silenceMs / 1000)} s`);
    });
  }
}
