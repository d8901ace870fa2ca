/**
 * A program run by a test: what it said, how it ended, and that it does end. Knows no particular program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd, type Scope } from './scope.ts';

export type ChildOptions = {
  /** Replaces the environment. Default: that of the test. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** What asks the program to end. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
};

/** A program that has not ended this long after it was asked to is killed, and the test fails. */
const stopTimeoutMs = 20_000;

/** Until the program has said what was waited for. */
const outputTimeoutMs = 20_000;

/** What is kept of a program's output: enough for the log of any test here. */
const keptCharacters = 4 * 1024 * 1024;

export class Child {
  readonly pid: number;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #stopSignal: NodeJS.Signals;
  #output = '';
  #end: number | NodeJS.Signals | undefined;
  #stopped = false;
  #waiting = new Set<() => void>();

  constructor(process: ChildProcess, name: string, stopSignal: NodeJS.Signals) {
    if (process.pid === undefined) throw new Error(`cannot start ${name}`);
    this.pid = process.pid;
    this.#process = process;
    this.#name = name;
    this.#stopSignal = stopSignal;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptCharacters);
        for (const wake of this.#waiting) wake();
      });
    }
    // 'exit' and not 'close': a grandchild that holds the pipes open must not hold up the test.
    this.exited = once(process, 'exit').then(([code, signal]) => {
      this.#end = (code ?? signal) as number | NodeJS.Signals;
      for (const wake of this.#waiting) wake();
      return this.#end;
    });
  }

  /** Both streams, in the order in which they arrived. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#end === undefined;
  }

  /**
   * The first match of `pattern` in the output after position `from`. Throws when the program ends or stays silent
   * instead, with what it did say.
   */
  async said(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    let wake: (() => void) | undefined;
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const fail = (why: string) =>
      reject(
        new Error(`${this.#name} ${why}, without saying ${pattern}. It said:\n${this.#output}`),
      );
    const timer = setTimeout(() => fail(`ran for ${outputTimeoutMs} ms`), outputTimeoutMs);
    try {
      wake = () => {
        const match = pattern.exec(this.#output.slice(from));
        if (match !== null) resolve(match);
        else if (this.#end !== undefined) fail(`ended with ${this.#end}`);
      };
      this.#waiting.add(wake);
      wake();
      return await promise;
    } finally {
      clearTimeout(timer);
      if (wake !== undefined) this.#waiting.delete(wake);
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#process.kill(name);
  }

  /** Throws when it has ended without being asked to, with what it said. */
  assertRunning(): void {
    if (this.#end === undefined || this.#stopped) return;
    throw new Error(`${this.#name} ended by itself with ${this.#end}. It said:\n${this.#output}`);
  }

  /** Asks it to end and waits for that. Throws when it had to be killed. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.running) {
      this.#process.kill(this.#stopSignal);
      const { promise: late, resolve } = Promise.withResolvers<'late'>();
      const timer = setTimeout(resolve, stopTimeoutMs, 'late');
      const first = await Promise.race([this.exited, late]);
      clearTimeout(timer);
      if (first === 'late') {
        this.#process.kill('SIGKILL');
        await this.exited;
        throw new Error(
          `${this.#name} did not end within ${stopTimeoutMs} ms of ${this.#stopSignal}. It said:\n${this.#output}`,
        );
      }
    }
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }
}

/**
 * Starts a program that ends with the scope. The kernel ends it, too, when the test itself is killed and can undo
 * nothing any more (prctl(2), PR_SET_PDEATHSIG).
 */
export function startChild(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Child {
  const process = spawn('setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const child = new Child(process, command, options.stopSignal ?? 'SIGTERM');
  atEnd(scope, () => child.stop());
  return child;
}
