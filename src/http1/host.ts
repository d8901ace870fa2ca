/**
 * Whether text is a host with an optional port, as a `Host` field or an absolute target has it.
 *
 * Narrower than RFC 3986, 3.2.2, whose registered names may also hold `%41`, `,` or `;`: no host has such a name, and
 * servers disagree on what they mean. The underscore is in: service names of containers have it.
 */

/** What may stand in a name or an IPv4 address. */
const nameCharacter = tableOf(/[A-Za-z0-9\-._~]/);
/** What may stand between the brackets of an IPv6 address. */
const addressCharacter = tableOf(/[0-9A-Fa-f:.]/);

/** The highest port, 16 bits. */
const maxPort = 65_535;

/** `example.com`, `127.0.0.1:8022`, `[::1]:8022`, `example.com:`; no empty name and no empty label. */
export function isHost(text: string): boolean {
  const length = text.length;
  let at = 0;
  if (length === 0) return false;
  if (text.charCodeAt(0) === 0x5b) {
    at = 1;
    while (at < length && addressCharacter[text.charCodeAt(at)] === 1) at++;
    if (at < 3 || text.charCodeAt(at) !== 0x5d) return false;
    at++;
  } else {
    let previousDot = true;
    while (at < length && nameCharacter[text.charCodeAt(at)] === 1) {
      const dot = text.charCodeAt(at) === 0x2e;
      if (dot && previousDot) return false;
      previousDot = dot;
      at++;
    }
    if (at === 0) return false;
  }
  return at === length || (text.charCodeAt(at) === 0x3a && isPort(text, at + 1));
}

/** Digits up to 65535, or nothing at all, which RFC 3986 allows behind the colon. */
function isPort(text: string, start: number): boolean {
  let port = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > maxPort) return false;
  }
  return true;
}

function tableOf(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    characters.test(String.fromCharCode(code)) ? 1 : 0,
  );
}
