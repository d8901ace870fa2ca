/**
 * Reads all messages of one connection with the readers of this folder, as plain data that tests can compare.
 */
import { HatchwayError } from '../../base/errors.ts';
import { type BodyFraming, bodyReader } from '../body.ts';
import type { Sender } from '../errors.ts';
import { type HeadLimits, RequestHeadReader, ResponseHeadReader } from '../head.ts';
import { area } from '../section-area.ts';

export type Message = {
  /** `GET /path` or `200 OK`; the version's minor number behind it. */
  startLine: string;
  fields: readonly string[];
  framing: BodyFraming['kind'];
  keepAlive: boolean;
  upgrade: boolean;
  /** One character a byte; undefined for a message that was not read to its end. */
  body: string | undefined;
  trailers: readonly string[];
};

export type Reading = {
  messages: Message[];
  /** How it ended: an error's code and text, or what was going on when the bytes ran out. */
  end: string;
};

export const testLimits: HeadLimits = { headBytes: 1024, headFields: 12 };

/** `method` is the one that responses answer to. Reading stops behind an upgrade or a message that ends the connection. */
export function readMessages(
  sender: Sender,
  chunks: readonly Buffer[],
  options: { limits?: HeadLimits; method?: string } = {},
): Reading {
  const reading = new ConnectionReading(sender, options.limits ?? testLimits, options.method);
  try {
    for (const [i, chunk] of chunks.entries()) {
      // What an earlier reader left behind could be anything, above all what makes the next byte look harmless.
      area.fill(leftovers[i % leftovers.length] as string, 0, 4096, 'latin1');
      // As from a socket that reuses its memory: nothing may be kept of a chunk once it has been dealt with.
      const once = Buffer.from(chunk);
      reading.push(once);
      once.fill(0x5a);
    }
    reading.finish();
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    reading.end = `${error.status} ${error.code}: ${error.message}`;
  }
  return { messages: reading.messages, end: reading.end };
}

const leftovers = [' ', '\r\n', '\n', ':', 'a', '\t', '\0', '1', ': ', 'Host:'];

class ConnectionReading {
  readonly messages: Message[] = [];
  end = 'between messages';
  readonly #sender: Sender;
  readonly #limits: HeadLimits;
  readonly #heads: RequestHeadReader | ResponseHeadReader;
  #body: ReturnType<typeof bodyReader> | undefined;
  #data = '';
  #over = false;

  constructor(sender: Sender, limits: HeadLimits, method = 'GET') {
    this.#sender = sender;
    this.#limits = limits;
    if (sender === 'client') {
      this.#heads = new RequestHeadReader(limits);
    } else {
      const heads = new ResponseHeadReader(limits);
      heads.requestMethod = method;
      this.#heads = heads;
    }
  }

  push(chunk: Buffer): void {
    let left = chunk;
    while (left.length > 0 && !this.#over) {
      left = this.#body === undefined ? this.#readHead(left) : this.#readBody(left, this.#body);
    }
  }

  finish(): void {
    if (this.#over) return;
    if (this.#body !== undefined) {
      this.#body.end();
      this.#complete(this.#body);
    } else if (!this.#heads.idle) {
      this.end = 'within a head';
    }
  }

  #readHead(chunk: Buffer): Buffer {
    const head = this.#heads.push(chunk);
    if (head === undefined) return noBytes;
    this.messages.push({
      startLine: `${'method' in head ? `${head.method} ${head.sentTarget}` : `${head.status} ${head.reason}`} ${head.minor}`,
      fields: head.fields.flat,
      framing: head.framing.kind,
      keepAlive: head.keepAlive,
      upgrade: head.upgrade.length > 0 && !('status' in head && head.status !== 101),
      body: undefined,
      trailers: [],
    });
    const body = bodyReader(head.framing, this.#sender, this.#limits);
    if (body.done) this.#complete(body);
    else this.#body = body;
    return this.#heads.rest;
  }

  #readBody(chunk: Buffer, body: ReturnType<typeof bodyReader>): Buffer {
    for (const range of body.push(chunk)) this.#data += range.toString('latin1');
    if (!body.done) return noBytes;
    this.#complete(body);
    return body.rest;
  }

  #complete(body: ReturnType<typeof bodyReader>): void {
    const message = this.messages.at(-1) as Message;
    message.body = this.#data;
    message.trailers = body.trailers.flat;
    this.#data = '';
    this.#body = undefined;
    if (message.upgrade || !message.keepAlive) {
      this.end = message.upgrade ? 'upgrade' : 'close';
      this.#over = true;
    }
  }
}

const noBytes = Buffer.alloc(0);

/** `bytes` cut at every offset in `cuts`. */
export function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const offsets = [...new Set([0, ...cuts, bytes.length])]
    .filter((offset) => offset <= bytes.length)
    .sort((a, b) => a - b);
  return offsets.slice(1).map((end, i) => bytes.subarray(offsets[i], end));
}

/** `bytes` in chunks of `size`. */
export function chunksOf(bytes: Buffer, size: number): Buffer[] {
  return cut(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => i * size),
  );
}
