/** Dates of header fields (RFC 9110, 5.6.7), in whole seconds since the epoch. */

/** `Sun, 06 Nov 1994 08:49:37 GMT` and `Sunday, 06-Nov-94 08:49:37 GMT`. */
const withZone = /^\w{3,9}, \d\d[ -][A-Z][a-z]{2}[ -](?:\d{4}|\d\d) \d\d:\d\d:\d\d GMT$/;

/** `Sun Nov  6 08:49:37 1994`, which is UTC, too. */
const withoutZone = /^\w{3} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Undefined for anything else. */
export function parseHttpDate(text: string): number | undefined {
  if (!withZone.test(text) && !withoutZone.test(text)) return undefined;
  const ms = Date.parse(withoutZone.test(text) ? `${text} GMT` : text);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

export function formatHttpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}
