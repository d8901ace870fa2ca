/**
 * A session: one process with a terminal, what it printed, and the viewers who look at it and type.
 *
 * Knows neither WebSocket nor Docker: viewers come over a `ViewerLine` from attach/, the process is a `Terminal` from
 * targets/. A viewer may leave and come back over any line at any time, saying which byte it wants next.
 *
 *   process ──▶ replay ──▶ viewer, attached: `sent` runs at most `flowHighBytes` ahead of `acked`
 *      ▲            └────▶ viewer, cut off a moment ago: its place is held for `heldMs`
 *      └── input, each viewer's bytes once and in order
 */
import { Disposables } from '../base/disposables.ts';
import type { Log } from '../base/log.ts';
import type { SessionInfo, SessionState } from '../wire/api.ts';
import { byeCodes, inputWindowBytes, type ViewerFrame, wireVersion } from '../wire/frames.ts';
import {
  AttachedViewer,
  type Attachment,
  flowHighBytes,
  type ViewedSession,
  type Viewer,
  ViewerError,
  type ViewerLine,
} from './attached-viewer.ts';
import { problemOf } from './problem.ts';
import { Replay } from './replay.ts';
import type { Terminal, TerminalExit } from './targets/target.ts';

export type SessionOptions = {
  id: string;
  target: string;
  workload: string;
  command?: string[];
  user?: string;
  cols: number;
  rows: number;
  /** Bytes of output kept for viewers who return. */
  replayBytes: number;
  /** With no viewer for this long, the process is ended. */
  graceMs: number;
  log: Log;
  /** Starts the process. `onStep` is shown to viewers. */
  open(onStep: (step: string) => void, signal: AbortSignal): Promise<Terminal>;
};

/** A paused terminal is resumed when the leading viewer has caught up to this. */
const flowLowBytes = 64 * 1024;
/** The screen's parser may lag by this much; xterm drops output beyond 50 MB. */
const unparsedHighBytes = 1024 * 1024;
/** How long a viewer whose line was cut is expected back before the output runs on without it. */
const heldMs = 30_000;
/** How long a viewer that is gone may come back with input that must not be applied twice. */
const viewerMemoryMs = 60 * 60_000;
/** Viewers remembered in one session. */
const maxViewers = 64;
/** An ended session says goodbye to a viewer that does not acknowledge the last output after this long. */
const byeMs = 5_000;

