/**
 * What a viewer (the page) and a session say to each other once attached: frames of bytes.
 *
 * The same frames travel over every transport. On a WebSocket one binary message is one frame. On a byte stream (the
 * streaming response down, the POSTs up) each frame is preceded by its length, see `stream-framing.ts`.
 *
 *   ┌──────┬──────────────┐
 *   │ type │ payload      │   type: 1 byte; integers are big-endian; offsets are 8 bytes (u64, at most 2^53-1)
 *   └──────┴──────────────┘
 *
 * Output and input are both byte streams with offsets from 0, counted a session (output) and a viewer (input). A
 * receiver ignores what it already has, so sending again is always safe. This file knows neither sockets nor terminals.
 */

/** Raised when a frame changes its meaning. Viewer and server must agree; the page is reloaded when they do not. */
export const wireVersion = 1;

/** No frame is larger than this, type byte included; a larger one ends the attachment. */
export const maxFrameBytes = 256 * 1024;

/** Bytes of output or input that travel in one frame at the most: of a frame that is cut nothing arrives. */
export const maxDataBytes = 16 * 1024;

/** Sent by the server when it has been silent this long, so that a proxy's idle timeout (60 s in nginx) never fires. */
export const heartbeatMs = 15_000;

/** A viewer that has heard nothing for this long takes the connection for dead. Two heartbeats and a little. */
export const silenceMs = 35_000;

/** Bytes of input a viewer sends ahead of the acknowledgement. */
export const inputWindowBytes = 128 * 1024;

/** A viewer acknowledges output at least every so many bytes, after the terminal has taken them. */
export const outputAckBytes = 16 * 1024;

/** Viewer → session. */
export type ViewerFrame =
  /** First on every attachment. `viewer` is 16 random bytes for as long as the page lives; `from` is the first output byte wanted. */
  | {
      type: 'hello';
      version: number;
      viewer: Uint8Array;
      from: number;
      cols: number;
      rows: number;
    }
  /** Bytes typed, the first of them at `offset` of this viewer's input. */
  | { type: 'input'; offset: number; bytes: Uint8Array }
  /** `serial` grows with each resize of a viewer; an older one that arrives late is dropped. */
  | { type: 'resize'; serial: number; cols: number; rows: number }
  /** The viewer's terminal has taken all output before `offset`. */
  | { type: 'ack'; offset: number }
  /** Answered by `pong` with the same `stamp`; measures the round trip. */
  | { type: 'ping'; stamp: number };

/** Session → viewer. */
export type SessionFrame =
  /**
   * Answers `hello`. `inputNext` is the next input offset the session wants from this viewer. Output before `outputEnd`
   * was printed before this moment: a page that comes back shows it but lets its terminal answer no query in it.
   */
  | { type: 'welcome'; version: number; inputNext: number; outputEnd: number }
  /** Bytes printed, the first of them at `offset` of the session's output. */
  | { type: 'output'; offset: number; bytes: Uint8Array }
  /** Instead of output that is no longer kept: reset the terminal to cols × rows, write `bytes`, go on at `offset`. */
  | { type: 'screen'; offset: number; cols: number; rows: number; bytes: Uint8Array }
  /** All input before `inputNext` has been handed to the process, exactly once. */
  | { type: 'accepted'; inputNext: number }
  | { type: 'pong'; stamp: number }
  /** What the session is doing; `SessionState` of `api.ts` as JSON. */
  | { type: 'state'; json: string }
  | { type: 'heartbeat' }
  /** The attachment ends and must not be resumed by itself: `code` of `byeCodes`. */
  | { type: 'bye'; code: number; reason: string };

/** Why an attachment ended for good; also the WebSocket close codes (4000–4999 are for applications). */
export const byeCodes = {
  /** The session ended and all its output was delivered and acknowledged. */
  ended: 1000,
  /** The same viewer attached again, over a better transport or after a cut. */
  superseded: 4001,
  /** Not signed in (any more), or from a foreign origin. */
  denied: 4003,
  /** No such session. */
  gone: 4404,
  /** The viewer broke the protocol: unknown frame, too large, input from the future. */
  protocol: 4400,
  /** Another version of the protocol: reload the page. */
  version: 4426,
} as const;

export type FrameType = ViewerFrame['type'] | SessionFrame['type'];

/** One byte a type. Viewer frames are below 0x80, session frames above. */
const codes = {
  hello: 0x01,
  input: 0x02,
  resize: 0x03,
  ack: 0x04,
  ping: 0x05,
  welcome: 0x81,
  output: 0x82,
  screen: 0x83,
  accepted: 0x84,
  pong: 0x85,
  state: 0x86,
  heartbeat: 0x87,
  bye: 0x88,
} as const satisfies Record<FrameType, number>;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

