/**
 * What every transport does for a viewer: frames in and out, heartbeats, noticing that the other end is gone, goodbyes.
 * Knows neither WebSocket nor HTTP: a transport is a `Wire` to it.
 */
import { Disposables } from '../../base/disposables.ts';
import {
  byeCodes,
  decodeViewerFrame,
  encodeFrame,
  FrameError,
  heartbeatMs,
  type ViewerFrame,
} from '../../wire/frames.ts';
import { type Attachment, ViewerError, type ViewerLine } from '../attached-viewer.ts';
import type { Session } from '../session.ts';
import type { Credential } from '../sign-in.ts';

/** One end of a transport. */
export interface Wire {
  /** Bytes sent that have not left this process. */
  readonly waitingBytes: number;
  /** Without a sign of life for this long the viewer is gone, in milliseconds. */
  readonly silenceMs: number;
  send(frame: Uint8Array): void;
  /** Ends in order, behind what was sent. `reason` fits a WebSocket's Close frame. */
  finish(code: number, reason: string): void;
  /** Ends at once. */
  cut(): void;
  /** Asks for a sign of life, where the transport has a way of its own to do so. */
  ask(): void;
}

type Hello = Extract<ViewerFrame, { type: 'hello' }>;

/** Bytes that may wait on a wire before the session is told to hold back. */
const waitingHighBytes = 256 * 1024;

/** A viewer that takes nothing but asks for ever more is cut off. */
const waitingLimitBytes = 4 * 1024 * 1024;

/** How often silence is looked at, in milliseconds: a third of what may pass between two heartbeats. */
const beatMs = heartbeatMs / 3;

/** A Close frame's reason (RFC 6455, 5.5): a control frame's 125 bytes less the code. */
const maxReasonBytes = 123;

export class ViewerConnection implements ViewerLine {
  /** Disposed when the connection is over. */
  readonly owned = new Disposables();
  readonly #session: Session;
  readonly #wire: Wire;
  #attachment: Attachment | undefined;
  #full = false;
  #lastSentMs = Date.now();
  #lastHeardMs = Date.now();

  constructor(session: Session, wire: Wire) {
    this.#session = session;
    this.#wire = wire;
    this.owned.interval(() => this.#beat(), beatMs);
  }

  get attached(): boolean {
    return this.#attachment !== undefined;
  }

  /** Attaches. A viewer that cannot be is told why, and the connection is over. */
  greet(hello: Hello): void {
    if (this.owned.disposed) return;
    try {
      const attachment = this.#session.attach(hello, this);
      // A session that was over already may have said goodbye at once.
      if (this.owned.disposed) attachment.detach(false);
      else this.#attachment = attachment;
    } catch (error) {
      if (!(error instanceof ViewerError)) throw error;
      this.bye(byeCodes.protocol, error.message);
    }
  }

  /** A frame of the viewer, after `greet`. Throws FrameError and ViewerError, after which the connection is over. */
  receive(frame: Uint8Array): void {
    if (this.owned.disposed) return;
    this.heard();
    try {
      this.#attachment?.receive(decodeViewerFrame(frame));
    } catch (error) {
      if (isBreach(error)) this.bye(byeCodes.protocol, error.message);
      throw error;
    }
  }

  /** There was a sign of life. */
  heard(): void {
    this.#lastHeardMs = Date.now();
  }

  /** What was sent has left this process, or some of it. */
  flushed(): void {
    if (!this.#full || this.#wire.waitingBytes > waitingHighBytes / 2) return;
    this.#full = false;
    this.#attachment?.drained();
  }

  /** The transport has ended. `cut`: not by the viewer's own will, so that it may be back in a moment. */
  gone(cut: boolean): void {
    if (this.owned.disposed) return;
    this.owned.dispose();
    this.#attachment?.detach(cut);
  }

  send(frame: Uint8Array): boolean {
    if (this.owned.disposed) return true;
    this.#lastSentMs = Date.now();
    this.#wire.send(frame);
    const { waitingBytes } = this.#wire;
    this.#full ||= waitingBytes > waitingHighBytes;
    // Not from within the session's own call: it goes on to use what a cut would take away.
    if (waitingBytes > waitingLimitBytes) setImmediate(() => this.#wire.cut());
    return !this.#full;
  }

  bye(code: number, reason: string): void {
    if (this.owned.disposed) return;
    this.send(encodeFrame({ type: 'bye', code, reason }));
    this.owned.dispose();
    this.#attachment?.detach(false);
    this.#wire.finish(code, closeReason(reason));
  }

  #beat(): void {
    const now = Date.now();
    if (now - this.#lastHeardMs > this.#wire.silenceMs) {
      this.#wire.cut();
      return;
    }
    if (now - this.#lastHeardMs > beatMs) this.#wire.ask();
    if (now - this.#lastSentMs > heartbeatMs - 1.5 * beatMs) {
      this.send(encodeFrame({ type: 'heartbeat' }));
    }
  }
}

/** Whoever signs out loses what is open, too. */
export function endWithCredential(connection: ViewerConnection, credential: Credential): void {
  connection.owned.add(credential.onRevoked(() => connection.bye(byeCodes.denied, 'signed out')));
}

/** Whether the viewer broke the protocol; everything else is a fault of ours. */
export function isBreach(error: unknown): error is FrameError | ViewerError {
  return error instanceof FrameError || error instanceof ViewerError;
}

/** As much of a text as fits a Close frame, cut between two characters. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxReasonBytes) return text;
  let end = maxReasonBytes;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
