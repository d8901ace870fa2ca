/**
 * The access log as JSON: one object a line, its keys always the same and in the same order, `null` where there is
 * nothing to say. docs/observing.md explains every key.
 *
 * A line is put together by hand: JSON.stringify of an object of twenty keys costs several times as much, and this is
 * what a busy gateway does for every request. It is ASCII whatever a client sends.
 */
import { redactUrl } from '../base/log.ts';
import {
  type LoggedRequest,
  type LoggedTunnelEnd,
  protocolOf,
  refererOf,
  userAgentOf,
  userOf,
} from './access-entry.ts';
import { jsonString } from './access-log-escape.ts';
import { type LineFormat, ownText, type TunnelLine } from './access-log-format.ts';
import { utcTime } from './access-log-time.ts';
import { utf8Bytes } from './request-uri.ts';

export const jsonFormat: LineFormat = {
  tellsOpenings: true,

  request(request) {
    const now = Date.now();
    const { answer, startedAt } = request;
    const figures = figuresOf(
      answer?.status ?? 0,
      answer?.bodyBytesSent ?? 0,
      answer?.bytesReceived ?? 0,
      now - startedAt,
    );
    const error = text(answer?.errorCode);
    return `{"event":"request","time":"${utcTime(now)}",${who(request)}${figures}${what(request)},"error":${error}}\n`;
  },

  unread({ remoteAddress, requestId, status, bodyBytesSent, errorCode }) {
    return (
      `{"event":"bad-request","time":"${utcTime(Date.now())}","requestId":"${requestId}",` +
      `"client":"${remoteAddress}","status":${status},"bytesSent":${bodyBytesSent},"error":"${errorCode}"}\n`
    );
  },

  tunnelOpening(request) {
    const now = Date.now();
    const figures = figuresOf(101, 0, 0, now - request.startedAt);
    return `{"event":"tunnel-open","time":"${utcTime(now)}",${who(request)}${figures}${what(request)},"error":null}\n`;
  },

  tunnel(request) {
    return new JsonTunnel(request);
  },
};

class JsonTunnel implements TunnelLine {
  readonly #who: string;
  readonly #what: string;

  constructor(request: LoggedRequest) {
    this.#who = ownText(who(request));
    this.#what = ownText(what(request));
  }

  end(end: LoggedTunnelEnd, durationMs: number): string {
    const { bytesToClient, bytesToUpstream, endedBy, how, closeCode } = end;
    const figures = figuresOf(101, bytesToClient, bytesToUpstream, durationMs);
    return (
      `{"event":"tunnel-end","time":"${utcTime(Date.now())}",${this.#who}${figures}${this.#what},"error":null,` +
      `"endedBy":"${endedBy}","how":${jsonString(how)},"closeCode":${closeCode ?? null}}\n`
    );
  }
}

function who(request: LoggedRequest): string {
  const { requestId, remoteAddress, site, head } = request;
  const target = jsonString(redactUrl(head.sentTarget));
  return (
    `"requestId":${jsonString(requestId)},"client":"${remoteAddress}","user":${text(userOf(request))},` +
    `"site":${jsonString(utf8Bytes(site.name))},"host":${text(head.host)},"method":"${head.method}",` +
    `"target":${target},"protocol":"${protocolOf(request)}",`
  );
}

function figuresOf(status: number, sent: number, received: number, durationMs: number): string {
  return `"status":${status},"bytesSent":${sent},"bytesReceived":${received},"durationMs":${Math.max(0, durationMs)},`;
}

function what({ answer, head, client }: LoggedRequest): string {
  const referer = refererOf(head);
  const { tls } = client.accepted;
  return (
    `"upstream":${text(answer?.upstreamAddress)},"upstreamStatus":${answer?.upstreamStatus ?? null},` +
    `"upstreamMs":${answer?.upstreamMs === undefined ? null : Math.round(answer.upstreamMs)},` +
    `"referer":${text(referer === undefined ? undefined : redactUrl(referer))},` +
    `"userAgent":${text(userAgentOf(head))},` +
    `"tls":${text(tls?.getProtocol() ?? undefined)},"cipher":${text(tls?.getCipher().name)}`
  );
}

function text(value: string | undefined): string {
  return value === undefined ? 'null' : jsonString(value);
}
