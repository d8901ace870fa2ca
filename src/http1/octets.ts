/**
 * Classes of bytes in HTTP/1.1, as tables for the readers' inner loops, and the few bytes that have names.
 * Source: RFC 9110, 5.6.2 (token) and 5.5 (field values); RFC 3986, 2 and 3.3.
 */

export const tab = 0x09;
export const lf = 0x0a;
export const cr = 0x0d;
export const space = 0x20;
export const colon = 0x3a;

/** 1 for the bytes of a token: methods and field names. */
export const tokenByte = tableOf((byte) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)),
);

/** 1 for the bytes of a field value or reason: visible ASCII, space, tab, and bytes from 0x80 on (obs-text). */
export const valueByte = tableOf(
  (byte) => byte === tab || (byte >= space && byte <= 0x7e) || byte >= 0x80,
);

/**
 * 1 for the bytes of a request target: visible ASCII but `#`.
 *
 * Wider than RFC 3986, because browsers send `|`, `^`, `{` and the like as they are in a query. Bytes from 0x80 on are
 * refused: which characters they are is a guess. So is `#`: some servers cut the target there, others do not.
 */
export const targetByte = tableOf((byte) => byte > space && byte <= 0x7e && byte !== 0x23);

function tableOf(contains: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (contains(byte) ? 1 : 0));
}

/** `0x0d`: a byte as messages name it. */
export function byteName(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
