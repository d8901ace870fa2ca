/**
 * Decodes a chunked body (RFC 9112, 7.1): strict, resumable at every byte, and without copying data of any size.
 *
 *   size [;extension] CRLF data CRLF  …  0 [;extension] CRLF *( field CRLF ) CRLF
 *
 * Extensions are counted and dropped. They may consist of tokens only: readers disagree on where a quoted string ends,
 * and hardly anybody sends any at all. Encoding is in `chunk-writer.ts`.
 */
import type { HatchwayError } from '../base/errors.ts';
import type { BodyReader } from './body.ts';
import { bodyError, type Sender } from './errors.ts';
import { type Fields, noFields } from './fields.ts';
import { byteName, cr, lf, tokenByte } from './octets.ts';
import { fieldStartPhase, type HeadLimits, SectionReader } from './section-reader.ts';

const sizeStart = 0;
const sizeDigits = 1;
const extensionStart = 2;
const extension = 3;
const sizeLf = 4;
const data = 5;
const dataCr = 6;
const dataLf = 7;
const trailerSection = 8;
const complete = 9;

const semicolon = 0x3b;
const equalsSign = 0x3d;

/** Digits of a chunk size; 14 hold 2^53 - 1, and nobody sends many leading zeros. */
const maxSizeDigits = 16;

/** Bytes of extensions in one body: without a limit they are a way to send much and say nothing. */
const maxExtensionBytes = 16 * 1024;

/** A shorter piece of data is copied: that costs no more than a view of it. */
const viewBytes = 512;

/** The most that is copied into one piece of memory, small enough for Node's pool. */
const gatherBytes = 4096;

/** Value of a hexadecimal digit by its byte; 255 for all others. */
const hexValue = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

const noBytes = Buffer.alloc(0);
const noData: readonly Buffer[] = [];

export class ChunkedBody implements BodyReader {
  rest: Buffer = noBytes;
  trailers: Fields = noFields;
  readonly #sender: Sender;
  readonly #limits: HeadLimits;
  #state = sizeStart;
  /** Size of the current chunk as far as it is read; within its data, the bytes still to come. */
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerReader: TrailerReader | undefined;
  readonly #ranges = new DataRanges();

  constructor(sender: Sender, limits: HeadLimits) {
    this.#sender = sender;
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === complete;
  }

  push(chunk: Buffer): readonly Buffer[] {
    const length = chunk.length;
    const ranges = this.#ranges;
    let state = this.#state;
    let at = 0;
    while (at < length && state !== complete) {
      if (state === data) {
        const end = Math.min(at + this.#left, length);
        ranges.add(chunk, at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) state = dataCr;
      } else if (state === trailerSection) {
        at = this.#readTrailers(chunk, at);
        state = this.#state;
      } else {
        state = this.#step(state, chunk[at] as number);
        at++;
      }
    }
    this.#state = state;
    if (state === complete && at < length) this.rest = chunk.subarray(at);
    return ranges.take();
  }

  end(): void {
    if (this.#state !== complete) throw this.#broken('it ended before its last chunk');
  }

  /** The state after one byte of framing. */
  #step(state: number, byte: number): number {
    switch (state) {
      case sizeStart:
      case sizeDigits: {
        const value = hexValue[byte] as number;
        if (value !== 255) {
          this.#left = this.#left * 16 + value;
          this.#digits++;
          if (this.#digits > maxSizeDigits || this.#left > Number.MAX_SAFE_INTEGER) {
            throw this.#broken('a chunk size is too large');
          }
          return sizeDigits;
        }
        if (state === sizeDigits && byte === cr) return sizeLf;
        if (state === sizeDigits && byte === semicolon) return extensionStart;
        throw this.#broken(`${byteName(byte)} in a chunk size`);
      }
      case extensionStart:
        if (tokenByte[byte] !== 1) throw this.#broken(`${byteName(byte)} in a chunk extension`);
        return extension;
      case extension:
        if (byte === cr) return sizeLf;
        if (tokenByte[byte] !== 1 && byte !== semicolon && byte !== equalsSign) {
          throw this.#broken(`${byteName(byte)} in a chunk extension`);
        }
        this.#extensionBytes++;
        if (this.#extensionBytes > maxExtensionBytes) {
          throw this.#broken('its chunk extensions are too long');
        }
        return extension;
      case sizeLf:
        if (byte !== lf) throw this.#broken('a CR without LF behind a chunk size');
        this.#digits = 0;
        return this.#left === 0 ? trailerSection : data;
      case dataCr:
        if (byte !== cr) throw this.#broken('a chunk is longer than its size');
        return dataLf;
      default:
        if (byte !== lf) throw this.#broken('a CR without LF behind a chunk');
        return sizeStart;
    }
  }

  /** Returns the offset behind the bytes used. */
  #readTrailers(chunk: Buffer, at: number): number {
    // Nearly every body ends here, without trailers.
    if (this.#trailerReader === undefined && chunk[at] === cr && chunk[at + 1] === lf) {
      this.#state = complete;
      return at + 2;
    }
    this.#trailerReader ??= new TrailerReader(this.#sender, this.#limits);
    const trailers = this.#trailerReader.push(chunk.subarray(at));
    if (trailers === undefined) {
      this.#state = trailerSection;
      return chunk.length;
    }
    this.#state = complete;
    this.trailers = trailers;
    return chunk.length - this.#trailerReader.rest.length;
  }

  #broken(reason: string): HatchwayError {
    return bodyError(this.#sender, `a chunked body is malformed: ${reason}`);
  }
}

/**
 * The data in one chunk of bytes: views of it, in order. Pieces too small to be worth one are copied together, so that
 * a sender of many tiny chunks does not cause as many writes.
 */
class DataRanges {
  #ranges: Buffer[] = [];
  #gathered: Buffer | undefined;
  #gatheredLength = 0;

  add(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    const room = this.#gathered === undefined ? 0 : this.#gathered.length - this.#gatheredLength;
    if (length >= viewBytes || length > room) this.#flush();
    if (length >= viewBytes) {
      this.#ranges.push(chunk.subarray(start, end));
      return;
    }
    this.#gathered ??= Buffer.allocUnsafe(Math.min(chunk.length - start, gatherBytes));
    this.#gatheredLength += chunk.copy(this.#gathered, this.#gatheredLength, start, end);
  }

  take(): readonly Buffer[] {
    this.#flush();
    const ranges = this.#ranges;
    if (ranges.length === 0) return noData;
    this.#ranges = [];
    return ranges;
  }

  #flush(): void {
    if (this.#gathered === undefined) return;
    this.#ranges.push(this.#gathered.subarray(0, this.#gatheredLength));
    this.#gathered = undefined;
    this.#gatheredLength = 0;
  }
}

/** The fields between the last chunk and the end of the body. */
class TrailerReader extends SectionReader<Fields> {
  readonly #sender: Sender;

  constructor(sender: Sender, limits: HeadLimits) {
    super(limits, fieldStartPhase);
    this.#sender = sender;
  }

  protected override readStartLine(): void {}

  protected override finish(text: string): Fields {
    return this.fieldsOf(text);
  }

  protected override malformed(reason: string): HatchwayError {
    return bodyError(this.#sender, `trailers have ${reason}`);
  }

  protected override tooLarge(): HatchwayError {
    const { headBytes, headFields } = this.limits;
    return bodyError(
      this.#sender,
      `trailers of more than ${headBytes} bytes or ${headFields} fields`,
    );
  }
}
