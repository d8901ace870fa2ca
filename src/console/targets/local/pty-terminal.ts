/**
 * A process in a pseudo-terminal of this machine, as a Terminal. node-pty makes the pseudo-terminal and reads from it;
 * writing and ending are done here, since it tells neither when bytes were taken nor what a shell left behind.
 */
import { write } from 'node:fs';
import { type IPty, spawn as spawnPty } from '@lydell/node-pty';
import { codeOf } from '../../../base/errors.ts';
import { ProcessesHere } from '../processes-here.ts';
import { endProcesses } from '../session-processes.ts';
import type { Terminal, TerminalHandlers } from '../target.ts';

export type PtyRequest = {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** For people. */
  readonly command: readonly string[];
  readonly environment: Record<string, string>;
  readonly cwd: string;
  /** Somebody else to run as; needs root. */
  readonly identity: { uid: number; gid: number } | undefined;
  readonly cols: number;
  readonly rows: number;
  readonly sessionId: string;
};

/** How long to wait before trying again to write to a terminal that takes nothing: shorter than a person notices. */
const fullMs = 2;

/** How often a paused process is looked at: several times within the 200 ms that node-pty leaves. */
const aliveEveryMs = 50;

export function startPty(request: PtyRequest): PtyTerminal {
  const pty = spawnPty(request.file, [...request.args], {
    name: 'xterm-256color',
    cols: request.cols,
    rows: request.rows,
    cwd: request.cwd,
    env: request.environment,
    // Bytes, not text: a character may be split between two reads, or be none at all.
    encoding: null,
    ...(request.identity ?? {}),
  });
  return new PtyTerminal(pty, request);
}

export class PtyTerminal implements Terminal {
  readonly command: readonly string[];
  readonly #pty: IPty;
  readonly #sessionId: string;
  #exited = false;
  /** Output that came before `start`. */
  #early: Uint8Array[] = [];
  #earlyExit: { exitCode: number; signal?: number } | undefined;
  #handlers: TerminalHandlers | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(pty: IPty, request: PtyRequest) {
    this.#pty = pty;
    this.#sessionId = request.sessionId;
    this.command = request.command;
    // With `encoding: null` node-pty gives Buffers, whatever its types say.
    (pty.onData as unknown as (listener: (data: Buffer) => void) => void)((data) => {
      if (this.#handlers === undefined) this.#early.push(data);
      else this.#handlers.onOutput(data);
    });
    pty.onExit((exit) => this.#exit(exit));
  }

  start(handlers: TerminalHandlers): void {
    this.#handlers = handlers;
    for (const bytes of this.#early) handlers.onOutput(bytes);
    this.#early = [];
    if (this.#earlyExit !== undefined) this.#exit(this.#earlyExit);
  }

  write(bytes: Uint8Array): Promise<void> {
    const { fd } = this.#pty as unknown as { fd: number };
    return new Promise((resolve, reject) => {
      const attempt = (rest: Uint8Array) => {
        if (this.#exited) {
          reject(new Error('the process has ended'));
          return;
        }
        write(fd, rest, (error, written) => {
          if (error === null && written === rest.length) resolve();
          else if (error === null) attempt(rest.subarray(written));
          // The line discipline takes 4 KiB at a time; nothing says when it has room again.
          else if (codeOf(error) === 'EAGAIN') setTimeout(attempt, fullMs, rest);
          else reject(error);
        });
      };
      attempt(bytes);
    });
  }

  pause(): void {
    if (this.#exited) return;
    this.#pty.pause();
    // node-pty drops what is unread 200 ms after the process has gone, so its last output must not wait.
    this.#watch ??= setInterval(() => {
      if (!isAlive(this.#pty.pid)) this.resume();
    }, aliveEveryMs).unref();
  }

  resume(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
    if (!this.#exited) this.#pty.resume();
  }

  resize(cols: number, rows: number): void {
    try {
      if (!this.#exited) this.#pty.resize(cols, rows);
    } catch {
      // The process may be gone a moment before its exit is known.
    }
  }

  end(): Promise<boolean> {
    // A pseudo-terminal's process leads a terminal session of its own (forkpty(3)).
    return endProcesses(new ProcessesHere(this.#sessionId, [this.#pty.pid]));
  }

  #exit(exit: { exitCode: number; signal?: number }): void {
    this.#exited = true;
    clearInterval(this.#watch);
    if (this.#handlers === undefined) {
      this.#earlyExit = exit;
      return;
    }
    const { exitCode, signal } = exit;
    this.#handlers.onExit(
      signal === undefined || signal === 0
        ? { exitCode, reason: `The process ended with exit code ${exitCode}.` }
        : // As shells count: 128 and the signal's number.
          { exitCode: 128 + signal, reason: `The process was ended by signal ${signal}.` },
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
