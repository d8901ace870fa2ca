/** Attaches a viewer over a WebSocket: one binary message is one frame. Knows the wire, not what is said on it. */
import type { WebSocket } from 'ws';
import {
  byeCodes,
  decodeViewerFrame,
  FrameError,
  silenceMs,
  wireVersion,
} from '../../wire/frames.ts';
import type { Session } from '../session.ts';
import { isBreach, ViewerConnection } from './viewer-connection.ts';

/** A viewer that has opened a socket says hello within this, in milliseconds. */
const helloMs = 10_000;

/** Close codes with which a viewer leaves by its own will: done, page left, and none given (RFC 6455, 7.4.1). */
const leavingCodes = new Set([1000, 1001, 1005]);

/** Carries `session` over `socket`, which is open, until either ends. */
export function attachWebSocket(session: Session, socket: WebSocket): ViewerConnection {
  const onWritten = () => connection.flushed();
  const connection = new ViewerConnection(session, {
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    silenceMs,
    send: (frame) => socket.send(frame, onWritten),
    finish: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
    // Answered by the browser itself: a page in the background gets to run its timers once a minute.
    ask: () => socket.ping(),
  });
  const first = (data: Buffer) => {
    const frame = decodeViewerFrame(data);
    if (frame.type !== 'hello') throw new FrameError('a frame before hello');
    if (frame.version === wireVersion) connection.greet(frame);
    else connection.bye(byeCodes.version, `this server speaks version ${wireVersion}`);
  };

  connection.owned.timeout(() => {
    if (!connection.attached) connection.bye(byeCodes.protocol, 'no hello');
  }, helloMs);
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    try {
      if (!isBinary) throw new FrameError('a text message');
      if (connection.attached) connection.receive(data);
      else first(data);
    } catch (error) {
      if (!isBreach(error)) throw error;
      connection.bye(byeCodes.protocol, error.message);
    }
  });
  socket.on('pong', () => connection.heard());
  socket.on('close', (code) => connection.gone(!leavingCodes.has(code)));
  socket.on('error', () => socket.terminate());
  return connection;
}
