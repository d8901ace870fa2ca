/** Frames over a WebSocket: one binary message is one frame. */
import { sessionPath } from '../../src/wire/api.ts';
import {
  byeCodes,
  decodeSessionFrame,
  encodeFrame,
  FrameError,
  type SessionFrame,
} from '../../src/wire/frames.ts';
import {
  maxSendBytes,
  type Transport,
  type TransportEnd,
  type TransportOptions,
} from './transport.ts';

/** Codes of ours in a Close frame: they say what a `bye` would. */
const ownCloseCodes = new Set<number>(Object.values(byeCodes));

/** RFC 6455, 7.4.1: "normal closure", said by a viewer that leaves. Without it the closure counts as a cut. */
const leavingCode = 1000;

/** @param attemptId names this attempt to the server, which can then report what became of it */
export function openWebSocket(
  options: TransportOptions & { readonly attemptId: string },
): Transport {
  const { environment, sessionId, hello, handlers, attemptId } = options;
  const url = new URL(sessionPath(sessionId, 'socket'), environment.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('attempt', attemptId);
  const socket = new environment.WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let open = false;
  let over = false;

  const close = (code?: number) => {
    over = true;
    open = false;
    socket.removeEventListener('open', onOpen);
    socket.removeEventListener('message', onMessage);
    socket.removeEventListener('close', onClose);
    socket.close(code);
  };
  const fail = (end: TransportEnd) => {
    if (over) return;
    close();
    handlers.closed(end);
  };
  const onOpen = () => {
    open = true;
    socket.send(encodeFrame(hello()));
  };
  const onMessage = (event: MessageEvent) => {
    if (!(event.data instanceof ArrayBuffer)) {
      return fail({ kind: 'lost', reason: 'something in between sent text on the WebSocket' });
    }
    let frame: SessionFrame;
    try {
      frame = decodeSessionFrame(new Uint8Array(event.data));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return fail({ kind: 'bye', code: byeCodes.protocol, reason: error.message });
    }
    handlers.frame(frame);
  };
  const onClose = (event: { code: number; reason: string }) => {
    if (ownCloseCodes.has(event.code)) {
      return fail({ kind: 'bye', code: event.code, reason: event.reason });
    }
    const said = event.reason === '' ? '' : ` (${event.reason})`;
    fail({
      kind: 'lost',
      reason: open
        ? `the WebSocket was closed with code ${event.code}${said}`
        : 'the WebSocket did not open',
    });
  };
  socket.addEventListener('open', onOpen);
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', onClose);
  // A failure is followed by `close`, which says as much; without a listener Node prints it.
  socket.addEventListener('error', () => {});

  return {
    kind: 'websocket',
    get room() {
      return open ? maxSendBytes : 0;
    },
    send(frames) {
      for (const frame of frames) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    dispose(leaving = false) {
      if (!over) close(leaving ? leavingCode : undefined);
    },
  };
}
