/**
 * One way of carrying frames between a viewer and a session. One file beside this one implements each.
 *
 * A transport is open from the moment it is made until `closed` was called or it was disposed; it does not try again
 * and it does not know what frames mean, except that a `hello` comes first.
 */
import type { SessionFrame } from '../../src/wire/frames.ts';
import type { AttachEnvironment } from './environment.ts';
import type { Hello } from './viewer.ts';

export type TransportKind = 'websocket' | 'stream';

export interface Transport {
  readonly kind: TransportKind;
  /** Bytes that `send` takes now, the lengths of frames on a byte stream included; 0 while it must not be called. */
  readonly room: number;
  /** Sends encoded frames in this order. */
  send(frames: readonly Uint8Array[]): void;
  /**
   * Ends it without a word to the handlers. Idempotent. With `leaving` the viewer will not be back, and the session is
   * told so where the transport can: it then holds no output for it.
   */
  dispose(leaving?: boolean): void;
}

export type TransportHandlers = {
  /** Every frame, from `welcome` on. */
  frame(frame: SessionFrame): void;
  /** There is room again. */
  writable(): void;
  /** It ended and nothing more comes; once, and never after `dispose`. */
  closed(end: TransportEnd): void;
};

export type TransportEnd =
  /** The server's decision, as a `bye` frame would say it. */
  | { kind: 'bye'; code: number; reason: string }
  /** Anything else: a cut, a refusal by something in between. `reason` is one clause for a person. */
  | { kind: 'lost'; reason: string };

export type TransportOptions = {
  readonly environment: AttachEnvironment;
  readonly sessionId: string;
  /** Asked for at the moment it is sent. */
  readonly hello: () => Hello;
  readonly handlers: TransportHandlers;
};

/**
 * Room of any transport at the most: a quarter of what nginx lets through in a request body by default
 * (client_max_body_size, 1 MiB).
 */
export const maxSendBytes = 256 * 1024;
