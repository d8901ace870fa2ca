/**
 * Reads a message's body out of the bytes behind its head, whatever its framing, without copying them.
 *
 * What a reader gives out are views of the chunk that it was given. Knows nothing of sockets: holding a sender back is
 * for whoever reads from it.
 */
import { ChunkedBody } from './chunked-body.ts';
import { bodyError, type Sender } from './errors.ts';
import { type Fields, noFields } from './fields.ts';
import type { BodyFraming } from './framing.ts';
import type { HeadLimits } from './section-reader.ts';

export type { BodyFraming } from './framing.ts';

/** One body being read. */
export interface BodyReader {
  /**
   * Takes the next bytes and returns the body's among them, in order, as views; empty when there are none.
   * Not to be called once `done`. Throws `HW_HTTP_BODY` (from a client, 400) or `HW_HTTP_RESPONSE` (from an upstream,
   * 502) on broken framing; the connection cannot be used from then on.
   */
  push(chunk: Buffer): readonly Buffer[];
  /** The connection has ended. Throws the same errors when the body had not, unless it goes on until the close. */
  end(): void;
  /** Whether the body is complete. True from the start when there is none. */
  readonly done: boolean;
  /** The bytes of the last chunk that are behind the body. Valid once `done`. */
  readonly rest: Buffer;
  /** The fields behind a chunked body, as sent. Valid once `done`. */
  readonly trailers: Fields;
}

/** The reader of a body; `limits` are those of trailers. */
export function bodyReader(framing: BodyFraming, sender: Sender, limits: HeadLimits): BodyReader {
  switch (framing.kind) {
    case 'none':
      return new LengthBody(0, sender);
    case 'length':
      return new LengthBody(framing.length, sender);
    case 'chunked':
      return new ChunkedBody(sender, limits);
    case 'until-close':
      return new UntilCloseBody();
  }
}

const noBytes = Buffer.alloc(0);
const noData: readonly Buffer[] = [];

/** A body of so many bytes, which may be 0. */
class LengthBody implements BodyReader {
  rest: Buffer = noBytes;
  readonly trailers = noFields;
  readonly #sender: Sender;
  #left: number;

  constructor(length: number, sender: Sender) {
    this.#left = length;
    this.#sender = sender;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  push(chunk: Buffer): readonly Buffer[] {
    const left = this.#left;
    if (chunk.length <= left) {
      this.#left = left - chunk.length;
      return chunk.length === 0 ? noData : [chunk];
    }
    this.#left = 0;
    this.rest = chunk.subarray(left);
    return left === 0 ? noData : [chunk.subarray(0, left)];
  }

  end(): void {
    if (this.#left > 0) throw bodyError(this.#sender, `a body ended ${this.#left} bytes too early`);
  }
}

/** A response's body that ends with the connection. */
class UntilCloseBody implements BodyReader {
  readonly rest: Buffer = noBytes;
  readonly trailers = noFields;
  #done = false;

  get done(): boolean {
    return this.#done;
  }

  push(chunk: Buffer): readonly Buffer[] {
    return chunk.length === 0 ? noData : [chunk];
  }

  end(): void {
    this.#done = true;
  }
}
