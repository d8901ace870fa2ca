/** The head of an answer that is a file, and which parts of the file follow. Makes text; reads and sends nothing. */
import { randomInt } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { fieldLineIfValid } from '../../http1/head-writer.ts';
import { formatHttpDate } from '../http-date.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { Validators } from './preconditions.ts';

/** A part of the file, and the text in front of it. */
export type FilePart = ByteRange & { readonly before: string };

/** What is sent of a file. */
export type FileBody = {
  readonly parts: readonly FilePart[];
  /** Text behind the last part. */
  readonly after: string;
  /** Of the whole, in bytes. */
  readonly length: number;
  /** Undefined for a file without. */
  readonly type: string | undefined;
  /** Of the only part, for its Content-Range. */
  readonly range: string | undefined;
};

/** All of it. */
export function wholeFile(size: number, type: string | undefined): FileBody {
  const parts = [{ before: '', start: 0, end: size }];
  return { parts, after: '', length: size, type, range: undefined };
}

/** One range as it is, several as `multipart/byteranges` (RFC 9110, 14.6), as nginx does. */
export function rangesOfFile(
  ranges: readonly ByteRange[],
  size: number,
  type: string | undefined,
): FileBody {
  const rangeText = ({ start, end }: ByteRange) => `bytes ${start}-${end - 1}/${size}`;
  const [first, ...more] = ranges;
  if (first !== undefined && more.length === 0) {
    const parts = [{ before: '', ...first }];
    return { parts, after: '', length: first.end - first.start, type, range: rangeText(first) };
  }
  // As nginx's, 20 digits; that a file has them by chance behind two hyphens is nothing to fear.
  const boundary = String(randomInt(2 ** 47)).padStart(20, '0');
  const typeLine = type === undefined ? '' : fieldLineIfValid('Content-Type', type);
  const parts = ranges.map((range) => ({
    ...range,
    before: `\r\n--${boundary}\r\n${typeLine}Content-Range: ${rangeText(range)}\r\n\r\n`,
  }));
  const after = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce(
    (sum, { before, start, end }) => sum + before.length + end - start,
    after.length,
  );
  const ofAll = `multipart/byteranges; boundary=${boundary}`;
  return { parts, after, length, type: ofAll, range: undefined };
}

/**
 * The lines of one answer, without those about the connection. Last-Modified is for the file itself, not for one that is the page
 * of an error.
 *
 * @param hasRanges whether a client may ask for a part
 */
export function fileLines(
  status: number,
  { etag, modifiedAt }: Validators,
  body: FileBody | undefined,
  hasRanges: boolean,
): string {
  let lines = `Date: ${new Date().toUTCString()}\r\n`;
  if (body !== undefined) {
    if (body.type !== undefined) lines += fieldLineIfValid('Content-Type', body.type);
    lines += `Content-Length: ${body.length}\r\n`;
  }
  if (status === 200 || status === 206 || status === 304) {
    lines += `Last-Modified: ${formatHttpDate(modifiedAt)}\r\n`;
  }
  if (etag !== undefined) lines += `ETag: ${etag}\r\n`;
  if (status === 200 && hasRanges) lines += 'Accept-Ranges: bytes\r\n';
  if (body?.range !== undefined) lines += `Content-Range: ${body.range}\r\n`;
  return lines;
}

export function fileStatusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
}
