/**
 * Whether text is a host with an optional port, as a `Host` field or an absolute target has it.
 *
 * Narrower than RFC 3986, 3.2.2, whose registered names may also hold `%41`, `,` or `;`: no host has such a name, and
 * servers disagree on what they mean. The underscore is in: service names of containers have it.
 */

import { colon } from './octets.ts';

const dot = 0x2e;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** What may stand in a name or an IPv4 address. */
const nameByte = tableOf(/[A-Za-z0-9\-._~]/);
/** What may stand between the brackets of an IPv6 address. */
const addressByte = tableOf(/[0-9A-Fa-f:.]/);

/** The highest port, 16 bits. */
const maxPort = 65_535;

/** `example.com`, `127.0.0.1:8022`, `[::1]:8022`, `example.com:`; no empty name and no empty label but a last one. */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (bytes[start] === openBracket) {
    at++;
    while (at < end && addressByte[bytes[at] as number] === 1) at++;
    // The shortest address is `::`.
    if (at < start + 3 || at === end || bytes[at] !== closeBracket) return false;
    at++;
  } else {
    let previous = dot;
    while (at < end && nameByte[bytes[at] as number] === 1) {
      const byte = bytes[at] as number;
      if (byte === dot && previous === dot) return false;
      previous = byte;
      at++;
    }
    if (at === start) return false;
  }
  return at === end || (bytes[at] === colon && isPort(bytes, at + 1, end));
}

/** The same of a text. */
export function isHostText(text: string): boolean {
  return isHost(Buffer.from(text, 'latin1'), 0, text.length);
}

/** Digits up to 65535, or nothing at all, which RFC 3986 allows behind the colon. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  let port = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
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
