/**
 * A request of HTTP/2 as the head of an HTTP/1.1 one, so that everything behind sees one kind of request only.
 *
 * What an HTTP/1.1 reader could take for something else is refused here: fields about a connection that HTTP/2 does not
 * have, two hosts, line ends in values, a target that names its own host. What is left is still read by the strict
 * reader of `http1/`, which decides whether it is a request at all. Knows nothing of streams.
 *
 * One thing cannot be refused here: a field whose name or value holds a character that is forbidden (CR, LF, NUL, other
 * controls) makes a request malformed, but nghttp2 below Node leaves it out before anybody is told of it. It reaches no
 * upstream either way.
 *
 * Source: RFC 9113, 8.2 and 8.3; RFC 8441, 4 and 5.
 */
import { randomBytes } from 'node:crypto';
import type { HatchwayError } from '../../base/errors.ts';
import { isHostText } from '../../http1/host.ts';
import { byteName, space, tab, targetByte, tokenByte, valueByte } from '../../http1/octets.ts';
import { gatewayError } from '../errors.ts';

/** How the rest of a stream becomes the rest of an HTTP/1.1 message. */
export type RequestBody =
  | { readonly kind: 'none' }
  /** As many bytes as announced, as they are. */
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** What a WebSocket sends, as it is, and its end as the end. */
  | { readonly kind: 'tunnel' };

export type Http1Request = {
  /** Of the HTTP/1.1 request: GET for a WebSocket. */
  readonly method: string;
  /** Host and port as sent; undefined when there was none, which the reader behind refuses. */
  readonly host: string | undefined;
  readonly body: RequestBody;
  /** The head with its empty line, one character a byte. */
  readonly text: string;
};

/** The pseudo-fields of requests (RFC 9113, 8.3.1; RFC 8441, 4). */
type PseudoName = ':method' | ':scheme' | ':authority' | ':path' | ':protocol';

const pseudoNames: readonly string[] = [
  ':method',
  ':scheme',
  ':authority',
  ':path',
  ':protocol',
] satisfies PseudoName[];

/** RFC 9113, 8.2.2: a request with one of them is malformed. */
const connectionFields: readonly string[] = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
];

/** Belong to the handshake of HTTP/1.1, where the gateway makes its own (RFC 8441, 5). */
const handshakeFields: readonly string[] = ['sec-websocket-key', 'sec-websocket-accept'];

/** As many as `http1/` reads. */
const lengthDigits = /^\d{1,16}$/;

/** RFC 9110, 8.6: whose requests say so when they have no body. */
const methodsWithBody: readonly string[] = ['POST', 'PUT', 'PATCH'];

/** Of a key (RFC 6455, 4.1). */
const webSocketKeyBytes = 16;

/**
 * Throws `HW_HTTP2_REQUEST` (400), or `HW_HTTP2_PROTOCOL` (501) for something other than a WebSocket over an extended
 * CONNECT.
 *
 * @param flat names and values in the order they came in, one character a byte
 * @param isEnded whether nothing follows the head
 */
