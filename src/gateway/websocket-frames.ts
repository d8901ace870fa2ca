/**
 * Follows the frames of one direction of a WebSocket (RFC 6455, 5.2) without looking at what is in them: where the stream
 * stands between two frames, so that something can be put there, and the code of a Close that went by. Keeps no bytes and
 * copies none; a chunk costs a few steps for each frame in it. Control frames may stand between the fragments of a message.
 *
 *   first byte ─▶ second byte ─▶ 0, 2 or 8 bytes of length, 0 or 4 of mask ─▶ payload ─▶ first byte …
 */

const closeOpcode = 0x8;
const pingOpcode = 0x9;
const pongOpcode = 0xa;
const final = 0x80;
const masked = 0x80;

/** What a Close without a code counts as (RFC 6455, 7.1.5). */
const noCode = 1005;

/** What the next byte is. */
type Stage = 'first' | 'second' | 'head' | 'payload';

export class FrameFollower {
  #stage: Stage = 'first';
  #opcode = 0;
  /** Bytes of length and mask that are still to come; the last `#maskLength` of them are the mask. */
  #headLeft = 0;
  #maskLength = 0;
  /** As a number of 32 bits; 0 for none. */
  #mask = 0;
  /** Of the payload; while the head is read, its length as far as it is known. */
  #left = 0;
  #closeCode: number | undefined;
  /** How many bytes of the first Close's payload have been seen, up to the two of its code. */
  #closeBytes = 0;
  #closeHigh = 0;

  /** Whether the last byte seen was the last one of a frame, or none has been seen yet. */
  get isBetweenFrames(): boolean {
    return this.#stage === 'first';
  }

  /** Of the first Close frame that went by; 1005 for one without a code, undefined for none. */
  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  follow(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const end = this.#stage === 'first' ? endOfWholeFrame(chunk, at) : 0;
      at = end > 0 ? end : this.followFrame(chunk, at);
    }
  }

  /** Follows from `at` to the end of the frame that the stream stands in, or of the chunk; returns where that is. */
  followFrame(chunk: Uint8Array, at: number): number {
    let index = at;
    while (this.#stage !== 'payload') {
      if (index === chunk.length) return index;
      this.#followHead(chunk[index++] as number);
      if (this.#stage === 'first') return index;
    }
    const taken = Math.min(this.#left, chunk.length - index);
    if (this.#opcode === closeOpcode && this.#closeBytes < 2) this.#readClose(chunk, index, taken);
    this.#left -= taken;
    if (this.#left === 0) this.#stage = 'first';
    return index + taken;
  }

  #followHead(byte: number): void {
    switch (this.#stage) {
      case 'first':
        this.#opcode = byte & 0x0f;
        this.#stage = 'second';
        return;
      case 'second': {
        const length = byte & 0x7f;
        const lengthBytes = length === 126 ? 2 : length === 127 ? 8 : 0;
        this.#left = lengthBytes === 0 ? length : 0;
        this.#mask = 0;
        this.#maskLength = (byte & masked) === 0 ? 0 : 4;
        this.#headLeft = lengthBytes + this.#maskLength;
        break;
      }
      default:
        if (this.#headLeft > this.#maskLength) this.#left = this.#left * 256 + byte;
        else this.#mask = (this.#mask << 8) | byte;
        this.#headLeft--;
    }
    if (this.#headLeft > 0) {
      this.#stage = 'head';
      return;
    }
    if (this.#opcode === closeOpcode) this.#closeCode ??= noCode;
    this.#stage = this.#left === 0 ? 'first' : 'payload';
  }

  /** The first two bytes of the payload are the code, in a client's frame under the mask. */
  #readClose(chunk: Uint8Array, from: number, length: number): void {
    for (let i = from; i < from + length && this.#closeBytes < 2; i++) {
      const shift = 24 - 8 * this.#closeBytes;
      const plain = (chunk[i] as number) ^ ((this.#mask >>> shift) & 0xff);
      if (this.#closeBytes++ === 0) this.#closeHigh = plain << 8;
      else this.#closeCode = this.#closeHigh | plain;
    }
  }
}

/** Where a frame ends that begins at `at`; 0 unless all of it is in the chunk, and for what has to be looked at closely. */
function endOfWholeFrame(chunk: Uint8Array, at: number): number {
  // A byte behind the end of the chunk reads as undefined, and the end of its frame as NaN or behind that of the chunk.
  const second = chunk[at + 1] as number;
  const length = second & 0x7f;
  if (((chunk[at] as number) & 0x0f) === closeOpcode || length === 127) return 0;
  const maskEnd = at + (second >= masked ? 6 : 2);
  const end =
    length === 126
      ? maskEnd + 2 + (chunk[at + 2] as number) * 256 + (chunk[at + 3] as number)
      : maskEnd + length;
  return end <= chunk.length ? end : 0;
}

/** A Ping for a client. */
export function pingFrame(payload: Uint8Array): Buffer {
  return Buffer.from([final | pingOpcode, payload.length, ...payload]);
}

/** How a client's Pong with a payload begins; the mask and the masked payload follow. */
export function pongStart(payload: Uint8Array): readonly [number, number] {
  return [final | pongOpcode, masked | payload.length];
}

/**
 * A Close without a reason.
 *
 * @param isFromClient whether it goes to a server: then it is masked (RFC 6455, 5.3). The mask is zero: it hides nothing from
 *   caches that could be confused, as there is nothing in it that anybody chose.
 */
export function closeFrame(code: number, isFromClient: boolean): Buffer {
  const payload = [code >> 8, code & 0xff];
  return isFromClient
    ? Buffer.from([final | closeOpcode, masked | 2, 0, 0, 0, 0, ...payload])
    : Buffer.from([final | closeOpcode, 2, ...payload]);
}
