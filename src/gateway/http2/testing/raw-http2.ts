/** A client of HTTP/2 in a test, frame by frame: what no library would send, and which frames come back. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { testHost } from './http2-kit.ts';

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const;

export type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const frameHeadBytes = 9;

export function frame(
  type: number,
  flag: number,
  stream: number,
  payload: Buffer | string,
): Buffer {
  const body = Buffer.from(payload as string, 'latin1');
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A list of fields in which nothing is indexed or compressed (RFC 7541, 6.2.3). One character a byte. */
export function fieldBlock(flat: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    const value = flat[i + 1] as string;
    parts.push(Buffer.of(0x10), literal(name), literal(value));
  }
  return Buffer.concat(parts);
}

/** The usual four pseudo-fields. */
export function pseudoFields(method = 'GET', path = '/'): string[] {
  return [':method', method, ':scheme', 'https', ':authority', testHost, ':path', path];
}

function literal(text: string): Buffer {
  return Buffer.concat([prefixedInteger(text.length), Buffer.from(text, 'latin1')]);
}

/** RFC 7541, 5.1, with 7 bits in the first byte. */
function prefixedInteger(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}

export class RawHttp2 {
  readonly socket: TLSSocket;
  #read: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#read = Buffer.concat([this.#read, chunk]);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /**
   * Destroyed with the test. The preface and empty settings are sent.
   *
   * @param from any of 127.0.0.0/8
   */
  static async connect(
    context: { after(end: () => void): void },
    port: number,
    from = '127.0.0.1',
  ): Promise<RawHttp2> {
    const socket = connect({
      socket: connectTcp({ host: '127.0.0.1', port, localAddress: from, noDelay: true }),
      servername: testHost,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    context.after(() => socket.destroy());
    await once(socket, 'secureConnect');
    const raw = new RawHttp2(socket);
    socket.write(preface, 'latin1');
    raw.send(frameTypes.settings, 0, 0, '');
    return raw;
  }

  send(type: number, flag: number, stream: number, payload: Buffer | string): void {
    this.socket.write(frame(type, flag, stream, payload));
  }

  /** A request whose head is its first frame. */
  request(stream: number, flat: readonly string[], isEnded = true): void {
    const flag = flags.endHeaders | (isEnded ? flags.endStream : 0);
    this.send(frameTypes.headers, flag, stream, fieldBlock(flat));
  }

  /** The next frame; undefined when the connection has closed. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#take();
      if (frame !== undefined || this.#closed) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next frame of one of these types; undefined when the connection closes before. */
  async nextOf(...types: readonly number[]): Promise<Frame | undefined> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined || types.includes(frame.type)) return frame;
    }
  }

  #take(): Frame | undefined {
    if (this.#read.length < frameHeadBytes) return undefined;
    const end = frameHeadBytes + this.#read.readUIntBE(0, 3);
    if (this.#read.length < end) return undefined;
    const taken = this.#read.subarray(0, end);
    this.#read = this.#read.subarray(end);
    return {
      type: taken.readUInt8(3),
      flags: taken.readUInt8(4),
      stream: taken.readUInt32BE(5),
      payload: taken.subarray(frameHeadBytes),
    };
  }
}
