/**
 * The viewer's side of a session: what has been seen, what has been typed, and what of it the session knows.
 *
 * It outlives every connection. A connection asks it for a `hello`, tells it when that was answered, gives it the
 * frames that come and takes the frames that are to be sent. It knows no transport, no DOM and no terminal library.
 *
 *   session's output    0 ──────┬──────────────┬───────────────▶
 *                             taken        outputNext
 *                      (by the terminal)   (next byte wanted)
 *
 *   viewer's input      0 ──────┬──────────────┬───────────────▶
 *                           accepted         sent        end
 *                               └─ at most inputWindowBytes ─┘
 */
import type { SessionState } from '../../src/wire/api.ts';
import {
  encodeFrame,
  FrameError,
  inputWindowBytes,
  outputAckBytes,
  type SessionFrame,
  type ViewerFrame,
  wireVersion,
} from '../../src/wire/frames.ts';
import type { AttachEnvironment, Undo } from './environment.ts';
import { InputQueue } from './input-queue.ts';

/** Where output goes. Both calls are taken in order; `done` is called once the terminal has taken the bytes. */
export interface TerminalSink {
  /** With `past`, the bytes were printed before this page existed: queries in them have been answered long ago. */
  write(bytes: Uint8Array, past: boolean, done: () => void): void;
  /** Everything so far is replaced: an empty terminal of cols × rows that has taken `bytes`. */
  redraw(cols: number, rows: number, bytes: Uint8Array, done: () => void): void;
}

export type Hello = Extract<ViewerFrame, { type: 'hello' }>;
export type Welcome = Extract<SessionFrame, { type: 'welcome' }>;

export type ViewerOptions = {
  /** 16 random bytes, for as long as the page lives. */
  readonly id: Uint8Array;
  readonly sink: TerminalSink;
  readonly cols: number;
  readonly rows: number;
  /** The session was opened before this page was: output before the first welcome is past. */
  readonly returning: boolean;
  readonly after: AttachEnvironment['after'];
  readonly onState: (state: SessionState) => void;
};

/**
 * Bytes of input in one frame at the most. Well below what the wire allows, so that a link that is cut all the time
 * still gets something through between two cuts.
 */
const inputFrameBytes = 16 * 1024;

/** A terminal that has taken everything says so after this pause: one acknowledgement for a burst of small outputs. */
const idleAckMs = 50;

/** What a frame costs beside its payload when it travels in a byte stream: length, type, offset. */
const frameOverheadBytes = 4 + 1 + 8;

export class Viewer {
  readonly id: Uint8Array;
  readonly #sink: TerminalSink;
  readonly #returning: boolean;
  readonly #after: AttachEnvironment['after'];
  readonly #onState: (state: SessionState) => void;

  /** Called when `take` has something to give; set by whoever sends. */
  onWake: () => void = () => {};

  #over = false;
  #outputNext = 0;
  #taken = 0;
  /** Output before this offset is past; undefined until the first welcome. */
  #pastEnd: number | undefined;

  readonly #input = new InputQueue();
  /** Next input offset to go out on this attachment. Invariant: input.start <= sent <= input.end. */
  #sent = 0;

  #cols: number;
  #rows: number;
  #serial = 0;

  #attached = false;
  /** End of the output that came on this attachment: an acknowledgement never goes beyond what was sent on it. */
  #received = 0;
  #acked = 0;
  #idleAckDue = false;
  #resizeDue = false;
  #cancelIdleAck: Undo | undefined;
  #wakeQueued = false;

  constructor(options: ViewerOptions) {
    this.id = options.id;
    this.#sink = options.sink;
    this.#cols = options.cols;
    this.#rows = options.rows;
    this.#returning = options.returning;
    this.#after = options.after;
    this.#onState = options.onState;
  }

  /** Bytes typed that the session has not acknowledged yet. */
  get pendingInputBytes(): number {
    return this.#input.end - this.#input.start;
  }

  /** The session has said its last state: the process is gone, or never came. */
  get over(): boolean {
    return this.#over;
  }

  /** The greeting of a new attachment, as things stand now. */
  hello(): Hello {
    return {
      type: 'hello',
      version: wireVersion,
      viewer: this.id,
      from: this.#outputNext,
      cols: this.#cols,
      rows: this.#rows,
    };
  }

  /**
   * A new attachment stands: what was sent on an earlier one and not accepted goes out again.
   * Throws FrameError when the session wants input that was never typed, or has been accepted before.
   */
  attached(hello: Hello, welcome: Welcome): void {
    if (welcome.inputNext < this.#input.start || welcome.inputNext > this.#input.end) {
      throw new FrameError(
        `the session wants input from ${welcome.inputNext}; there is ${this.#input.start} to ${this.#input.end}`,
      );
    }
    this.#pastEnd ??= this.#returning ? welcome.outputEnd : 0;
    this.#attached = true;
    this.#input.release(welcome.inputNext);
    this.#sent = welcome.inputNext;
    this.#received = hello.from;
    this.#acked = hello.from;
    this.#idleAckDue = false;
    this.#resizeDue = hello.cols !== this.#cols || hello.rows !== this.#rows;
    this.#considerAck();
    this.#wake();
  }

  /** The attachment is gone; nothing is sent until the next one. */
  detached(): void {
    this.#attached = false;
    this.#cancelIdleAck?.();
    this.#cancelIdleAck = undefined;
  }

