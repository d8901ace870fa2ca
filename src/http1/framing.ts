/**
 * How long a message's body is, decided from its head once and for all (RFC 9112, 6.3).
 *
 * Where the standard leaves a choice between repairing and refusing, this refuses: two readers that repair differently
 * are what request smuggling lives on.
 */
import type { HatchwayError } from '../base/errors.ts';
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
function parseContentLength(value: string): number {
  if (value.length === 0 || value.length > maxLengthDigits) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return Number.isSafeInteger(length) ? length : -1;
}

/** How a request's body ends. Throws `HW_HTTP_FRAMING` (400) or `HW_HTTP_TRANSFER_CODING` (501). */
export function requestFraming(fields: Fields, minor: 0 | 1): BodyFraming {
  const coding = fields.getById(nameIds.transferEncoding);
  const lengthValue = fields.getById(nameIds.contentLength);
  if (coding !== undefined) {
    if (minor === 0) throw unclear('a request of HTTP/1.0 has a Transfer-Encoding');
    if (lengthValue !== undefined) {
      throw unclear('a request has Transfer-Encoding and Content-Length');
    }
    if (!isChunkedOnly(fields, coding)) {
      throw http1Error(
        'HW_HTTP_TRANSFER_CODING',
        'a request has a Transfer-Encoding other than chunked',
      );
    }
    return chunked;
  }
  if (lengthValue === undefined) return noBody;
  if (fields.isRepeated(nameIds.contentLength)) {
    throw unclear('a request has two Content-Length fields');
  }
  const length = parseContentLength(lengthValue);
  if (length === -1) throw unclear('the Content-Length of a request is not a number of bytes');
  return { kind: 'length', length };
}

/** How the body of a response to a request with `method` ends. Throws `HW_HTTP_RESPONSE` (502). */
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
    if (length === -1) {
      throw unclearResponse('the Content-Length of a response is not a number of bytes');
    }
  }
  if (method === 'HEAD' || isBodiless(status)) return noBody;
  if (coding !== undefined) return chunked;
  return lengthValue === undefined ? untilClose : { kind: 'length', length };
}

/** Whether a response of that status ends with its head whatever its fields say. */
function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/**
 * Whether fields announce a body that a response of this status cannot have: its sender may send one all the same,
 * and whoever used the connection again would take it for the next response.
 */
export function announcesImpossibleBody(fields: Fields, status: number): boolean {
  if (status >= 200 && status !== 204) return false;
  if (fields.getById(nameIds.transferEncoding) !== undefined) return true;
  const length = fields.getById(nameIds.contentLength);
  return length !== undefined && parseContentLength(length) !== 0;
}

/** What of `Connection` concerns the connection itself: a sum of the bits below. */
export type ConnectionOptions = number;

export const closeOption = 1;
export const keepAliveOption = 2;
export const upgradeOption = 4;

/** The options of all `Connection` fields. */
export function connectionOptions(fields: Fields): ConnectionOptions {
  const connection = fields.getById(nameIds.connection);
  if (connection === undefined) return 0;
  if (fields.isRepeated(nameIds.connection)) {
    return fields.all('connection').reduce((options, value) => options | optionsIn(value), 0);
  }
  // What browsers, curl and nginx send.
  switch (connection) {
    case 'keep-alive':
      return keepAliveOption;
    case 'close':
      return closeOption;
    case 'Upgrade':
    case 'upgrade':
      return upgradeOption;
    default:
      return optionsIn(connection);
  }
}

function optionsIn(connection: string): ConnectionOptions {
  return (
    (listHasToken(connection, 'close') ? closeOption : 0) |
    (listHasToken(connection, 'keep-alive') ? keepAliveOption : 0) |
    (listHasToken(connection, 'upgrade') ? upgradeOption : 0)
  );
}

/** Whether the sender would use the connection again after this message (RFC 9112, 9.3). */
export function wantsKeepAlive(options: ConnectionOptions, minor: 0 | 1): boolean {
  if ((options & closeOption) !== 0) return false;
  return minor === 1 || (options & keepAliveOption) !== 0;
}

/** The protocols of `Upgrade`, in lower case; none unless `Connection` lists it and the version is 1.1 (RFC 9110, 7.8). */
export function upgradeTokens(
  fields: Fields,
  options: ConnectionOptions,
  minor: 0 | 1,
): readonly string[] {
  if (minor === 0 || (options & upgradeOption) === 0) return noTokens;
  const upgrade = fields.getById(nameIds.upgrade);
  if (upgrade === undefined) return noTokens;
  if (upgrade === 'websocket' && !fields.isRepeated(nameIds.upgrade)) return webSocketOnly;
  return tokensOf(fields.all('upgrade'));
}

const noTokens: readonly string[] = [];
const webSocketOnly: readonly string[] = ['websocket'];

function isChunkedOnly(fields: Fields, coding: string): boolean {
  return !fields.isRepeated(nameIds.transferEncoding) && coding.toLowerCase() === 'chunked';
}

function unclear(message: string): HatchwayError {
  return http1Error('HW_HTTP_FRAMING', message);
}

function unclearResponse(message: string): HatchwayError {
  return http1Error('HW_HTTP_RESPONSE', message);
}
