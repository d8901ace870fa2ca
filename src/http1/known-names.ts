/**
 * Field names that are met all the time, each with a small number.
 *
 * The readers recognise them in bytes without making a string, and everybody downstream compares numbers instead of
 * names of unknown case. A name that is not here has number 0 and works the same, only slower. What a field means is
 * not decided here.
 */
import { area, areaView } from './section-area.ts';

/** The numbers of names that decide about framing, routing and connections; below 31, so that a set of them fits one integer. */
export const nameIds = {
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
} as const;

/** Names with numbers below this can be looked up in the bit sets of `Fields`. */
export const bitSetIds = 31;

/** As most senders write them, by number; 0 is no name. The first six are `nameIds`. */
export const knownNames: readonly string[] = [
  '',
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Upgrade',
  'Expect',
  'Keep-Alive',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'HTTP2-Settings',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'Authorization',
  'Origin',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Real-IP',
  'Referer',
  'User-Agent',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Sec-WebSocket-Accept',
  'Accept',
  'Accept-Charset',
  'Accept-Encoding',
  'Accept-Language',
  'Accept-Ranges',
  'Access-Control-Allow-Credentials',
  'Access-Control-Allow-Headers',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
  'Age',
  'Allow',
  'Alt-Svc',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Location',
  'Content-Range',
  'Content-Security-Policy',
  'Content-Type',
  'Cross-Origin-Embedder-Policy',
  'Cross-Origin-Opener-Policy',
  'Cross-Origin-Resource-Policy',
  'Date',
  'DNT',
  'ETag',
  'Expires',
  'From',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'If-Unmodified-Since',
  'Last-Event-ID',
  'Last-Modified',
  'Link',
  'Location',
  'Max-Forwards',
  'Permissions-Policy',
  'Pragma',
  'Priority',
  'Purpose',
  'Range',
  'Referrer-Policy',
  'Refresh',
  'Retry-After',
  'Save-Data',
  'Sec-CH-UA',
  'Sec-CH-UA-Mobile',
  'Sec-CH-UA-Platform',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Fetch-User',
  'Sec-GPC',
  'Sec-Purpose',
  'Server',
  'Server-Timing',
  'Strict-Transport-Security',
  'Timing-Allow-Origin',
  'Traceparent',
  'Tracestate',
  'Upgrade-Insecure-Requests',
  'Vary',
  'Via',
  'Warning',
  'WWW-Authenticate',
  'X-Accel-Buffering',
  'X-Content-Type-Options',
  'X-CSRF-Token',
  'X-Frame-Options',
  'X-Powered-By',
  'X-Registry-Auth',
  'X-Request-ID',
  'X-Requested-With',
  'X-XSS-Protection',
];

const idByLowerName = new Map(knownNames.map((name, id) => [name.toLowerCase(), id]));

/** The number of a name given in lower case; 0 when it is not a known one. */
export function idOfLowerName(lowerName: string): number {
  return idByLowerName.get(lowerName) ?? 0;
}

/**
 * A known name as it was sent: its number and, as nearly everybody uses one of two spellings (`Content-Type`,
 * `content-type`), which of these. 0 is any other name.
 */
export type KnownName = number;

const spellingBits = 2;
const otherSpelling = 0;
const canonicalSpelling = 1;
const lowerSpelling = 2;

/** By `KnownName`: the name as sent; undefined where that is in neither spelling, such as `CONTENT-TYPE`. */
const texts = new Array<string | undefined>(knownNames.length << spellingBits).fill(undefined);
/** All texts one after the other, a colon behind each. */
const textBytes = Buffer.alloc(2 * knownNames.reduce((sum, name) => sum + name.length + 1, 0));
const textView = new DataView(textBytes.buffer, textBytes.byteOffset, textBytes.length);
/** By `KnownName`: where its text begins in `textBytes`, and the length of it without the colon. */
const textStarts = new Uint16Array(knownNames.length << spellingBits);
const textLengths = new Uint8Array(knownNames.length << spellingBits);

