/**
 * Frames on a byte stream: each is preceded by its length, four bytes big-endian. For the transports that have no
 * messages of their own. Knows nothing of what is inside a frame.
 */
import { FrameError, maxFrameBytes } from './frames.ts';

const lengthBytes = 4;

/** The frame with its length in front. */
export function withLength(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthBytes + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, lengthBytes);
  return bytes;
}

/** Cuts a byte stream, arriving in chunks of any size, back into frames. */
export class FrameSplitter {
  #pending: Uint8Array = new Uint8Array(0);

  /**
   * The frames completed by `chunk`, as views that stay valid until their memory is reused by the caller.
   * Throws FrameError on an empty frame or one above `maxFrameBytes`; the stream is then unusable.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#pending.length === 0 ? chunk : concat(this.#pending, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= lengthBytes) {
      const length = view.getUint32(at);
      if (length === 0 || length > maxFrameBytes) {
        throw new FrameError(`a frame of ${length} bytes; 1 to ${maxFrameBytes} are allowed`);
      }
      if (bytes.length - at - lengthBytes < length) break;
      at += lengthBytes;
      frames.push(bytes.subarray(at, at + length));
      at += length;
    }
    this.#pending = at === bytes.length ? new Uint8Array(0) : bytes.slice(at);
    return frames;
  }

  /** Whether the stream so far ends between two frames. */
  get settled(): boolean {
    return this.#pending.length === 0;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
