/**
 * Follows the frames of one direction of a WebSocket (RFC 6455, 5.2) without looking at what is in them: where the stream
 * stands between two frames, so that something can be put there, and the code of a Close that went by. Keeps no bytes and copies
 * none; a chunk costs a few steps for each frame in it. Control frames may stand between the fragments of a message.
 */

/** Longest head of a frame: two bytes, eight of length, four of mask. */
const longestHead = 14;
const closeOpcode = 0x8;
const pingOpcode = 0x9;
const final = 0x80;
const masked = 0x80;

export class FrameFollower {
  /** Of the payload of the frame that the stream stands in. */
  #left = 0;
  /** Of the head that the stream stands in. */
  readonly #head = new Uint8Array(longestHead);
  #headLength = 0;
  #closeCode: number | undefined;
  /** Bytes of a Close frame's payload that were seen; undefined outside of one. */
  #closeBytes: number | undefined;

  /** Whether the last byte seen was the last one of a frame, or none has been seen yet. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#headLength === 0;
  }

  /** Of the Close frame that went by; 1005 for one without a code (RFC 6455, 7.1.5), undefined for none. */
  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  follow(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        if (this.#closeBytes !== undefined) this.#readClose(chunk.subarray(at, at + taken));
        at += taken;
        this.#left -= taken;
        if (this.#left === 0) this.#frameEnded();
        continue;
      }
      this.#head[this.#headLength++] = chunk[at++] as number;
      if (this.#headLength >= 2 && this.#headLength === headBytes(this.#head)) this.#beginFrame();
    }
  }

  #beginFrame(): void {
    const opcode = (this.#head[0] as number) & 0x0f;
    this.#left = payloadBytes(this.#head);
    if (opcode === closeOpcode) {
      this.#closeBytes = 0;
      this.#closeCode ??= 1005;
    }
    if (this.#left === 0) this.#frameEnded();
  }

  #frameEnded(): void {
    this.#headLength = 0;
    this.#closeBytes = undefined;
  }

  /** The first two bytes of the payload are the code, in a client's frame under the mask. */
  #readClose(payload: Uint8Array): void {
    for (const byte of payload) {
      const index = this.#closeBytes ?? 0;
      if (index >= 2) return;
      const isMasked = ((this.#head[1] as number) & masked) !== 0;
      const plain = isMasked ? byte ^ (this.#head[this.#headLength - 4 + index] as number) : byte;
      this.#closeCode = index === 0 ? plain << 8 : ((this.#closeCode ?? 0) & 0xff00) | plain;
      this.#closeBytes = index + 1;
    }
  }
}

/** Of the head whose first two bytes are there. */
function headBytes(head: Uint8Array): number {
  const second = head[1] as number;
  const length = second & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & masked) === 0 ? 0 : 4);
}

function payloadBytes(head: Uint8Array): number {
  const length = (head[1] as number) & 0x7f;
  const view = new DataView(head.buffer, head.byteOffset);
  if (length === 126) return view.getUint16(2);
  if (length < 127) return length;
  return view.getUint32(2) * 2 ** 32 + view.getUint32(6);
}

/** A Ping for a client, with nothing in it. */
export const pingFrame: Buffer = Buffer.from([final | pingOpcode, 0]);

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