export function http1Request(flat: readonly string[], isEnded: boolean): Http1Request {
  const { pseudo, regular } = parted(flat);
  const fields = new FieldLines(regular);
  const method = pseudo.get(':method');
  if (method === undefined) throw malformed('it has no :method');
  if (!consistsOf(method, tokenByte)) throw malformed('its :method is none');
  const host = hostOf(pseudo.get(':authority'), fields.host);
  const protocol = pseudo.get(':protocol');
  if (method === 'CONNECT' && protocol === undefined) {
    if (pseudo.has(':path') || pseudo.has(':scheme')) throw malformed('a CONNECT has a :path');
    // Refused behind, as in HTTP/1.1; what would go through the tunnel is nobody's.
    const text = headText(`CONNECT ${host ?? ''}`, host, fields.lines);
    return { method, host, body: { kind: 'none' }, text };
  }
  checkScheme(pseudo.get(':scheme'));
  const path = checkedPath(method, pseudo.get(':path'));
  if (protocol === undefined) {
    const body = bodyOf(fields.length, isEnded);
    const text = headText(`${method} ${path}`, host, fields.lines + framingLine(method, body));
    return { method, host, body, text };
  }
  if (method !== 'CONNECT') throw malformed(`a ${method} has a :protocol`);
  if (fields.length !== undefined) throw malformed('a CONNECT has a Content-Length');
  if (protocol !== 'websocket') {
    throw gatewayError('HW_HTTP2_PROTOCOL', `a CONNECT is for ${JSON.stringify(protocol)}`);
  }
  const key = randomBytes(webSocketKeyBytes).toString('base64');
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\n`;
  const text = headText(`GET ${path}`, host, fields.lines + upgrade);
  return { method: 'GET', host, body: { kind: 'tunnel' }, text };
}

/**
 * Fields behind a body, as a flat array of names and values. Throws `HW_HTTP2_REQUEST` on those that no trailer may be;
 * which of the others are passed on is decided behind.
 */
export function http1Trailers(flat: readonly string[]): readonly string[] {
  for (let i = 0; i < flat.length; i += 2) {
    checkField(flat[i] as string, flat[i + 1] as string);
  }
  return flat;
}

function parted(flat: readonly string[]): {
  pseudo: ReadonlyMap<string, string>;
  regular: readonly string[];
} {
  const pseudo = new Map<string, string>();
  let at = 0;
  for (; at < flat.length && flat[at]?.startsWith(':'); at += 2) {
    const name = flat[at] as string;
    if (!pseudoNames.includes(name)) throw malformed(`${JSON.stringify(name)} is no pseudo-field`);
    if (pseudo.has(name)) throw malformed(`it has two ${name}`);
    pseudo.set(name, flat[at + 1] as string);
  }
  return { pseudo, regular: flat.slice(at) };
}

/** The fields that are passed on, and the ones that the head depends on. */
class FieldLines {
  lines = '';
  host: string | undefined;
  length: number | undefined;

  constructor(flat: readonly string[]) {
    let cookies = '';
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] as string;
      const value = flat[i + 1] as string;
      checkField(name, value);
      switch (name) {
        case 'host':
          if (this.host !== undefined) throw malformed('it has two Host fields');
          this.host = value;
          break;
        case 'content-length':
          this.#takeLength(value);
          break;
        case 'cookie':
          // RFC 9113, 8.2.3: a cookie may come in crumbs, which are one field in HTTP/1.1.
          cookies = cookies === '' ? value : `${cookies}; ${value}`;
          break;
        case 'te':
          if (value.toLowerCase() !== 'trailers') throw malformed('its TE is not "trailers"');
          break;
        default:
          if (!handshakeFields.includes(name)) this.lines += `${name}: ${value}\r\n`;
      }
    }
    if (cookies !== '') this.lines += `cookie: ${cookies}\r\n`;
  }

  #takeLength(value: string): void {
    if (this.length !== undefined) throw malformed('it has two Content-Length fields');
    if (!lengthDigits.test(value)) throw malformed('its Content-Length is no number of bytes');
    this.length = Number(value);
    this.lines += `content-length: ${value}\r\n`;
  }
}

function checkField(name: string, value: string): void {
  if (!consistsOf(name, tokenByte) || name !== name.toLowerCase()) {
    throw malformed(`the field name ${JSON.stringify(name)} is none`);
  }
  if (connectionFields.includes(name)) throw malformed(`it has a field ${name}`);
  if (value !== '' && (isBlank(value, 0) || isBlank(value, value.length - 1))) {
    throw malformed(`the value of ${name} begins or ends with a space`);
  }
  for (let i = 0; i < value.length; i++) {
    if (valueByte[value.charCodeAt(i)] === 1) continue;
    throw malformed(`${byteName(value.charCodeAt(i))} in the value of ${name}`);
  }
}

function isBlank(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  return code === space || code === tab;
}

/** RFC 9113, 8.3.1: `:authority` counts, and a Host field beside it says the same. */
function hostOf(authority: string | undefined, field: string | undefined): string | undefined {
  const host = authority ?? field;
  if (host === undefined) return undefined;
  if (!isHostText(host)) throw malformed('its :authority is no host');
  if (field !== undefined && field.toLowerCase() !== host.toLowerCase()) {
    throw malformed('its :authority and its Host field differ');
  }
  return host;
}

function checkScheme(scheme: string | undefined): void {
  if (scheme !== 'https' && scheme !== 'http') throw malformed('its :scheme is not https');
}

/** Only origin form: an absolute one would bring a second host. */
function checkedPath(method: string, path: string | undefined): string {
  if (path === undefined) throw malformed('it has no :path');
  const isForm = path.startsWith('/') || (path === '*' && method === 'OPTIONS');
  if (!isForm || !consistsOf(path, targetByte)) throw malformed('its :path is none');
  return path;
}

function bodyOf(length: number | undefined, isEnded: boolean): RequestBody {
  if (length === undefined) return isEnded ? { kind: 'none' } : { kind: 'chunked' };
  if (isEnded && length > 0) throw malformed('it ends without the body that it announces');
  return { kind: 'length', length };
}

function framingLine(method: string, body: RequestBody): string {
  if (body.kind === 'chunked') return 'transfer-encoding: chunked\r\n';
  return body.kind === 'none' && methodsWithBody.includes(method) ? 'content-length: 0\r\n' : '';
}

function headText(start: string, host: string | undefined, lines: string): string {
  return `${start} HTTP/1.1\r\n${host === undefined ? '' : `Host: ${host}\r\n`}${lines}\r\n`;
}

/** Whether text is not empty and all its characters are below 256 and in the table. */
function consistsOf(text: string, table: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    if (table[text.charCodeAt(i)] !== 1) return false;
  }
  return text !== '';
}

function malformed(reason: string): HatchwayError {
  return gatewayError('HW_HTTP2_REQUEST', `a malformed request of HTTP/2: ${reason}`);
}
