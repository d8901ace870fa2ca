/** Attaches a viewer over a WebSocket: one binary message is one frame. Knows the line, not what is said on it. */
import type { WebSocket } from 'ws';
import {
  byeCodes,
  decodeViewerFrame,
  encodeFrame,
  FrameError,
  heartbeatMs,
  silenceMs,
  wireVersion,
} from '../../wire/frames.ts';
import { type Attachment, type Session, ViewerError, type ViewerLine } from '../session.ts';

/** Bytes that may wait in a socket before the session is told to hold back. */
const bufferedHighBytes = 256 * 1024;

/** A viewer that has opened a socket says hello within this. */
const helloMs = 10_000;

/** A close reason fits a control frame (RFC 6455, 5.5): 125 bytes less the code. */
const maxReasonBytes = 123;

/** Carries `session` over `socket`, which is open, until either ends. */
export function attachWebSocket(session: Session, socket: WebSocket): void {
  let attachment: Attachment | undefined;
  let full = false;
  let lastSentMs = Date.now();
  let lastHeardMs = Date.now();

  const onWritten = () => {
    if (full && socket.bufferedAmount < bufferedHighBytes / 2) {
      full = false;
      attachment?.drained();
    }
  };
  const line: ViewerLine = {
    send(frame) {
      lastSentMs = Date.now();
      socket.send(frame, onWritten);
      full ||= socket.bufferedAmount > bufferedHighBytes;
      return !full;
    },
    bye(code, reason) {
      socket.close(code, reason.slice(0, maxReasonBytes));
    },
  };
  const refuse = (code: number, reason: string) => {
    attachment?.detach(false);
    socket.close(code, reason.slice(0, maxReasonBytes));
  };

  const helloTimer = setTimeout(() => refuse(byeCodes.protocol, 'no hello'), helloMs);
  const beat = setInterval(() => {
    const now = Date.now();
    if (now - lastHeardMs > silenceMs) socket.terminate();
    else if (now - lastSentMs > heartbeatMs / 2) line.send(encodeFrame({ type: 'heartbeat' }));
  }, heartbeatMs / 2);

  socket.on('message', (data: Buffer, isBinary: boolean) => {
    lastHeardMs = Date.now();
    try {
      if (!isBinary) throw new FrameError('a text message');
      const frame = decodeViewerFrame(data);
      if (attachment !== undefined) {
        attachment.receive(frame);
      } else if (frame.type !== 'hello') {
        throw new ViewerError('a frame before hello');
      } else if (frame.version !== wireVersion) {
        refuse(byeCodes.version, `this server speaks version ${wireVersion}; reload the page`);
      } else {
        clearTimeout(helloTimer);
        attachment = session.attach(frame, line);
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof ViewerError)) throw error;
      refuse(byeCodes.protocol, error.message);
    }
  });
  // A viewer that leaves by itself closes with 1000 or 1001; everything else is a cut.
  socket.on('close', (code) => {
    clearTimeout(helloTimer);
    clearInterval(beat);
    attachment?.detach(code !== 1000 && code !== 1001);
  });
  socket.on('error', () => socket.terminate());
}
