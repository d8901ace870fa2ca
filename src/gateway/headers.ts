/**
 * The heads that leave the gateway: requests to upstreams, responses to clients.
 *
 * What passes: everything but what is for one hop only (`http1/hop-by-hop.ts`), Host and Origin untouched, because that
 * alone satisfies every same-origin check behind. What is written, and in whose place:
 *
 * - `X-Forwarded-For`: what the client sent and the client's address behind it, as nginx's
 *   `$proxy_add_x_forwarded_for`. Only the last address is to be relied on.
 * - `X-Forwarded-Proto` and `-Host`: what the gateway itself saw, in place of what the client sent, which anybody can
 *   make up. Behind another proxy that ends TLS this says http; that is what the gateway knows as long as no proxy is
 *   trusted by configuration. The console is not misled: it takes scheme and host of its pages from the Origin that
 *   the browser signed in from.
 * - `Forwarded`, `X-Forwarded-Port`, `X-Forwarded-Server`, `X-Real-IP` of the client are dropped, as they would
 *   contradict these. So are the spellings of all of them with `_`, which some servers read as `-`.
 * - `X-Hatchway-*` of the client is dropped everywhere. Servers in this process are told by `Via`, `X-Hatchway-Upgrade`
 *   and `X-Hatchway-Connection` what really arrived, so that they can say what a proxy in front has done to it.
 */
import { FieldNameSet } from '../http1/fields.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import { requestLine, statusLine } from '../http1/head-writer.ts';
import { forwardableLines } from '../http1/hop-by-hop.ts';
import { idOfLowerName } from '../http1/known-names.ts';

/** What the gateway knows of a request beyond its head. */
export type Seen = {
  /** The client's address, or `unix:`. */
  readonly remoteAddress: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
};

const forwardedForId = idOfLowerName('x-forwarded-for');
const written = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'forwarded',
];
const writtenNames = new FieldNameSet(written, ['x-hatchway-']);
/** HTTP/1.0 has no 100 (RFC 9110, 10.1.1), and the upstream is always spoken to in 1.1. */
const writtenNamesFor10 = new FieldNameSet([...written, 'expect'], ['x-hatchway-']);

/** The head of a request to an upstream, to be written as latin1. */
export function upstreamHead(
  head: RequestHead,
  seen: Seen,
  options: {
    /** The protocol to upgrade to. */
    readonly upgradeTo: string | undefined;
    /** Whether the upstream is in this process. */
    readonly inProcess: boolean;
  },
): string {
  const { fields, host } = head;
  let text = requestLine(head.method, head.target);
  // Only HTTP/1.0 may leave it out; the upstream is spoken to in 1.1, in which an empty one says the same.
  if (host === undefined) text += 'Host: \r\n';
  text += forwardableLines(fields, head.minor === 0 ? writtenNamesFor10 : writtenNames);
  if (head.framing.kind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  const before =
    fields.getById(forwardedForId) === undefined
      ? ''
      : `${fields.all('x-forwarded-for').join(', ')}, `;
  text += `X-Forwarded-For: ${before}${seen.remoteAddress}\r\nX-Forwarded-Proto: ${seen.secure ? 'https' : 'http'}\r\n`;
  if (host !== undefined) text += `X-Forwarded-Host: ${host}\r\n`;
  if (options.inProcess) text += arrivedLines(head);
  if (options.upgradeTo !== undefined) {
    text += `Connection: Upgrade\r\nUpgrade: ${options.upgradeTo}\r\n`;
  }
  return `${text}\r\n`;
}

/** What came in, for servers in this process. */
function arrivedLines({ fields, minor }: RequestHead): string {
  let lines = `Via: 1.${minor} hatchway\r\n`;
  if (fields.has('upgrade')) lines += `X-Hatchway-Upgrade: ${fields.all('upgrade').join(', ')}\r\n`;
  if (fields.has('connection')) {
    lines += `X-Hatchway-Connection: ${fields.all('connection').join(', ')}\r\n`;
  }
  return lines;
}

/** How a response's body is sent to the client. */
export type ClientFraming = 'as-announced' | 'chunked' | 'until-close';

/** The head of a response to a client, to be written as latin1. */
export function clientHead(
  head: ResponseHead,
  options: {
    readonly framing: ClientFraming;
    /** Whether the client may send another request. */
    readonly keepAlive: boolean;
    /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
    readonly http10: boolean;
  },
): string {
  let text = statusLine(head.status, head.reason) + forwardableLines(head.fields);
  if (options.framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  if (head.status === 101)
    return `${text}Connection: Upgrade\r\nUpgrade: ${head.upgrade[0]}\r\n\r\n`;
  const upgrade = head.upgrade.length > 0 && head.status === 426;
  // RFC 9110, 15.5.22: a 426 names what it would upgrade to.
  if (upgrade) text += `Upgrade: ${head.upgrade.join(', ')}\r\n`;
  if (!options.keepAlive)
    text += upgrade ? 'Connection: close, Upgrade\r\n' : 'Connection: close\r\n';
  else if (upgrade) text += 'Connection: Upgrade\r\n';
  else if (options.http10) text += 'Connection: keep-alive\r\n';
  return `${text}\r\n`;
}
