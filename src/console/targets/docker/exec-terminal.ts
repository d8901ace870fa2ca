/**
 * A process started by `docker exec`, as a Terminal.
 *
 * The engine's API has edges that this file is for: a start failure is text in a stream that already runs, the exit
 * code must be asked for, a client that goes leaves the process behind, and there is no call to end one.
 */

import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Disposables } from '../../../base/disposables.ts';
import { consoleError } from '../../errors.ts';
import { isTagged, ProcessesHere } from '../processes-here.ts';
import { endProcesses, type SessionProcesses, sessionVariable } from '../session-processes.ts';
import type { Terminal, TerminalExit, TerminalHandlers } from '../target.ts';
import { type Engine, EngineRefusal } from './engine.ts';
import { ProcessesInContainer } from './processes-in-container.ts';

export type ExecRequest = {
  readonly containerId: string;
  /** For people. */
  readonly name: string;
  readonly command: readonly string[];
  readonly user: string | undefined;
  /** Whom the container runs processes as when nobody is named; empty for root. */
  readonly defaultUser: string;
  readonly cols: number;
  readonly rows: number;
  readonly sessionId: string;
};

type ExecDetails = { Running: boolean; ExitCode: number | null; Pid: number };

type ContainerDetails = { State: { Running: boolean; OOMKilled: boolean; ExitCode: number } };

/** Control keys of a detach sequence: long enough that no paste holds it by chance, and nobody can guess it. */
const detachKeyCount = 16;

/** API version from which the size can be given with the start. */
const consoleSizeMinor = 42;

/** A background child can hold the terminal open when the process is gone (moby#33039), so its state is asked for. */
const inspectEveryMs = 2_000;

/** The same while it is paused: what is not read 2 s after the process has ended, the engine drops. */
const inspectPausedEveryMs = 500;

/** A process that is gone, with nothing more coming for this long, has said all it had to say. */
const quietMs = 500;

/** An engine that leaves so many questions in a row unanswered is taken for gone. */
const unansweredUntilGone = 3;

/** How long a container may take from killing its processes to being stopped. */
const stoppingMs = 500;

/** Resizing an exec that is only starting fails; the Docker command line, too, tries about this often. */
const resizeTries = 10;

/** Starts a process. Throws HW_COMMAND_NOT_FOUND, HW_USER_UNKNOWN, HW_WORKLOAD_NOT_RUNNING, HW_TARGET_UNREACHABLE. */
export async function startExec(engine: Engine, request: ExecRequest): Promise<ExecTerminal> {
  const sized = await engine.speaks(consoleSizeMinor);
  const size = sized ? { ConsoleSize: [request.rows, request.cols] } : {};
  let id: string;
  let stream: { socket: Duplex; head: Buffer };
  try {
    const created = (await engine.call('POST', `/containers/${request.containerId}/exec`, {
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
      Cmd: request.command,
      Env: [
        'TERM=xterm-256color',
        'COLORTERM=truecolor',
        `${sessionVariable}=${request.sessionId}`,
      ],
      DetachKeys: detachKeys(),
      ...(request.user === undefined ? {} : { User: request.user }),
      ...size,
    })) as { Id: string };
    id = created.Id;
    stream = await engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: true, ...size });
  } catch (error) {
    throw refusalOf(error, request);
  }
  const terminal = new ExecTerminal(engine, id, request, stream.socket);
  await terminal.begin(stream.head, !sized);
  return terminal;
}

/**
 * Keys that make the engine let go of a terminal: random, since there is no way to have none.
 *
 * The engine holds back whatever could be their beginning until the next key. Its default begins with Ctrl-P, which
 * every shell uses; these begin with Ctrl-^, which hardly anything does.
 */
function detachKeys(): string {
  const letters = Array.from(randomBytes(detachKeyCount - 1), (byte) =>
    String.fromCharCode(0x61 + (byte % 26)),
  );
  return ['ctrl-^', ...letters.map((letter) => `ctrl-${letter}`)].join(',');
}

export class ExecTerminal implements Terminal {
  readonly command: readonly string[];
  notice?: string;
  readonly #engine: Engine;
  readonly #id: string;
  readonly #request: ExecRequest;
  readonly #socket: Duplex;
  readonly #owned = new Disposables();
  /** As the engine counts; 0 as long as it is not known. */
  #pid = 0;
  /** Output that came before `start`. */
  #early: Buffer[] = [];
  #handlers: TerminalHandlers | undefined;
  #eof = false;
  /** The process has ended, though its terminal may be held open. From then on everything is read as it comes. */
  #gone = false;
  #lastOutputMs = 0;
  #looking = false;
  /** Questions in a row that the engine did not answer. */
  #unanswered = 0;
  /** Stops looking after the process while it is paused; undefined while it is not. */
  #paused: (() => void) | undefined;
  #exited = false;
  /** The size to be told to the engine next; one call at a time, so that they cannot overtake each other. */
  #wantedSize: { cols: number; rows: number } | undefined;
  #resizing = false;

