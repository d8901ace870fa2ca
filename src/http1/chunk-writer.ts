/**
 * Encodes a chunked body (RFC 9112, 7.1): around the data of one chunk go `chunkHeader(length)` and `chunkEnd`, behind
 * the last one goes `lastChunk()`. Never writes an extension.
 */
import { checkedFieldLines } from './head-writer.ts';

/** Behind the data of every chunk but the last. */
export const chunkEnd = '\r\n';

/** In front of a chunk of `length` bytes, which must not be 0: that would end the body. */
export function chunkHeader(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** The end of a body; `trailers` is a flat array of names and values. Throws `HW_HTTP_WRITE` on one that is unsafe. */
export function lastChunk(trailers: readonly string[] = noTrailers): string {
  return trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${checkedFieldLines(trailers)}\r\n`;
}

const noTrailers: readonly string[] = [];
