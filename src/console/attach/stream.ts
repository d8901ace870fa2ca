/**
 * Attaches a viewer over plain HTTP, for when a proxy lets no WebSocket through: frames with their lengths, down in one
 * response that does not end, up in POSTs. Works through HTTP/1.0 and proxies that are told not to buffer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ViewerFrame } from '../../wire/frames.ts';
import { FrameSplitter, withLength } from '../../wire/stream-framing.ts';
import { consoleError } from '../errors.ts';
import type { Session } from '../session.ts';
import { isBreach, ViewerConnection } from './viewer-connection.ts';

type Hello = Extract<ViewerFrame, { type: 'hello' }>;

/**
 * A viewer that has POSTed nothing for this long is gone, in milliseconds. It pings every 10 s, but in a page in the
 * background timers run once a minute; the response itself may take hours to find out that nobody reads it.
 */
const silenceMs = 150_000;

/** A goodbye that has not been taken by then is not going to be, in milliseconds. */
const lingerMs = 5_000;

/** A POST of input: the page sends less than nginx's default limit of 1 MiB. */
export const maxInputBytes = 1024 * 1024;

/** The stream attachments of one process, so that a POST finds the one it belongs to. */
export class StreamAttachments {
  /** By session and viewer. */
  readonly #attached = new Map<string, ViewerConnection>();

  /** Answers a GET with the frames of `session`, until either ends. */
  attach(session: Session, hello: Hello, response: ServerResponse): ViewerConnection {
    const key = keyOf(session, Buffer.from(hello.viewer).toString('hex'));
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Cache-Control': 'no-store, no-transform',
      // What nginx buffers it shows late; this is how a response asks it not to.
      'X-Accel-Buffering': 'no',
    });
    response.socket?.setNoDelay?.(true);
    const connection = new ViewerConnection(session, {
      get waitingBytes() {
        return response.writableLength;
      },
      silenceMs,
      send: (frame) => response.write(withLength(frame)),
      finish: () => {
        response.end();
        const linger = setTimeout(() => response.destroy(), lingerMs);
        response.once('close', () => clearTimeout(linger));
      },
      cut: () => response.destroy(),
      ask: () => {},
    });
    response.on('drain', () => connection.flushed());
    response.on('close', () => connection.gone(true));
    response.on('error', () => response.destroy());
    connection.owned.add(() => {
      if (this.#attached.get(key) === connection) this.#attached.delete(key);
    });
    connection.greet(hello);
    if (!connection.owned.disposed) this.#attached.set(key, connection);
    return connection;
  }

  /**
   * Applies the frames of one POST as they arrive, so that of a POST that is cut off not everything has to come again.
   * Throws HW_NOT_ATTACHED, HW_REQUEST_INVALID, HW_REQUEST_TOO_LARGE.
   */
  async receive(session: Session, viewer: string, request: IncomingMessage): Promise<void> {
    const key = keyOf(session, viewer);
    const splitter = new FrameSplitter();
    let length = Number(request.headers['content-length'] ?? 0);
    if (length > maxInputBytes) throw tooLarge();
    length = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > maxInputBytes) throw tooLarge();
        for (const frame of splitter.push(chunk)) this.#attached.get(key)?.receive(frame);
      }
    } catch (error) {
      if (!isBreach(error)) throw error;
      throw notFrames(error.message);
    }
    if (!this.#attached.has(key)) {
      throw consoleError('HW_NOT_ATTACHED', 'This viewer has no stream of this session.');
    }
    if (!splitter.settled) throw notFrames('the body ends within a frame');
  }
}

function keyOf(session: Session, viewer: string): string {
  return `${session.id} ${viewer}`;
}

function tooLarge() {
  return consoleError(
    'HW_REQUEST_TOO_LARGE',
    `A POST of input has at most ${maxInputBytes} bytes.`,
  );
}

function notFrames(why: string) {
  return consoleError('HW_REQUEST_INVALID', `These are not a viewer's frames: ${why}.`);
}
