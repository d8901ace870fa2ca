/**
 * Checks passwords without letting anybody buy the whole machine with wrong ones: quick formats at once, slow ones in a
 * thread of their own, one after the other, with a bounded queue. Right ones are remembered for a while, since a browser
 * sends the password with every request.
 *
 * Passwords are neither kept nor logged: what is remembered is a keyed digest, of no use outside this process.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { gatewayError } from '../errors.ts';
import { addressKey } from '../rate/address-key.ts';
import { costOf, isPassword } from './password-hash.ts';
import type { PasswordQuestion } from './password-worker.ts';

export type PasswordAttempt = {
  readonly user: string;
  readonly password: Buffer;
  /** What the password file has. */
  readonly stored: string;
  /** Whose attempt it is: `192.0.2.1`. */
  readonly remoteAddress: string;
};

/** How long a right password is remembered, in milliseconds. One that is changed in the file is a new question at once. */
const rememberedMs = 60_000;

/** Right passwords that are remembered, 100 bytes each. */
const mostRemembered = 10_000;

/** Attempts that wait or run, in all: about five seconds of bcrypt at its usual cost. */
const mostWaiting = 64;

/** Of them, those of one address, so that one client does not keep all others out. */
const mostOfOneAddress = 8;

/** After which an idle thread ends, in milliseconds. */
const idleThreadMs = 60_000;

type Job = {
  readonly question: PasswordQuestion;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
};

export class PasswordChecks {
  /** Made ready once: that is most of what a digest costs. */
  readonly #key = createSecretKey(randomBytes(32));
  /** Digests of right attempts and when they are forgotten, the oldest first. */
  readonly #right = new Map<string, number>();
  /** By the same digests: requests that come together ask once. */
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #waitingOf = new Map<string, number>();
  readonly #queue: Job[] = [];
  #job: Job | undefined;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #now: () => number;

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Whether it is the password. At once for quick formats and for what is remembered.
   * Throws `HW_PASSWORD_HASH`, `HW_SIGN_IN_BUSY` or `HW_TOO_MANY_SIGN_INS`.
   */
  check(attempt: PasswordAttempt): boolean | Promise<boolean> {
    const { user, password, stored } = attempt;
    const cost = costOf(stored);
    if (cost === 'unknown') {
      throw gatewayError(
        'HW_PASSWORD_HASH',
        `the password of user ${user} is stored in an unknown format`,
      );
    }
    if (cost === 'quick') return isPassword(password, stored);
    const digest = this.#digestOf(attempt);
    if (this.#isRemembered(digest)) return true;
    const running = this.#running.get(digest);
    if (running !== undefined) return running;
    const started = this.#start(attempt, digest);
    this.#running.set(digest, started);
    return started;
  }

  /** Ends the thread; what waits for it fails. */
  close(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#lose(new Error('closed'));
  }

  #start({ password, stored, remoteAddress }: PasswordAttempt, digest: string): Promise<boolean> {
    const waiting = this.#queue.length + (this.#job === undefined ? 0 : 1);
    if (waiting >= mostWaiting) {
      throw gatewayError('HW_SIGN_IN_BUSY', `${waiting} passwords wait to be checked`);
    }
    const from = addressKey(remoteAddress) ?? remoteAddress;
    const ofAddress = this.#waitingOf.get(from) ?? 0;
    if (ofAddress >= mostOfOneAddress) {
      throw gatewayError(
        'HW_TOO_MANY_SIGN_INS',
        `${ofAddress} passwords from ${remoteAddress} wait to be checked`,
      );
    }
    this.#waitingOf.set(from, ofAddress + 1);
    return new Promise<boolean>((resolve, reject) => {
      this.#queue.push({ question: { password, stored }, resolve, reject });
      this.#next();
    })
      .then((isRight) => {
        if (isRight) this.#remember(digest);
        return isRight;
      })
      .finally(() => {
        this.#running.delete(digest);
        const left = (this.#waitingOf.get(from) ?? 0) - 1;
        if (left > 0) this.#waitingOf.set(from, left);
        else this.#waitingOf.delete(from);
      });
  }

  #next(): void {
    if (this.#job !== undefined) return;
    this.#job = this.#queue.shift();
    clearTimeout(this.#idle);
    if (this.#job === undefined) {
      this.#worker?.unref();
      this.#idle = setTimeout(() => this.close(), idleThreadMs);
      this.#idle.unref();
      return;
    }
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage(this.#job.question);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./password-worker.ts', import.meta.url));
    worker.on('message', (isRight: boolean) => {
      // One that was ended may still have something to say, to a question that nobody asks any more.
      if (worker !== this.#worker) return;
      const job = this.#job;
      this.#job = undefined;
      this.#next();
      job?.resolve(isRight);
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#lose(error);
    });
    return worker;
  }

  /** The thread is gone, and what was asked of it with it; the next question starts another one. */
  #lose(cause: unknown): void {
    const jobs = this.#job === undefined ? this.#queue : [this.#job, ...this.#queue];
    const lost = [...jobs];
    this.#worker = undefined;
    this.#job = undefined;
    this.#queue.length = 0;
    for (const { reject } of lost) {
      reject(
        gatewayError('HW_PASSWORD_HASH', 'a password could not be checked: its thread ended', {
          cause,
        }),
      );
    }
  }

  /** All that the answer depends on: a changed file is a new question. */
  #digestOf({ user, password, stored }: PasswordAttempt): string {
    const hmac = createHmac('sha256', this.#key);
    hmac.update(`${user.length}:${user}${stored.length}:${stored}`).update(password);
    return hmac.digest('base64');
  }

  #isRemembered(digest: string): boolean {
    const until = this.#right.get(digest);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#right.delete(digest);
    return false;
  }

  #remember(digest: string): void {
    this.#right.delete(digest);
    this.#right.set(digest, this.#now() + rememberedMs);
    if (this.#right.size <= mostRemembered) return;
    for (const oldest of this.#right.keys()) {
      this.#right.delete(oldest);
      return;
    }
  }
}
