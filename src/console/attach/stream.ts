/**
 * Attaches a viewer over plain HTTP, for when a proxy lets no WebSocket through: frames with their lengths, down in one
 * response that does not end, up in POSTs. Works through HTTP/1.0 and proxies that are told not to buffer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  byeCodes,
  decodeViewerFrame,
  encodeFrame,
  FrameError,
  heartbeatMs,
  type ViewerFrame,
} from '../../wire/frames.ts';
import { FrameSplitter, withLength } from '../../wire/stream-framing.ts';
import { consoleError } from '../errors.ts';
import { type Attachment, type Session, ViewerError, type ViewerLine } from '../session.ts';

type Hello = Extract<ViewerFrame, { type: 'hello' }>;

/** Bytes that may wait in a response before the session is told to hold back. */
const bufferedHighBytes = 256 * 1024;

/** A goodbye is read before the connection is closed under it. */
const lingerMs = 1_000;

/** The stream attachments of one process, so that a POST finds the one it belongs to. */
export class StreamAttachments {
  /** By session and viewer. */
  readonly #attached = new Map<string, Attachment>();

  /** Answers a GET with the frames of `session`, until either ends. */
  attach(session: Session, hello: Hello, request: IncomingMessage, response: ServerResponse): void {
    const key = keyOf(session, Buffer.from(hello.viewer).toString('hex'));
    let lastSentMs = Date.now();
    let over = false;

    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Cache-Control': 'no-store, no-transform',
      // What nginx buffers it shows late; this is how a response asks it not to.
      'X-Accel-Buffering': 'no',
    });
    response.socket?.setNoDelay?.(true);

    const send = (frame: Uint8Array): boolean => {
      lastSentMs = Date.now();
      response.write(withLength(frame));
      return response.writableLength < bufferedHighBytes;
    };
    const finish = () => {
      over = true;
      clearInterval(beat);
      if (this.#attached.get(key) === attachment) this.#attached.delete(key);
    };
    const line: ViewerLine = {
      send,
      bye(code, reason) {
        send(encodeFrame({ type: 'bye', code, reason }));
        finish();
        response.end();
        setTimeout(() => request.socket.destroy(), lingerMs).unref();
      },
    };
    const beat = setInterval(() => {
      if (Date.now() - lastSentMs > heartbeatMs / 2) send(encodeFrame({ type: 'heartbeat' }));
    }, heartbeatMs / 2);

    let attachment: Attachment | undefined;
    try {
      attachment = session.attach(hello, line);
    } catch (error) {
      clearInterval(beat);
      if (!(error instanceof ViewerError)) throw error;
      line.bye(byeCodes.protocol, error.message);
      return;
    }
    if (!over) this.#attached.set(key, attachment);
    response.on('drain', () => attachment?.drained());
    response.on('close', () => {
      if (!over) attachment?.detach(true);
      finish();
    });
    response.on('error', () => response.destroy());
  }

  /** Applies the frames of one POST, in order. Throws HW_NOT_ATTACHED, HW_REQUEST_INVALID. */
  receive(session: Session, viewer: string, body: Uint8Array): void {
    const attachment = this.#attached.get(keyOf(session, viewer));
    if (attachment === undefined) {
      throw consoleError('HW_NOT_ATTACHED', 'This viewer has no stream of this session.');
    }
    try {
      const splitter = new FrameSplitter();
      for (const frame of splitter.push(body)) attachment.receive(decodeViewerFrame(frame));
      if (!splitter.settled) throw new FrameError('the body ends within a frame');
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof ViewerError)) throw error;
      throw consoleError(
        'HW_REQUEST_INVALID',
        `These are not a viewer's frames: ${error.message}.`,
      );
    }
  }
}

function keyOf(session: Session, viewer: string): string {
  return `${session.id} ${viewer}`;
}
