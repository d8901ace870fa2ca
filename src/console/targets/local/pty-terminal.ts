/**
 * A process in a pseudo-terminal of this machine, as a Terminal.
 *
 * node-pty makes the pseudo-terminal, and that is all it is asked for. It drops what is unread 200 ms after the process
 * has gone, does not tell when bytes were taken, and its socket spins on a full terminal (libuv takes the master side
 * for a blocking stream); so the end is noticed, and bytes are written, here.
 */
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { type IPty, spawn } from '@lydell/node-pty';
import { codeOf } from '../../../base/errors.ts';
import { ProcessesHere } from '../processes-here.ts';
import { endProcesses } from '../session-processes.ts';
import type { Terminal, TerminalExit, TerminalHandlers } from '../target.ts';

export type PtyRequest = {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** For people. */
  readonly command: readonly string[];
  readonly environment: Record<string, string>;
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly sessionId: string;
};

/** What is used of node-pty 1.1 beyond its types; package.json pins the version. */
type PtyInsides = {
  /** The master side, non-blocking. */
  readonly fd: number;
  readonly _socket: Socket;
  /** While false, the exit is only told when the socket has closed, and the socket is closed 200 ms after the exit. */
  _emittedClose: boolean;
};

/** How long to wait before writing again to a terminal that is full: shorter than a person notices, in milliseconds. */
const fullMs = 2;

/** Silence after the exit by which everything has been read, should the kernel not say so, in milliseconds. */
const drainMs = 1_000;

export class PtyTerminal implements Terminal {
  readonly command: readonly string[];
  readonly #pty: IPty;
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #sessionId: string;
  #handlers: TerminalHandlers | undefined;
  #exit: TerminalExit | undefined;
  #told = false;
  #paused = true;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(request: PtyRequest) {
    this.command = request.command;
    this.#sessionId = request.sessionId;
    this.#pty = spawn(request.file, [...request.args], {
      name: 'xterm-256color',
      cols: request.cols,
      rows: request.rows,
      cwd: request.cwd,
      env: request.environment,
      // Bytes, not text: a character may be split between two reads, or be none at all.
      encoding: null,
    });
    const insides = this.#pty as unknown as PtyInsides;
    insides._emittedClose = true;
    this.#fd = insides.fd;
    this.#socket = insides._socket;
    this.#socket.pause();
    this.#socket.on('data', (bytes: Buffer) => this.#output(bytes));
    // The master side fails with EIO once the last process has let go of the other side: that is its end.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#tellExit());
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#exit = exitOf(request.command, exitCode, signal);
      this.#drainSoon();
      this.#tellExit();
    });
  }

  start(handlers: TerminalHandlers): void {
    this.#handlers = handlers;
    this.resume();
    this.#tellExit();
  }

  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let rest = bytes;
    const attempt = () => {
      try {
        while (rest.length > 0) rest = rest.subarray(this.#writeSome(rest));
        resolve();
      } catch (error) {
        // Nothing says when there is room again: the process decides when it reads.
        if (codeOf(error) === 'EAGAIN') setTimeout(attempt, fullMs);
        else reject(error);
      }
    };
    attempt();
    return promise;
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#drainTimer);
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#drainSoon();
    this.#socket.resume();
  }

  resize(cols: number, rows: number): void {
    if (this.#socket.destroyed) return;
    try {
      this.#pty.resize(cols, rows);
    } catch {
      // The process may be gone a moment before its exit is known.
    }
  }

  async end(): Promise<boolean> {
    // A pseudo-terminal's process leads a terminal session of its own (forkpty(3)).
    const clean = await endProcesses(new ProcessesHere(this.#sessionId, [this.#pty.pid]));
    this.#socket.destroy();
    return clean;
  }

  /** Bytes taken. Synchronous, so that the descriptor cannot be closed, and be another file's, in between. */
  #writeSome(bytes: Uint8Array): number {
    if (this.#socket.destroyed || this.#exit !== undefined) {
      throw new Error('the process has ended');
    }
    return writeSync(this.#fd, bytes);
  }

  #output(bytes: Buffer): void {
    this.#drainSoon();
    this.#handlers?.onOutput(bytes);
  }

  /** After the exit, what is left is read; with nothing coming for a while there is nothing left. */
  #drainSoon(): void {
    clearTimeout(this.#drainTimer);
    if (this.#exit === undefined || this.#paused) return;
    this.#drainTimer = setTimeout(() => this.#socket.destroy(), drainMs);
  }

  #tellExit(): void {
    if (this.#told || this.#handlers === undefined || this.#exit === undefined) return;
    if (!this.#socket.closed) return;
    this.#told = true;
    clearTimeout(this.#drainTimer);
    this.#handlers.onExit(this.#exit);
  }
}

/** Signals count as in shells: 128 and the signal's number. */
function exitOf(
  [program = '']: readonly string[],
  exitCode: number,
  signal: number | undefined,
): TerminalExit {
  if (signal === undefined || signal === 0) {
    return { exitCode, reason: `${program} exited with ${exitCode}.` };
  }
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return {
    exitCode: 128 + signal,
    reason: `${program} was ended by ${name ?? `signal ${signal}`}.`,
  };
}
