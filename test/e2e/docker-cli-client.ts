/** The real `docker` command line as the client of a test: run to its end, in the background, or in a terminal. */
import type { TestContext } from 'node:test';
import { type IPty, spawn as spawnPty } from '@lydell/node-pty';
import { type Child, startChild } from '../kit/child.ts';
import { dockerCliPath } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { type Ran, run } from '../kit/run.ts';
import { atEnd } from '../kit/scope.ts';
import { tempFolder } from '../kit/temp.ts';

/** With a configuration folder of its own, so that this user's contexts do not count. */
export class DockerCli {
  readonly #t: TestContext;
  readonly #options: readonly string[];

  /** @param host as DOCKER_HOST wants it: `tcp://localhost:2375`, `unix:///var/run/docker.sock` */
  constructor(t: TestContext, host: string, options: readonly string[] = []) {
    this.#t = t;
    this.#options = ['--config', tempFolder(t, 'docker'), '-H', host, ...options];
  }

  /** Runs it to its end; its standard input ends after `input`. */
  run(
    args: readonly string[],
    input: string | Uint8Array = '',
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<Ran> {
    return run(this.#t, dockerCliPath, [...this.#options, ...args], { input, env });
  }

  /** Runs it in the background. */
  start(args: readonly string[]): Child {
    return startChild(this.#t, dockerCliPath, [...this.#options, ...args]);
  }

  /** Runs it in a terminal of 80 × 24. */
  runInTerminal(args: readonly string[]): TerminalRun {
    const pty = spawnPty(dockerCliPath, [...this.#options, ...args], { cols: 80, rows: 24 });
    const run = new TerminalRun(pty);
    atEnd(this.#t, () => run.end());
    return run;
  }
}

export class TerminalRun {
  readonly #pty: IPty;
  readonly exitCode: Promise<number>;
  #ended = false;
  #output = '';

  constructor(pty: IPty) {
    this.#pty = pty;
    pty.onData((text) => {
      this.#output += text;
    });
    this.exitCode = new Promise((resolve) => {
      pty.onExit(({ exitCode }) => {
        this.#ended = true;
        resolve(exitCode);
      });
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#pty.resize(cols, rows);
  }

  /** Until the output matches. */
  prints(pattern: RegExp): Promise<true> {
    return eventually(`a terminal with ${pattern}`, () => {
      if (pattern.test(this.#output)) return true;
      throw new Error(JSON.stringify(this.#output));
    });
  }

  async end(): Promise<void> {
    if (!this.#ended) this.#pty.kill('SIGKILL');
    await this.exitCode;
  }
}
