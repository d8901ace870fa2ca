/**
 * Everything that can be wrong with an HTTP/1.1 message, and what its sender is told.
 *
 * A message is either read in the one way that the standard has for it, or it is refused: a gateway that guesses
 * guesses differently from the server behind it, and that difference is request smuggling.
 */
import { type ErrorSpec, errorsOf, type HatchwayError } from '../base/errors.ts';

export const http1Errors = {
  HW_HTTP_REQUEST_LINE: {
    status: 400,
    summary: 'The request line is not one of HTTP/1.1.',
    remedy:
      'Send a method, one space, the target with everything unusual percent-encoded, one space, HTTP/1.1.',
  },
  HW_HTTP_FIELD: {
    status: 400,
    summary: 'A header or trailer field is malformed.',
    remedy:
      'Send "Name: value" on one line ended by CRLF, without a space before the colon or control characters.',
  },
  HW_HTTP_HOST: {
    status: 400,
    summary: 'The host is missing, given twice, or is no host name or address.',
    remedy: 'Send exactly one Host field with a name or an address and, where needed, a port.',
  },
  HW_HTTP_FRAMING: {
    status: 400,
    summary: 'Where the body ends is not clear.',
    remedy: 'Send either one Content-Length in digits or, in HTTP/1.1, Transfer-Encoding: chunked.',
  },
  HW_HTTP_BODY: {
    status: 400,
    summary: 'The body is not what its framing announced.',
    remedy:
      'Send as many bytes as announced; with chunks, only hexadecimal sizes and lines ended by CRLF.',
  },
  HW_HTTP_TARGET_TOO_LONG: {
    status: 414,
    summary: 'The address is too long.',
    remedy: 'Shorten the query, or raise the limit for the bytes of a head.',
  },
  HW_HTTP_HEAD_TOO_LARGE: {
    status: 431,
    summary: 'The header fields are too large or too many.',
    remedy: 'Clear the cookies of this site, or raise the limits for a head.',
  },
  HW_HTTP_METHOD: {
    status: 501,
    summary: 'The method is too long to be one.',
    remedy: 'Send a registered method, such as GET or POST.',
  },
  HW_HTTP_TRANSFER_CODING: {
    status: 501,
    summary: 'The transfer coding is not supported.',
    remedy: 'Send Transfer-Encoding: chunked and nothing else; compress with Content-Encoding.',
  },
  HW_HTTP_VERSION: {
    status: 505,
    summary: 'This is a version of HTTP that is not spoken here.',
    remedy: 'Speak HTTP/1.1.',
  },
  HW_HTTP_RESPONSE: {
    status: 502,
    summary: 'The server behind this address sent something that is not a clear HTTP/1.1 response.',
    remedy:
      'Check that the upstream speaks HTTP/1.1 on this port and frames its bodies in one way only.',
  },
  HW_HTTP_RESPONSE_TOO_LARGE: {
    status: 502,
    summary: 'The server behind this address sent header fields that are too large or too many.',
    remedy:
      'Look for what makes the response head grow (often cookies), or raise the limits for a head.',
  },
  HW_HTTP_WRITE: {
    status: 500,
    summary: 'A header to be sent would have broken out of its line.',
    remedy:
      'Look for control characters in what the configuration or an application sets as a header.',
  },
} as const satisfies Record<`HW_${string}`, ErrorSpec>;

/** Makes an error of this domain. The message quotes nothing of the sender's beyond single bytes. */
export const http1Error = errorsOf(http1Errors);

/** Who sent a message: it decides between blame (4xx) and apology (502). */
export type Sender = 'client' | 'upstream';

/** The error for a body, its chunks or its trailers that break their framing: 400 for a client, 502 for an upstream. */
export function bodyError(sender: Sender, message: string): HatchwayError {
  return http1Error(sender === 'client' ? 'HW_HTTP_BODY' : 'HW_HTTP_RESPONSE', message);
}
