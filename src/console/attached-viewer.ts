/**
 * One viewer while it is attached to a session: what was sent to it and how far it has come. Sends output as the line and
 * the viewer's own pace allow, a screen where the output is no longer kept, and the last state behind the last byte.
 *
 * Knows neither the transport (a `ViewerLine`) nor the process.
 */
import type { SessionState } from '../wire/api.ts';
import {
  byeCodes,
  encodeFrame,
  maxDataBytes,
  type SessionFrame,
  type ViewerFrame,
} from '../wire/frames.ts';
import type { Replay, ScreenSnapshot } from './replay.ts';

/** Where a session sends a viewer's frames: one end of a transport. */
export interface ViewerLine {
  /** Sends a frame. False when the line is full; it calls `Attachment.drained` once it is not. */
  send(frame: Uint8Array): boolean;
  /** Ends the attachment: after a `bye` the viewer does not come back by itself. */
  bye(code: number, reason: string): void;
}

/** A viewer's grip on a session, for the transport that carries it. */
export interface Attachment {
  /** Throws ViewerError when the viewer breaks the protocol. */
  receive(frame: ViewerFrame): void;
  /** The line can take frames again. */
  drained(): void;
  /** The line is gone. `cut`: it was not the viewer who ended it, so the viewer may be back in a moment. */
  detach(cut: boolean): void;
}

/** The viewer broke the protocol; ends its attachment with `byeCodes.protocol`. */
export class ViewerError extends Error {
  override readonly name = 'ViewerError';
}

/** The terminal is paused when the leading viewer lags by this much: Ctrl-C takes effect before a flood has passed. */
export const flowHighBytes = 256 * 1024;

/** What a session remembers of a viewer, attached or not. */
export type Viewer = {
  readonly key: string;
  /** Next input offset wanted: everything before it was taken. */
  received: number;
  /** Everything before it was handed to the process. Invariant: `written <= received <= written + inputWindowBytes`. */
  written: number;
  resizeSerial: number;
  /** Output before it was taken by the viewer's terminal. */
  acked: number;
  attached: AttachedViewer | undefined;
  /** Until when its place in the output is held; 0 when it is not. */
  heldUntil: number;
  leftAt: number;
};

/** What an attached viewer needs of its session. */
export interface ViewedSession {
  /** Offset of the oldest output that is kept. */
  readonly replayStart: number;
  receive(viewer: Viewer, attached: AttachedViewer, frame: ViewerFrame): void;
  /** Pumps `attached` again: its line has room. */
  drained(attached: AttachedViewer): void;
  left(viewer: Viewer, attached: AttachedViewer, cut: boolean): void;
  snapshot(): Promise<ScreenSnapshot>;
}

/** A viewer while it has a line. */
export class AttachedViewer implements Attachment {
  readonly viewer: Viewer;
  readonly #session: ViewedSession;
  readonly #line: ViewerLine;
  /** Offset of the next output byte to send. */
  #sent: number;
  /** End of the input that came on this line: the viewer must not be told that it sent more. */
  #inputSeen: number;
  /** Input acknowledged on this line. */
  #accepted: number;
  #full = false;
  #snapshotting = false;
  #lastStateSent = false;
  #over = false;

  constructor(session: ViewedSession, viewer: Viewer, line: ViewerLine, from: number) {
    this.#session = session;
    this.viewer = viewer;
    this.#line = line;
    this.#sent = from;
    this.#inputSeen = viewer.written;
    this.#accepted = viewer.written;
  }

  /** Input before `end` came on this line, maybe not for the first time. */
  sawInput(end: number): void {
    this.#inputSeen = Math.max(this.#inputSeen, end);
    this.accept();
  }

  /** Tells the viewer of what was handed to the process since it was last told. */
  accept(): void {
    const inputNext = Math.min(this.viewer.written, this.#inputSeen);
    if (inputNext <= this.#accepted) return;
    this.#accepted = inputNext;
    this.send({ type: 'accepted', inputNext });
  }

  receive(frame: ViewerFrame): void {
    if (!this.#over) this.#session.receive(this.viewer, this, frame);
  }

  drained(): void {
    this.#full = false;
    if (!this.#over) this.#session.drained(this);
  }

  detach(cut: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#session.left(this.viewer, this, cut);
  }

  end(code: number, reason: string): void {
    if (this.#over) return;
    this.detach(false);
    this.#line.bye(code, reason);
  }

  send(frame: SessionFrame): void {
    if (!this.#over && !this.#line.send(encodeFrame(frame))) this.#full = true;
  }

  /** Sends what the line and the viewer's pace allow; behind the last byte comes `lastState`, and then the goodbye. */
  pump(replay: Replay, lastState: SessionState | undefined): void {
    while (!this.#over && !this.#full && !this.#snapshotting) {
      if (this.#sent < replay.start || this.#sent > replay.end) {
        void this.#sendScreen();
        return;
      }
      const room = flowHighBytes + maxDataBytes - (this.#sent - this.viewer.acked);
      if (this.#sent === replay.end || room <= 0) break;
      const bytes = Buffer.concat(replay.read(this.#sent, Math.min(maxDataBytes, room)));
      const offset = this.#sent;
      this.#sent += bytes.length;
      this.send({ type: 'output', offset, bytes });
    }
    if (lastState === undefined || this.#over || this.#snapshotting || this.#sent !== replay.end)
      return;
    if (!this.#lastStateSent) {
      this.#lastStateSent = true;
      this.send({ type: 'state', json: JSON.stringify(lastState) });
    }
    if (this.viewer.acked >= replay.end) this.end(byeCodes.ended, 'the session ended');
  }

  async #sendScreen(): Promise<void> {
    this.#snapshotting = true;
    const screen = await this.#session.snapshot();
    this.#snapshotting = false;
    if (this.#over) return;
    // Overtaken by the output while it was made: another one, then.
    if (screen.offset < this.#session.replayStart) return this.#session.drained(this);
    this.#sent = screen.offset;
    this.viewer.acked = screen.offset;
    this.send({ type: 'screen', ...screen });
    this.#session.drained(this);
  }
}