/** Slots of the hash table, a power of two several times the number of names so that most lookups probe once. */
const slots = 512;
/** Numbers of names by hash, 0 where a slot is free. */
const idBySlot = new Uint8Array(slots);

let textEnd = 0;
for (let id = 1; id < knownNames.length; id++) {
  const canonical = knownNames[id] as string;
  for (const spelling of [canonicalSpelling, lowerSpelling]) {
    const name = (id << spellingBits) | spelling;
    const text = spelling === lowerSpelling ? canonical.toLowerCase() : canonical;
    texts[name] = text;
    textStarts[name] = textEnd;
    textLengths[name] = text.length;
    textEnd += textBytes.write(`${text}:`, textEnd, 'latin1');
  }
  let slot = slotOf(textBytes, textEnd - canonical.length - 1, canonical.length);
  while (idBySlot[slot] !== 0) slot = (slot + 1) & (slots - 1);
  idBySlot[slot] = id;
}

/** From the length and three bytes, in such a way that case makes no difference. */
function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const first = (bytes[start] as number) | 0x20;
  const middle = (bytes[start + (length >> 1)] as number) | 0x20;
  const last = (bytes[start + length - 1] as number) | 0x20;
  return (length * 31 + first * 7 + middle * 19 + last * 3) & (slots - 1);
}

/** The number of a name; 0 when it is not a known one. */
export function idOfKnownName(name: KnownName): number {
  return name >> spellingBits;
}

/** The known name that a text is, in any case; 0 when it is none. */
export function knownNameOf(text: string): KnownName {
  const id = idOfLowerName(text.toLowerCase());
  if (id === 0) return 0;
  const canonical = (id << spellingBits) | canonicalSpelling;
  const lower = (id << spellingBits) | lowerSpelling;
  if (texts[canonical] === text) return canonical;
  return texts[lower] === text ? lower : (id << spellingBits) | otherSpelling;
}

/** The name as sent; undefined when it is not a known one, or in an unusual spelling. */
export function textOfKnownName(name: KnownName): string | undefined {
  return texts[name];
}

/** The length of the name; 0 when it is not a known one, or in an unusual spelling. */
export function lengthOfKnownName(name: KnownName): number {
  return textLengths[name] as number;
}

/** The known name that is, in any case, the token from `start` to the colon at `end` in `area`; 0 when none is. */
export function knownNameIn(start: number, end: number): KnownName {
  const length = end - start;
  let slot = slotOf(area, start, length);
  for (;;) {
    const id = idBySlot[slot] as number;
    if (id === 0) return 0;
    const canonical = (id << spellingBits) | canonicalSpelling;
    const lower = (id << spellingBits) | lowerSpelling;
    if (textLengths[lower] === length) {
      if (isKnownNameAt(start, canonical)) return canonical;
      if (isKnownNameAt(start, lower)) return lower;
      if (isSameToken(start, lower)) return (id << spellingBits) | otherSpelling;
    }
    slot = (slot + 1) & (slots - 1);
  }
}

/**
 * Whether `name`, in just this spelling, and a colon stand in `area` from `start` on.
 * Always false for names of less than three letters, which do not fill a word with the colon.
 */
export function isKnownNameAt(start: number, name: KnownName): boolean {
  const textStart = textStarts[name] as number;
  const last = (textLengths[name] as number) - 3;
  if (last < 0) return false;
  // The last word overlaps the one before it. To leave at the first difference would cost more than to go on.
  let difference =
    areaView.getInt32(start + last, true) ^ textView.getInt32(textStart + last, true);
  for (let i = 0; i < last; i += 4) {
    difference |= areaView.getInt32(start + i, true) ^ textView.getInt32(textStart + i, true);
  }
  return difference === 0;
}

/** Whether the token in `area` from `start` on is `lower` but for its case. Of a token's bytes, only letters have one. */
function isSameToken(start: number, lower: KnownName): boolean {
  const length = textLengths[lower] as number;
  const textStart = textStarts[lower] as number;
  for (let i = 0; i < length; i++) {
    if (((area[start + i] as number) | 0x20) !== textBytes[textStart + i]) return false;
  }
  return true;
}
