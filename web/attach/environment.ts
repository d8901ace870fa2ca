/**
 * What attaching needs of the place it runs in, so that it runs in a browser and in a test alike.
 * The browser's own is in `browser-environment.ts`.
 */

/** Undoes a registration or cancels a timer; calling it again does nothing. */
export type Undo = () => void;

export type AttachEnvironment = {
  /** Where the console is: scheme, host and port, without a path. */
  readonly origin: string;
  readonly fetch: typeof fetch;
  readonly WebSocket: typeof WebSocket;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Runs `action` once, after `delayMs` at the earliest. */
  readonly after: (delayMs: number, action: () => void) => Undo;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Registers for the moments at which trying again at once makes sense: back online, page visible again. */
  readonly onWake: (listener: () => void) => Undo;
  readonly memory: WebSocketMemory;
};

/** Whether WebSockets failed lately on the way to this origin: the next terminal then begins with the stream. */
export type WebSocketMemory = {
  failedRecently(): boolean;
  remember(outcome: 'opened' | 'failed'): void;
};