export class Session implements ViewedSession {
  readonly id: string;
  readonly openedAt = new Date();
  readonly #options: SessionOptions;
  readonly #replay: Replay;
  readonly #owned = new Disposables();
  readonly #abort = new AbortController();
  readonly #viewers = new Map<string, Viewer>();
  readonly #attached = new Set<AttachedViewer>();
  readonly #input: { viewer: Viewer; bytes: Uint8Array }[] = [];
  #writing = false;
  #state: SessionState = { phase: 'opening', step: 'Opening' };
  #terminal: Terminal | undefined;
  /** Resolves when the process runs, or could not be started. */
  readonly #opened: Promise<void>;
  #paused = false;
  #grace: (() => void) | undefined;
  #flush: NodeJS.Immediate | undefined;
  #cols: number;
  #rows: number;
  /** Set once by `end`; resolves when nothing of the process is left. */
  #ending: Promise<void> | undefined;
  /** Why `end` was called: that is what people want to know, not which signal the process died of. */
  #endReason: string | undefined;
  #closed: () => void = () => {};
  /** Resolves when the session has ended or failed. */
  readonly closed: Promise<void>;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#cols = options.cols;
    this.#rows = options.rows;
    this.#replay = new Replay(options.replayBytes, options.cols, options.rows);
    this.#replay.onParsed = () => this.#regulate();
    this.closed = new Promise((resolve) => {
      this.#closed = resolve;
    });
    this.#startGrace();
    this.#opened = this.#open();
  }

  get info(): SessionInfo {
    const { target, workload, command, user } = this.#options;
    return {
      id: this.id,
      target,
      workload,
      ...(command === undefined ? {} : { command }),
      ...(user === undefined ? {} : { user }),
      openedAt: this.openedAt.toISOString(),
      viewers: this.#attached.size,
      state: this.#state,
    };
  }

  /** Whether the process is gone, or never came. */
  get over(): boolean {
    return this.#state.phase === 'ended' || this.#state.phase === 'failed';
  }

  /** The visible screen as text. */
  screen(): Promise<string> {
    return this.#replay.text();
  }

  /**
   * Attaches a viewer that has all output before `hello.from`. An attachment that it still has is superseded.
   * Throws ViewerError.
   */
  attach(hello: Extract<ViewerFrame, { type: 'hello' }>, line: ViewerLine): Attachment {
    const viewer = this.#viewerOf(Buffer.from(hello.viewer).toString('hex'));
    viewer.attached?.end(byeCodes.superseded, 'this viewer attached again');
    const attached = new AttachedViewer(this, viewer, line, hello.from);
    viewer.attached = attached;
    viewer.heldUntil = 0;
    viewer.acked = hello.from;
    this.#attached.add(attached);
    this.#grace?.();
    this.#grace = undefined;
    attached.send({
      type: 'welcome',
      version: wireVersion,
      inputNext: viewer.written,
      outputEnd: this.#replay.end,
    });
    if (!this.over) attached.send({ type: 'state', json: JSON.stringify(this.#state) });
    this.resize(hello.cols, hello.rows);
    attached.pump(this.#replay, this.over ? this.#state : undefined);
    this.#regulate();
    return attached;
  }

  /** Ends the process and waits until nothing of it is left. */
  end(reason: string): Promise<void> {
    this.#endReason ??= reason;
    this.#ending ??= this.#end();
    return this.#ending;
  }

  dispose(): void {
    if (this.#flush !== undefined) clearImmediate(this.#flush);
    for (const attached of [...this.#attached]) attached.end(byeCodes.gone, 'the session is gone');
    this.#owned.dispose();
    this.#replay.dispose();
  }

  // What follows is for AttachedViewer.

  receive(viewer: Viewer, attached: AttachedViewer, frame: ViewerFrame): void {
    switch (frame.type) {
      case 'hello':
        throw new ViewerError('a second hello');
      case 'input':
        this.#takeInput(viewer, attached, frame.offset, frame.bytes);
        return;
      case 'resize':
        if (frame.serial <= viewer.resizeSerial) return;
        viewer.resizeSerial = frame.serial;
        this.resize(frame.cols, frame.rows);
        return;
      case 'ack':
        if (frame.offset > this.#replay.end) throw new ViewerError('an ack of output to come');
        if (frame.offset <= viewer.acked) return;
        viewer.acked = frame.offset;
        attached.pump(this.#replay, this.over ? this.#state : undefined);
        this.#regulate();
        return;
      case 'ping':
        attached.send({ type: 'pong', stamp: frame.stamp });
        return;
    }
  }

  drained(attached: AttachedViewer): void {
    attached.pump(this.#replay, this.over ? this.#state : undefined);
  }

  left(viewer: Viewer, attached: AttachedViewer, cut: boolean): void {
    this.#attached.delete(attached);
    if (viewer.attached === attached) {
      viewer.attached = undefined;
      viewer.leftAt = Date.now();
      if (cut) {
        viewer.heldUntil = viewer.leftAt + heldMs;
        this.#owned.timeout(() => this.#regulate(), heldMs + 1);
      }
    }
    if (this.#attached.size === 0) this.#startGrace();
    this.#regulate();
  }

  get replayStart(): number {
    return this.#replay.start;
  }

  snapshot(): ReturnType<Replay['snapshot']> {
    return this.#replay.snapshot();
  }

  /** The newest size of any viewer is the terminal's. */
  resize(cols: number, rows: number): void {
    if (cols < 1 || rows < 1 || (cols === this.#cols && rows === this.#rows)) return;
    this.#cols = cols;
    this.#rows = rows;
    this.#replay.resize(cols, rows);
    this.#terminal?.resize(cols, rows);
  }

  async #open(): Promise<void> {
    const { cols, rows } = this.#options;
    try {
      const terminal = await this.#options.open((step) => {
        if (this.#state.phase === 'opening') this.#setState({ phase: 'opening', step });
      }, this.#abort.signal);
      this.#terminal = terminal;
      this.#setState({
        phase: 'running',
        command: [...terminal.command],
        ...(terminal.notice === undefined ? {} : { notice: terminal.notice }),
      });
      terminal.start({
        onOutput: (bytes) => this.#output(bytes),
        onExit: (exit) => this.#exit(exit),
      });
      if (this.#cols !== cols || this.#rows !== rows) terminal.resize(this.#cols, this.#rows);
      void this.#writeInput();
    } catch (error) {
      this.#setState({ phase: 'failed', problem: problemOf(error) });
      this.#options.log.warn(
        {
          session: this.id,
          target: this.#options.target,
          workload: this.#options.workload,
          error: String(error),
        },
        'a session could not be opened',
      );
      this.#over();
    }
  }

  #output(bytes: Uint8Array): void {
    this.#replay.append(bytes);
    this.#regulate();
    // A lone chunk, such as the echo of a key, goes out in this turn; what follows it within the turn is gathered.
    if (this.#flush === undefined) {
      this.#pumpAll();
      this.#flush = setImmediate(() => {
        this.#flush = undefined;
        this.#pumpAll();
      });
    }
  }

  #exit(exit: TerminalExit): void {
    if (this.over) return;
    const { exitCode, reason } =
      this.#endReason === undefined ? exit : { exitCode: null, reason: this.#endReason };
    this.#setState({ phase: 'ended', exitCode, reason });
    this.#over();
  }

  #over(): void {
    this.#grace?.();
    this.#input.length = 0;
    this.#closed();
    this.#pumpAll();
    this.#owned.timeout(() => {
      for (const attached of [...this.#attached]) attached.end(byeCodes.ended, 'the session ended');
    }, byeMs);
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    await this.#opened;
    const terminal = this.#terminal;
    if (terminal === undefined || this.over) return;
    const clean = await terminal.end();
    if (!clean) {
      this.#options.log.warn(
        { session: this.id, workload: this.#options.workload },
        'it could not be verified that every process of the session is gone',
      );
    }
    this.#exit({ exitCode: null, reason: this.#endReason ?? '' });
  }

  #setState(state: SessionState): void {
    this.#state = state;
    // The last state comes after the last output, see AttachedViewer.pump.
    if (this.over) return;
    for (const attached of this.#attached) {
      attached.send({ type: 'state', json: JSON.stringify(state) });
    }
  }

  #pumpAll(): void {
    const lastState = this.over ? this.#state : undefined;
    for (const attached of [...this.#attached]) attached.pump(this.#replay, lastState);
  }

  #takeInput(viewer: Viewer, attached: AttachedViewer, offset: number, bytes: Uint8Array): void {
    if (offset > viewer.received) {
      // Something before it was lost with another line: say from where to send again.
      attached.send({ type: 'accepted', inputNext: viewer.written });
      return;
    }
    attached.sawInput(offset + bytes.length);
    const fresh = bytes.subarray(viewer.received - offset);
    if (fresh.length === 0) return;
    if (viewer.received + fresh.length - viewer.written > inputWindowBytes) {
      throw new ViewerError('more input than the window allows');
    }
    viewer.received += fresh.length;
    // The frame's memory belongs to the transport.
    this.#input.push({ viewer, bytes: Uint8Array.from(fresh) });
    void this.#writeInput();
  }

  async #writeInput(): Promise<void> {
    const terminal = this.#terminal;
    if (this.#writing || terminal === undefined) return;
    this.#writing = true;
    for (let next = this.#input.shift(); next !== undefined; next = this.#input.shift()) {
      const { viewer, bytes } = next;
      try {
        await terminal.write(bytes);
      } catch {
        // The process is going; its exit is on the way.
        this.#input.length = 0;
        break;
      }
      viewer.written += bytes.length;
      viewer.attached?.accept();
    }
    this.#writing = false;
  }

  /** Pauses or resumes the process by how far the leading viewer, and the screen, lag behind its output. */
  #regulate(): void {
    if (this.#terminal === undefined || this.over) return;
    const lag = this.#lag();
    const unparsed = this.#replay.unparsedBytes;
    if (!this.#paused && (lag > 1 || unparsed > unparsedHighBytes)) {
      this.#paused = true;
      this.#terminal.pause();
    } else if (
      this.#paused &&
      lag < flowLowBytes / flowHighBytes &&
      unparsed < unparsedHighBytes / 2
    ) {
      this.#paused = false;
      this.#terminal.resume();
    }
  }

  /** The leading viewer's lag as a share of what it is allowed: above 1 is too much. */
  #lag(): number {
    const end = this.#replay.end;
    let lag = Number.POSITIVE_INFINITY;
    for (const { viewer } of this.#attached)
      lag = Math.min(lag, (end - viewer.acked) / flowHighBytes);
    if (this.#attached.size > 0) return lag;
    const now = Date.now();
    // Nobody is attached: a viewer that was cut off finds everything again. The other half of the replay is for what
    // comes although the process is paused: its last words, which cannot wait.
    const heldBytes = this.#options.replayBytes / 2;
    for (const viewer of this.#viewers.values()) {
      if (viewer.heldUntil > now) lag = Math.min(lag, (end - viewer.acked) / heldBytes);
    }
    return lag === Number.POSITIVE_INFINITY ? 0 : lag;
  }

  #viewerOf(key: string): Viewer {
    const known = this.#viewers.get(key);
    if (known !== undefined) return known;
    this.#forgetViewers();
    const viewer: Viewer = {
      key,
      received: 0,
      written: 0,
      resizeSerial: 0,
      acked: 0,
      attached: undefined,
      heldUntil: 0,
      leftAt: 0,
    };
    this.#viewers.set(key, viewer);
    return viewer;
  }

  /** Makes room for one more: every page that is loaded is a viewer of its own. Throws ViewerError. */
  #forgetViewers(): void {
    const before = Date.now() - viewerMemoryMs;
    const away = [...this.#viewers.values()]
      .filter(({ attached }) => attached === undefined)
      .sort((one, other) => one.leftAt - other.leftAt);
    for (const viewer of away) {
      if (viewer.leftAt >= before && this.#viewers.size < maxViewers) break;
      this.#viewers.delete(viewer.key);
    }
    if (this.#viewers.size >= maxViewers) throw new ViewerError('the session has too many viewers');
  }

  #startGrace(): void {
    if (this.over) return;
    this.#grace?.();
    this.#grace = this.#owned.timeout(() => {
      void this.end('nobody looked at the session any more, so it was ended');
    }, this.#options.graceMs);
  }
}