  constructor(engine: Engine, id: string, request: ExecRequest, socket: Duplex) {
    this.#engine = engine;
    this.#id = id;
    this.#request = request;
    this.#socket = socket;
    this.command = request.command;
  }

  /** Waits for proof that the process runs, or throws why it does not. */
  async begin(head: Buffer, tellSize: boolean): Promise<void> {
    const socket = this.#socket;
    if (head.length > 0) this.#early.push(head);
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => {});
    socket.once('end', () => this.#ended());
    socket.once('close', () => this.#ended());
    if (tellSize) this.resize(this.#request.cols, this.#request.rows);
    if (await this.#runs()) return;
    // The engine's text about it may be a moment behind its state.
    for (let waited = 0; !this.#eof && waited < quietMs; waited += 10) await delay(10);
    socket.destroy();
    this.#ended();
    throw failureOf(Buffer.concat(this.#early).toString('utf8').trim(), this.#request);
  }

  start(handlers: TerminalHandlers): void {
    this.#handlers = handlers;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) handlers.onOutput(chunk);
    if (this.#eof) {
      void this.#finish();
      return;
    }
    this.#owned.interval(() => void this.#watch(), inspectEveryMs);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#eof || this.#socket.destroyed) {
        reject(new Error('the process has ended'));
        return;
      }
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  pause(): void {
    if (this.#eof || this.#gone || this.#paused !== undefined) return;
    this.#socket.pause();
    this.#paused = this.#owned.interval(() => void this.#watch(), inspectPausedEveryMs);
  }

  resume(): void {
    this.#paused?.();
    this.#paused = undefined;
    this.#socket.resume();
  }

  resize(cols: number, rows: number): void {
    this.#wantedSize = { cols, rows };
    if (!this.#resizing) void this.#tellSize();
  }

  async end(): Promise<boolean> {
    const clean = await endProcesses(await this.#processes());
    this.#socket.destroy();
    this.#ended();
    return clean;
  }

  #data(chunk: Buffer): void {
    this.#lastOutputMs = Date.now();
    if (this.#handlers === undefined) this.#early.push(chunk);
    else this.#handlers.onOutput(chunk);
  }

  #ended(): void {
    if (this.#eof) return;
    this.#eof = true;
    if (this.#handlers !== undefined) void this.#finish();
  }

  /**
   * Whether the process has been started, as soon as that is certain. The text of a failed start proves nothing, since a
   * program may print the same; the engine's record does.
   */
  async #runs(): Promise<boolean> {
    for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 100)) {
      const { Running, ExitCode, Pid } = await this.#inspect();
      this.#pid = Pid;
      if (Pid !== 0) return true;
      if (!Running && ExitCode !== null) return false;
      await delay(waitMs);
    }
  }

  async #tellSize(): Promise<void> {
    this.#resizing = true;
    for (let tries = 0; this.#wantedSize !== undefined && !this.#eof; tries++) {
      const { cols, rows } = this.#wantedSize;
      this.#wantedSize = undefined;
      try {
        await this.#engine.call('POST', `/exec/${this.#id}/resize?h=${rows}&w=${cols}`);
        tries = 0;
      } catch {
        if (tries >= resizeTries) break;
        this.#wantedSize ??= { cols, rows };
        await delay(10 * (tries + 1));
      }
    }
    this.#resizing = false;
  }

  async #inspect(): Promise<ExecDetails> {
    return (await this.#engine.call('GET', `/exec/${this.#id}/json`)) as ExecDetails;
  }

  /** Ends the session of a process that is gone though its terminal is held open. */
  async #watch(): Promise<void> {
    if (this.#looking || this.#gone) return;
    this.#looking = true;
    try {
      if ((await this.#inspect()).Running) {
        this.#unanswered = 0;
        return;
      }
    } catch (error) {
      // A container that was removed has taken the exec with it. An engine that does not answer may only be busy; when
      // it is gone for good, a stream over a network will not say so by itself.
      const removed = error instanceof EngineRefusal && error.status === 404;
      if (!removed && ++this.#unanswered < unansweredUntilGone) return;
    } finally {
      this.#looking = false;
    }
    if (this.#gone) return;
    this.#gone = true;
    this.resume();
    this.#lastOutputMs = Date.now();
    this.#owned.interval(() => {
      if (Date.now() - this.#lastOutputMs < quietMs) return;
      this.#socket.destroy();
      this.#ended();
    }, quietMs / 2);
  }

  async #finish(): Promise<void> {
    if (this.#exited) return;
    this.#exited = true;
    this.#owned.dispose();
    const exit = await this.#exitOf();
    this.#handlers?.onExit(exit);
  }

  async #exitOf(): Promise<TerminalExit> {
    const { name } = this.#request;
    let details: ExecDetails;
    try {
      details = await this.#inspect();
      // The stream can end a moment before the engine has written down why.
      for (let waitMs = 10; details.Running && waitMs < 1_000; waitMs *= 2) {
        await delay(waitMs);
        details = await this.#inspect();
      }
    } catch (error) {
      if (error instanceof EngineRefusal) {
        return { exitCode: null, reason: await this.#containerReason() };
      }
      return {
        exitCode: null,
        reason: `The Docker engine at ${this.#engine.address} stopped answering, and the process in ${name} with it.`,
      };
    }
    if (details.Running || details.ExitCode === null) {
      // Only the stream is lost, and nobody could reach the process again: it must not be left behind.
      await endProcesses(await this.#processes());
      return { exitCode: null, reason: `The connection to the process in ${name} was lost.` };
    }
    if (details.ExitCode === 137 || details.ExitCode === 143) {
      return { exitCode: details.ExitCode, reason: await this.#containerReason(details.ExitCode) };
    }
    return {
      exitCode: details.ExitCode,
      reason: `The process ended with exit code ${details.ExitCode}.`,
    };
  }

  /** Whether it was the container that ended, and not only the process. */
  async #containerReason(exitCode?: 137 | 143): Promise<string> {
    const { name, containerId } = this.#request;
    try {
      const inspect = async () =>
        (await this.#engine.call('GET', `/containers/${containerId}/json`)) as ContainerDetails;
      let container = await inspect();
      // A container that stops kills its processes a moment before it is written down as stopped.
      for (let waited = 0; container.State.Running && waited < stoppingMs; waited += 50) {
        await delay(50);
        container = await inspect();
      }
      if (container.State.Running) {
        return exitCode === 143
          ? `The process in ${name} was asked to end (SIGTERM).`
          : `The process in ${name} was killed (SIGKILL), as happens when memory runs out.`;
      }
      const why = container.State.OOMKilled
        ? 'ran out of memory'
        : `stopped (exit code ${container.State.ExitCode})`;
      return `The container ${name} ${why}, and the process with it.`;
    } catch (error) {
      if (error instanceof EngineRefusal && error.status === 404)
        return `The container ${name} was removed.`;
      return `The Docker engine at ${this.#engine.address} stopped answering.`;
    }
  }

  async #processes(): Promise<SessionProcesses> {
    const { containerId, sessionId, user, defaultUser } = this.#request;
    // The engine's process ids are this machine's when it runs here, and not, say, in a virtual machine. Then it need not
    // even answer any more.
    if (await isTagged(this.#pid, sessionId)) return new ProcessesHere(sessionId, [this.#pid]);
    return new ProcessesInContainer(this.#engine, {
      containerId,
      sessionId,
      user: user ?? defaultUser,
    });
  }
}

/** What a refused create or start means to a person. */
function refusalOf(error: unknown, request: ExecRequest): unknown {
  if (!(error instanceof EngineRefusal)) return error;
  const { name } = request;
  if (error.status === 404) {
    return consoleError('HW_WORKLOAD_UNKNOWN', `There is no container ${name} any more.`, {
      cause: error,
    });
  }
  if (error.status === 409) {
    return consoleError('HW_WORKLOAD_NOT_RUNNING', `The container ${name} is not running.`, {
      cause: error,
    });
  }
  return failureOf(error.message, request);
}

/** What the engine's text about a failed start means. */
function failureOf(text: string, request: ExecRequest): Error {
  const { name, user } = request;
  if (/unable to find user|no matching entries in passwd|unable to find group/i.test(text)) {
    return consoleError('HW_USER_UNKNOWN', `${name} has no user ${user ?? ''}.`, {
      remedy:
        'Leave the user out for the default one of the container, or give a numeric id such as 1000.',
    });
  }
  const why = /permission denied/i.test(text)
    ? 'it is not executable'
    : /not found|no such file/i.test(text)
      ? 'there is no such program'
      : text.replace(/\s+/g, ' ').slice(0, 200);
  return consoleError(
    'HW_COMMAND_NOT_FOUND',
    `${request.command[0] ?? ''} cannot be started in ${name}: ${why}.`,
  );
}
