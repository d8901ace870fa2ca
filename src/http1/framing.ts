/**
 * How long a message's body is, decided from its head once and for all (RFC 9112, 6.3).
 *
 * Where the standard leaves a choice between repairing and refusing, this refuses: two readers that repair differently
 * are what request smuggling lives on.
 */
import { http1Error } from './errors.ts';
import { type Fields, listHasToken, tokensOf } from './fields.ts';
import { nameIds } from './known-names.ts';

/** Where a body ends. */
export type BodyFraming =
  | { readonly kind: 'none' }
  /** After so many bytes. */
  | { readonly kind: 'length'; readonly length: number }
  /** After the chunk of size 0 and its trailers. */
  | { readonly kind: 'chunked' }
  /** When the connection ends; responses only. */
  | { readonly kind: 'until-close' };

const noBody: BodyFraming = { kind: 'none' };
const chunked: BodyFraming = { kind: 'chunked' };
const untilClose: BodyFraming = { kind: 'until-close' };

/** Digits in the largest Content-Length, 2^53 - 1; more are refused even when they are zeros. */
const maxLengthDigits = 16;

/** The value of a Content-Length field, or -1 unless it is 1 to 16 digits of at most 2^53 - 1. */
export function parseContentLength(value: string): number {
  if (value.length === 0 || value.length > maxLengthDigits) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return Number.isSafeInteger(length) ? length : -1;
}

/** Throws `HW_HTTP_FRAMING` (400) or `HW_HTTP_TRANSFER_CODING` (501). */
export function requestFraming(fields: Fields, minor: 0 | 1): BodyFraming {
  const coding = fields.getById(nameIds.transferEncoding);
  const lengthValue = fields.getById(nameIds.contentLength);
  if (coding !== undefined) {
    if (minor === 0) throw unclear('a request of HTTP/1.0 has a Transfer-Encoding');
    if (lengthValue !== undefined)
      throw unclear('a request has Transfer-Encoding and Content-Length');
    if (!isChunkedOnly(fields, coding)) {
      throw http1Error(
        'HW_HTTP_TRANSFER_CODING',
        'a request has a Transfer-Encoding other than chunked',
      );
    }
    return chunked;
  }
  if (lengthValue === undefined) return noBody;
  if (fields.isRepeated(nameIds.contentLength))
    throw unclear('a request has two Content-Length fields');
  const length = parseContentLength(lengthValue);
  if (length === -1) throw unclear('the Content-Length of a request is not a number of bytes');
  return { kind: 'length', length };
}

/** `method` is that of the request. Throws `HW_HTTP_RESPONSE` (502). */
export function responseFraming(
  fields: Fields,
  minor: 0 | 1,
  status: number,
  method: string,
): BodyFraming {
  const coding = fields.getById(nameIds.transferEncoding);
  const lengthValue = fields.getById(nameIds.contentLength);
  let length = 0;
  if (coding !== undefined) {
    if (minor === 0) throw unclearResponse('a response of HTTP/1.0 has a Transfer-Encoding');
    if (lengthValue !== undefined) {
      throw unclearResponse('a response has Transfer-Encoding and Content-Length');
    }
    if (!isChunkedOnly(fields, coding)) {
      throw unclearResponse('a response has a Transfer-Encoding other than chunked');
    }
  } else if (lengthValue !== undefined) {
    if (fields.isRepeated(nameIds.contentLength)) {
      throw unclearResponse('a response has two Content-Length fields');
    }
    length = parseContentLength(lengthValue);
    if (length === -1)
      throw unclearResponse('the Content-Length of a response is not a number of bytes');
  }
  if (method === 'HEAD' || isBodiless(status)) return noBody;
  if (coding !== undefined) return chunked;
  return lengthValue === undefined ? untilClose : { kind: 'length', length };
}

/** Whether a response of that status ends with its head whatever its fields say. */
export function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** Whether the sender means to keep the connection after this message (RFC 9112, 9.3). */
export function wantsKeepAlive(fields: Fields, minor: 0 | 1): boolean {
  const connection = fields.getById(nameIds.connection);
  if (connection === undefined) return minor === 1;
  if (!fields.isRepeated(nameIds.connection)) {
    return minor === 1
      ? !listHasToken(connection, 'close')
      : listHasToken(connection, 'keep-alive') && !listHasToken(connection, 'close');
  }
  const options = tokensOf(fields.all('connection'));
  return !options.includes('close') && (minor === 1 || options.includes('keep-alive'));
}

/** The protocols of `Upgrade`, in lower case; none unless `Connection` lists it and the version is 1.1 (RFC 9110, 7.8). */
export function upgradeTokens(fields: Fields, minor: 0 | 1): readonly string[] {
  if (minor === 0 || fields.getById(nameIds.upgrade) === undefined) return noTokens;
  if (!fields.all('connection').some((value) => listHasToken(value, 'upgrade'))) return noTokens;
  return tokensOf(fields.all('upgrade'));
}

const noTokens: readonly string[] = [];

function isChunkedOnly(fields: Fields, coding: string): boolean {
  return !fields.isRepeated(nameIds.transferEncoding) && coding.toLowerCase() === 'chunked';
}

function unclear(message: string) {
  return http1Error('HW_HTTP_FRAMING', message);
}

function unclearResponse(message: string) {
  return http1Error('HW_HTTP_RESPONSE', message);
}
