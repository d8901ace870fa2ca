/**
 * Field names that are met all the time, each with a small number.
 *
 * The readers recognise them in bytes without making a string, and everybody downstream compares numbers instead of
 * names of unknown case. A name that is not here has number 0 and works the same, only slower. What a field means is
 * not decided here.
 */

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

/** A known name as the byte table finds it. */
type Entry = {
  readonly id: number;
  /** In lower case. */
  readonly bytes: Uint8Array;
  /** The two spellings that are sent: `Content-Type` and `content-type`. */
  readonly canonical: string;
  readonly lower: string;
};

/** Slots of the table, a power of two several times the number of names so that most lookups probe once. */
const slots = 512;
const table: (Entry | undefined)[] = new Array(slots).fill(undefined);
for (let id = 1; id < knownNames.length; id++) {
  const canonical = knownNames[id] as string;
  const lower = canonical.toLowerCase();
  const bytes = Buffer.from(lower, 'latin1');
  let slot = slotOf(bytes, 0, bytes.length);
  while (table[slot] !== undefined) slot = (slot + 1) & (slots - 1);
  table[slot] = { id, bytes, canonical, lower };
}

/** From the length and three bytes; what differs only in case falls into one slot. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = (bytes[start] as number) | 0x20;
  const last = (bytes[end - 1] as number) | 0x20;
  const middle = (bytes[start + (length >> 1)] as number) | 0x20;
  return (length * 31 + first * 7 + middle * 19 + last * 3) & (slots - 1);
}

/** The number of the name that stands in `bytes` from `start` to `end`, in any case; 0 when it is not a known one. */
export function idOfNameBytes(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let slot = slotOf(bytes, start, end);
  for (let entry = table[slot]; entry !== undefined; entry = table[slot]) {
    const lower = entry.bytes;
    if (lower.length === length) {
      let i = 0;
      // Only letters differ in bit 0x20 within a token: no token byte turns into another name's byte by it but they.
      while (i < length && ((bytes[start + i] as number) | 0x20) === (lower[i] as number)) i++;
      if (i === length) return entry.id;
    }
    slot = (slot + 1) & (slots - 1);
  }
  return 0;
}
