/**
 * The heads that leave the gateway: requests to upstreams, responses to clients.
 *
 * What passes: everything but what is for one hop only (`http1/hop-by-hop.ts`) and what the route writes itself. By default
 * Host and Origin pass untouched, because that alone satisfies every same-origin check behind, and what is written is:
 *
 * - `X-Forwarded-For`: the client's address. Behind a trusted proxy, what that one sent, and its address behind it.
 * - `X-Forwarded-Proto`, `-Host`, `-Port` and `Forwarded` (RFC 7239): what the gateway saw itself or was told by a trusted
 *   proxy, in place of what the client sent, which anybody can make up.
 * - `X-Forwarded-Server` and `X-Real-IP` of the client are dropped, as they would contradict these. So are the spellings of
 *   all of them with `_`, which some servers read as `-`.
 * - `X-Hatchway-*` of the client is dropped everywhere. Servers in this process are told by `Via`, `X-Hatchway-Upgrade`
 *   and `X-Hatchway-Connection` what really arrived, so that they can say what a proxy in front has done to it.
 */
import { STATUS_CODES } from 'node:http';
import type { FieldNameSet } from '../http1/fields.ts';
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import { checkedFieldLine, statusLine } from '../http1/head-writer.ts';
import { forwardableLines } from '../http1/hop-by-hop.ts';
import type { Forward } from './forward.ts';
import { forwardedLines } from './forwarded-lines.ts';
import type { RequestState } from './request-state.ts';

/** The method with which an upstream is asked. */
export function upstreamMethod(request: RequestState, { method }: Forward): string {
  return method?.(request) || request.method;
}

/** The head of a request to an upstream, to be written as latin1. */
export function upstreamHead(
  request: RequestState,
  forward: Forward,
  options: {
    /** The protocol to upgrade to. */
    readonly upgradeTo: string | undefined;
    /** Whether the upstream is in this process. */
    readonly inProcess: boolean;
    /** Whether the request's own body follows. */
    readonly passBody: boolean;
    /** Of that body, in bytes, if all of it is here. Default: it goes up as it comes. */
    readonly gatheredLength?: number | undefined;
  },
): string {
  const { head } = request;
  const { fields, host, framing } = head;
  const method = upstreamMethod(request, forward);
  const version = options.upgradeTo === undefined ? forward.httpVersion : '1.1';
  let text = `${method} ${forward.target(request)} HTTP/${version}\r\n`;
  if (forward.origin === 'upstream') text += originLines(request);
  // Only HTTP/1.0 may leave it out; the upstream is spoken to in 1.1, in which an empty one says the same.
  else if (host === undefined && !forward.setsHost) text += 'Host: \r\n';
  for (const { name, value } of forward.fields) {
    const valueText = value(request);
    if (valueText !== '') text += checkedFieldLine(name, valueText);
    else if (name.toLowerCase() === 'host') text += 'Host: \r\n';
  }
  if (forward.passHeaders) {
    // Who has the whole body has already told the client to send it.
    const minor = options.gatheredLength === undefined ? head.minor : 0;
    text += forwardableLines(fields, forward.replaced(minor, options.passBody));
  }
  const body = forward.body?.(request);
  if (body !== undefined) text += `Content-Length: ${body.length}\r\n`;
  else if (!options.passBody) text += lengthOfNoBody(method);
  else if (framing.kind === 'chunked') {
    text +=
      options.gatheredLength === undefined
        ? 'Transfer-Encoding: chunked\r\n'
        : `Content-Length: ${options.gatheredLength}\r\n`;
  } else if (framing.kind === 'length' && !forward.passHeaders) {
    text += `Content-Length: ${framing.length}\r\n`;
  }
  if (forward.writesForwarded) text += forwardedLines(request);
  if (options.inProcess) text += arrivedLines(head);
  if (options.upgradeTo !== undefined) {
    text += `Connection: Upgrade\r\nUpgrade: ${options.upgradeTo}\r\n`;
  }
  return body === undefined ? `${text}\r\n` : `${text}\r\n${body}`;
}

/** RFC 9110, 8.6: a method that usually has a body says when it has none. */
function lengthOfNoBody(method: string): string {
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'Content-Length: 0\r\n' : '';
}

/** Host and Origin as the upstream knows itself; always both, or a check of one against the other fails. */
function originLines({ head, upstreamAuthority = '', upstreamScheme }: RequestState): string {
  const lines = `Host: ${upstreamAuthority}\r\n`;
  return head.fields.has('origin')
    ? `${lines}Origin: ${upstreamScheme}://${upstreamAuthority}\r\n`
    : lines;
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

/** Changes of a response's head. */
export type HeadChanges = {
  /** In place of the upstream's. */
  readonly status?: number | undefined;
  /** Names of the upstream's fields that are not passed on. */
  readonly replaced: FieldNameSet;
  /** Field lines behind the others, CRLF after each. */
  readonly lines: string;
};

/** How a response's body is sent to the client; `empty` is none where its head may announce one. */
export type ClientFraming = 'as-announced' | 'empty' | 'chunked' | 'until-close';

/** The head of a response to a client, to be written as latin1. */
export function clientHead(
  head: ResponseHead,
  options: {
    readonly framing: ClientFraming;
    /** Whether the client may send another request. */
    readonly keepAlive: boolean;
    /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
    readonly http10: boolean;
    /** What the route changes. Default: nothing. */
    readonly changes?: HeadChanges | undefined;
  },
): string {
  const { changes } = options;
  // RFC 9110, 8.6: a client that believed the length would take the next answer for this one's body.
  const mayHaveLength = head.status >= 200 && head.status !== 204 && options.framing !== 'empty';
  let text =
    changes === undefined
      ? statusLine(head.status, head.reason) +
        forwardableLines(head.fields, undefined, mayHaveLength)
      : changedStatusLine(head, changes.status) +
        forwardableLines(head.fields, changes.replaced, mayHaveLength) +
        changes.lines;
  if (options.framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (options.framing === 'empty') text += 'Content-Length: 0\r\n';
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

/** Another status has its own phrase, whatever the upstream has called the one that it takes the place of. */
function changedStatusLine({ status, reason }: ResponseHead, instead: number | undefined): string {
  return instead === undefined
    ? statusLine(status, reason)
    : statusLine(instead, STATUS_CODES[instead] ?? '');
}