/** The bytes of a frame. */
export function encodeFrame(frame: ViewerFrame | SessionFrame): Uint8Array<ArrayBuffer> {
  const code = codes[frame.type];
  switch (frame.type) {
    case 'hello': {
      const [bytes, view] = allocate(code, 2 + 16 + 8 + 4);
      view.setUint16(1, frame.version);
      bytes.set(frame.viewer, 3);
      setOffset(view, 19, frame.from);
      view.setUint16(27, frame.cols);
      view.setUint16(29, frame.rows);
      return bytes;
    }
    case 'input':
    case 'output': {
      const [bytes, view] = allocate(code, 8 + frame.bytes.length);
      setOffset(view, 1, frame.offset);
      bytes.set(frame.bytes, 9);
      return bytes;
    }
    case 'resize': {
      const [bytes, view] = allocate(code, 8);
      view.setUint32(1, frame.serial);
      view.setUint16(5, frame.cols);
      view.setUint16(7, frame.rows);
      return bytes;
    }
    case 'ack':
      return withOffset(code, frame.offset);
    case 'accepted':
      return withOffset(code, frame.inputNext);
    case 'ping':
    case 'pong':
      return withOffset(code, frame.stamp);
    case 'welcome': {
      const [bytes, view] = allocate(code, 2 + 8 + 8);
      view.setUint16(1, frame.version);
      setOffset(view, 3, frame.inputNext);
      setOffset(view, 11, frame.outputEnd);
      return bytes;
    }
    case 'screen': {
      const [bytes, view] = allocate(code, 12 + frame.bytes.length);
      setOffset(view, 1, frame.offset);
      view.setUint16(9, frame.cols);
      view.setUint16(11, frame.rows);
      bytes.set(frame.bytes, 13);
      return bytes;
    }
    case 'state': {
      const json = utf8Encoder.encode(frame.json);
      const [bytes] = allocate(code, json.length);
      bytes.set(json, 1);
      return bytes;
    }
    case 'heartbeat':
      return allocate(code, 0)[0];
    case 'bye': {
      const reason = utf8Encoder.encode(frame.reason);
      const [bytes, view] = allocate(code, 2 + reason.length);
      view.setUint16(1, frame.code);
      bytes.set(reason, 3);
      return bytes;
    }
  }
}

/** A frame that is not one: unknown type, wrong length, an offset beyond 2^53-1. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Reads a viewer's frame. `bytes` of the result are views into the argument. Throws FrameError. */
export function decodeViewerFrame(bytes: Uint8Array): ViewerFrame {
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case codes.hello:
      expectLength(bytes, 31);
      return {
        type: 'hello',
        version: view.getUint16(1),
        viewer: bytes.subarray(3, 19),
        from: getOffset(view, 19),
        cols: view.getUint16(27),
        rows: view.getUint16(29),
      };
    case codes.input:
      expectAtLeast(bytes, 9);
      return { type: 'input', offset: getOffset(view, 1), bytes: bytes.subarray(9) };
    case codes.resize:
      expectLength(bytes, 9);
      return {
        type: 'resize',
        serial: view.getUint32(1),
        cols: view.getUint16(5),
        rows: view.getUint16(7),
      };
    case codes.ack:
      expectLength(bytes, 9);
      return { type: 'ack', offset: getOffset(view, 1) };
    case codes.ping:
      expectLength(bytes, 9);
      return { type: 'ping', stamp: getOffset(view, 1) };
    default:
      throw new FrameError(`unknown viewer frame ${describeType(bytes)}`);
  }
}

/** Reads a session's frame. `bytes` of the result are views into the argument. Throws FrameError. */
export function decodeSessionFrame(bytes: Uint8Array): SessionFrame {
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case codes.welcome:
      expectLength(bytes, 19);
      return {
        type: 'welcome',
        version: view.getUint16(1),
        inputNext: getOffset(view, 3),
        outputEnd: getOffset(view, 11),
      };
    case codes.output:
      expectAtLeast(bytes, 9);
      return { type: 'output', offset: getOffset(view, 1), bytes: bytes.subarray(9) };
    case codes.screen:
      expectAtLeast(bytes, 13);
      return {
        type: 'screen',
        offset: getOffset(view, 1),
        cols: view.getUint16(9),
        rows: view.getUint16(11),
        bytes: bytes.subarray(13),
      };
    case codes.accepted:
      expectLength(bytes, 9);
      return { type: 'accepted', inputNext: getOffset(view, 1) };
    case codes.pong:
      expectLength(bytes, 9);
      return { type: 'pong', stamp: getOffset(view, 1) };
    case codes.state:
      return { type: 'state', json: utf8Decoder.decode(bytes.subarray(1)) };
    case codes.heartbeat:
      expectLength(bytes, 1);
      return { type: 'heartbeat' };
    case codes.bye:
      expectAtLeast(bytes, 3);
      return {
        type: 'bye',
        code: view.getUint16(1),
        reason: utf8Decoder.decode(bytes.subarray(3)),
      };
    default:
      throw new FrameError(`unknown session frame ${describeType(bytes)}`);
  }
}

function allocate(code: number, payload: number): [Uint8Array<ArrayBuffer>, DataView] {
  const bytes = new Uint8Array(1 + payload);
  bytes[0] = code;
  return [bytes, new DataView(bytes.buffer)];
}

function withOffset(code: number, offset: number): Uint8Array<ArrayBuffer> {
  const [bytes, view] = allocate(code, 8);
  setOffset(view, 1, offset);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function setOffset(view: DataView, at: number, offset: number): void {
  view.setUint32(at, Math.floor(offset / 2 ** 32));
  view.setUint32(at + 4, offset >>> 0);
}

function getOffset(view: DataView, at: number): number {
  const offset = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(offset)) throw new FrameError('an offset is beyond 2^53-1');
  return offset;
}

function expectLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new FrameError(`frame ${describeType(bytes)} has ${bytes.length} bytes, not ${length}`);
  }
}

function expectAtLeast(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) {
    throw new FrameError(
      `frame ${describeType(bytes)} has ${bytes.length} bytes, fewer than ${length}`,
    );
  }
}

function describeType(bytes: Uint8Array): string {
  return bytes.length === 0 ? '(empty)' : `0x${(bytes[0] as number).toString(16).padStart(2, '0')}`;
}
