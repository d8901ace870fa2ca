/**
 * What a session needs of the place its process runs in. One file beside this one implements it for each kind of
 * place; `target-contract.ts` is the suite that all of them pass. Knows nothing of sessions, viewers or HTTP.
 */
import type { TargetListing } from '../../wire/api.ts';

export interface Target {
  /** First part of a deep link and of `OpenSessionRequest.target`. */
  readonly id: string;
  readonly title: string;
  /** Where it is, for a person. */
  readonly address: string;

  /** What can be opened now. Throws HatchwayError `HW_TARGET_UNREACHABLE` when the place does not answer. */
  list(signal: AbortSignal): Promise<TargetListing['workloads']>;

  /**
   * Starts a process with a terminal.
   *
   * Without `command` the shells of the target's choice are tried in order and the first that starts is used.
   * Throws HatchwayError: `HW_WORKLOAD_UNKNOWN`, `HW_WORKLOAD_NOT_RUNNING`, `HW_USER_UNKNOWN`, `HW_COMMAND_NOT_FOUND`
   * (a given command), `HW_NO_SHELL` (no candidate), `HW_TARGET_UNREACHABLE`. Nothing is left running when it throws.
   */
  open(request: OpenTerminal): Promise<Terminal>;

  /** Lets go of idle connections. */
  close?(): void;
}

export type OpenTerminal = {
  readonly workload: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly cols: number;
  readonly rows: number;
  /** Put into the process's environment as HATCHWAY_SESSION, so that its descendants can be found and ended. */
  readonly sessionId: string;
  /** Called with each step as it begins, for a person: "Starting bash in web-1". */
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
};

/** A running process with a terminal. All callbacks are set once, before the first byte is delivered. */
export interface Terminal {
  /** What runs: the given command or the shell that was found. */
  readonly command: readonly string[];
  /** Worth telling the person: "web-1 has no bash, so this is sh". */
  readonly notice?: string;

  /**
   * Begins delivery. `onOutput` gets bytes in order and owns them; `onExit` comes exactly once, after the last byte.
   */
  start(handlers: TerminalHandlers): void;

  /** Resolves once the process's side has taken the bytes; rejects when it cannot any more. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;

  /** Stops and resumes `onOutput`; the process then blocks on a full terminal. Idempotent. */
  pause(): void;
  resume(): void;

  /** Only the newest size matters; errors are swallowed, since the process may be gone. */
  resize(cols: number, rows: number): void;

  /**
   * Ends the process and everything it started that still belongs to the session: hang-up first, kill after a second.
   * Resolves when it is verified that nothing is left, with false when that could not be verified.
   */
  end(): Promise<boolean>;
}

export type TerminalHandlers = {
  onOutput(bytes: Uint8Array): void;
  onExit(exit: TerminalExit): void;
};

/** `exitCode` is null when it cannot be known (the engine is gone); `reason` is one sentence for a person. */
export type TerminalExit = { exitCode: number | null; reason: string };
