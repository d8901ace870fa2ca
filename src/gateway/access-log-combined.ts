/**
 * nginx's `combined`:
 *
 *   $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"
 *
 * but for secrets in target and referer. A tunnel has one line, at its end.
 */
import { redactUrl } from '../base/log.ts';
import {
  type LoggedRequest,
  type LoggedTunnelEnd,
  protocolOf,
  refererOf,
  type UnreadRequest,
  userAgentOf,
  userOf,
} from './access-entry.ts';
import { escapeDefault } from './access-log-escape.ts';
import { type LineFormat, ownText, type TunnelLine } from './access-log-format.ts';
import { localTime } from './access-log-time.ts';

export const combinedFormat: LineFormat = {
  tellsOpenings: false,

  request(request) {
    const { answer } = request;
    return combinedLine(request, answer?.status ?? 0, answer?.bodyBytesSent ?? 0);
  },

  unread({ remoteAddress, status, bodyBytesSent }: UnreadRequest) {
    return `${remoteAddress} - - [${localTime()}] "-" ${status} ${bodyBytesSent} "-" "-"\n`;
  },

  tunnelOpening() {
    return '';
  },

  tunnel(request) {
    return new CombinedTunnel(request);
  },
};

function combinedLine(request: LoggedRequest, status: number, bodyBytes: number): string {
  return `${start(request)}${localTime()}${middle(request)}${status} ${bodyBytes}${end(request)}`;
}

function start(request: LoggedRequest): string {
  return `${request.remoteAddress} - ${field(userOf(request))} [`;
}

function middle(request: LoggedRequest): string {
  const { method, sentTarget } = request.head;
  return `] "${method} ${escapeDefault(redactUrl(sentTarget))} ${protocolOf(request)}" `;
}

function end({ head }: LoggedRequest): string {
  const referer = refererOf(head);
  const from = referer === undefined ? '-' : escapeDefault(redactUrl(referer));
  return ` "${from}" "${field(userAgentOf(head))}"\n`;
}

/** A value that is there and empty is written as nothing, as nginx does. */
function field(value: string | undefined): string {
  return value === undefined ? '-' : escapeDefault(value);
}

class CombinedTunnel implements TunnelLine {
  /** The line without time and bytes. One string takes less memory than three, and less time. */
  readonly #text: string;
  readonly #timeAt: number;
  readonly #bytesAt: number;

  constructor(request: LoggedRequest) {
    const [before, between] = [start(request), `${middle(request)}101 `];
    this.#text = ownText(before + between + end(request));
    this.#timeAt = before.length;
    this.#bytesAt = before.length + between.length;
  }

  end({ bytesToClient }: LoggedTunnelEnd): string {
    const between = this.#text.slice(this.#timeAt, this.#bytesAt);
    const after = this.#text.slice(this.#bytesAt);
    return `${this.#text.slice(0, this.#timeAt)}${localTime()}${between}${bytesToClient}${after}`;
  }
}