  /** A frame of the current attachment. Throws FrameError when it does not fit to what came before. */
  receive(frame: SessionFrame): void {
    switch (frame.type) {
      case 'output':
        this.#output(frame.offset, frame.bytes);
        return;
      case 'screen':
        this.#screen(frame);
        return;
      case 'accepted':
        if (frame.inputNext > this.#sent) {
          throw new FrameError(`input up to ${frame.inputNext} accepted, ${this.#sent} sent`);
        }
        this.#input.release(frame.inputNext);
        this.#wake();
        return;
      case 'state':
        this.#state(parseState(frame.json));
        return;
      case 'welcome':
      case 'pong':
      case 'heartbeat':
      case 'bye':
        return;
    }
  }

  /** Takes ownership of `bytes` and sends them when it can, each exactly once in the eyes of the process. */
  type(bytes: Uint8Array): void {
    this.#input.append(bytes);
    this.#wake();
  }

  resize(cols: number, rows: number): void {
    if (cols === this.#cols && rows === this.#rows) return;
    this.#cols = cols;
    this.#rows = rows;
    this.#serial++;
    this.#resizeDue = true;
    this.#wake();
  }

  /** Frames to be sent now, `limitBytes` of them at the most (lengths included); empty when there is nothing to say. */
  take(limitBytes: number): Uint8Array[] {
    if (!this.#attached) return [];
    const frames: Uint8Array[] = [];
    if (this.#resizeDue) {
      this.#resizeDue = false;
      frames.push(
        encodeFrame({
          type: 'resize',
          serial: this.#serial,
          cols: this.#cols,
          rows: this.#rows,
        }),
      );
    }
    const windowEnd = Math.min(this.#input.end, this.#input.start + inputWindowBytes);
    let room = limitBytes - 2 * frameOverheadBytes;
    while (this.#sent < windowEnd && room > frameOverheadBytes) {
      const length = Math.min(inputFrameBytes, windowEnd - this.#sent, room - frameOverheadBytes);
      const bytes = this.#input.read(this.#sent, length);
      frames.push(encodeFrame({ type: 'input', offset: this.#sent, bytes }));
      this.#sent += bytes.length;
      room -= bytes.length + frameOverheadBytes;
    }
    const ackable = this.#ackable;
    if (
      ackable > this.#acked &&
      (frames.length > 0 || this.#idleAckDue || ackable - this.#acked >= outputAckBytes)
    ) {
      frames.push(encodeFrame({ type: 'ack', offset: ackable }));
      this.#acked = ackable;
      this.#idleAckDue = false;
    }
    return frames;
  }

  get #ackable(): number {
    return Math.min(this.#taken, this.#received);
  }

  #output(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (offset > this.#outputNext) {
      throw new FrameError(`output jumps from ${this.#outputNext} to ${offset}`);
    }
    this.#received = Math.max(this.#received, end);
    if (end <= this.#outputNext) {
      this.#considerAck();
      return;
    }
    const start = this.#outputNext;
    const fresh = bytes.subarray(start - offset);
    const cut = Math.min(Math.max((this.#pastEnd ?? 0) - start, 0), fresh.length);
    this.#outputNext = end;
    if (cut > 0) this.#write(fresh.subarray(0, cut), true, start + cut);
    if (cut < fresh.length) this.#write(fresh.subarray(cut), false, end);
  }

  #write(bytes: Uint8Array, past: boolean, end: number): void {
    this.#sink.write(bytes, past, () => this.#tookUpTo(end));
  }

  #screen(frame: Extract<SessionFrame, { type: 'screen' }>): void {
    this.#received = Math.max(this.#received, frame.offset);
    // Another attachment of this viewer may have brought everything meanwhile; then there is nothing to replace.
    if (frame.offset <= this.#outputNext) {
      this.#considerAck();
      return;
    }
    this.#outputNext = frame.offset;
    this.#sink.redraw(frame.cols, frame.rows, frame.bytes, () => this.#tookUpTo(frame.offset));
  }

  #state(state: SessionState): void {
    this.#over ||= state.phase === 'ended' || state.phase === 'failed';
    this.#onState(state);
  }

  #tookUpTo(offset: number): void {
    this.#taken = Math.max(this.#taken, offset);
    this.#considerAck();
  }

  #considerAck(): void {
    const unacked = this.#ackable - this.#acked;
    if (!this.#attached || unacked <= 0) return;
    if (unacked >= outputAckBytes) {
      this.#wake();
    } else if (this.#taken >= this.#outputNext && this.#cancelIdleAck === undefined) {
      this.#cancelIdleAck = this.#after(idleAckMs, () => {
        this.#cancelIdleAck = undefined;
        this.#idleAckDue = true;
        this.#wake();
      });
    }
  }

  /** Everything that one event of the page brings (a key, a paste, a resize) goes out together. */
  #wake(): void {
    if (this.#wakeQueued) return;
    this.#wakeQueued = true;
    queueMicrotask(() => {
      this.#wakeQueued = false;
      this.onWake();
    });
  }
}

function parseState(json: string): SessionState {
  try {
    return JSON.parse(json) as SessionState;
  } catch (cause) {
    throw new FrameError('a state that is not JSON', { cause });
  }
}
