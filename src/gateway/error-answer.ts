/**
 * The gateway's own answers: a small page, or JSON for who asks for it. They say what failed in one sentence, a code
 * that docs/errors.md explains, and the id under which the log has the rest. Nothing in them is internal.
 */
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { ErrorSpec, HatchwayError } from '../base/errors.ts';
import { http1Errors } from '../http1/errors.ts';
import { gatewayErrors } from './errors.ts';

/** A whole response. */
export type ErrorAnswer = {
  /** Head and body, ASCII. */
  readonly text: string;
  readonly bodyBytes: number;
};

/** What an answer depends on besides the error; the defaults are for a request that was not understood. */
export type AnsweredRequest = {
  readonly requestId: string;
  readonly method?: string;
  /** The Accept field: JSON is sent to who names it before HTML, HTML to everybody else. */
  readonly accept?: string | undefined;
  /** Whether the client may send another request. Default false. */
  readonly keepAlive?: boolean;
  /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
  readonly http10?: boolean;
};

/** A new id of a request: what an answer and its line in the log have in common. */
export function newRequestId(): string {
  return randomBytes(8).toString('hex');
}

const summaries: Readonly<Record<string, ErrorSpec>> = { ...http1Errors, ...gatewayErrors };

export function errorAnswer(error: HatchwayError, request: AnsweredRequest): ErrorAnswer {
  const status = `${error.status} ${STATUS_CODES[error.status] ?? ''}`;
  // The error's own message names hosts and ports, and is for the log.
  const sentence = summaries[error.code]?.summary ?? '';
  const json = prefersJson(request.accept);
  const body = json
    ? renderJson(error, sentence, request.requestId)
    : renderHtml(status, sentence, error.code, request.requestId);
  const head =
    `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${json ? 'application/json' : 'text/html'}\r\n` +
    `Content-Length: ${body.length}\r\nCache-Control: no-store\r\n` +
    `${connectionLines(error.status, request)}\r\n`;
  return request.method === 'HEAD'
    ? { text: head, bodyBytes: 0 }
    : { text: head + body, bodyBytes: body.length };
}

function connectionLines(status: number, { keepAlive, http10 }: AnsweredRequest): string {
  // RFC 6455, 4.2.2 and RFC 9110, 15.5.22: what the gateway would upgrade to instead.
  if (status === 426) {
    const options = keepAlive ? 'Upgrade' : 'close, Upgrade';
    return `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: ${options}\r\n`;
  }
  if (!keepAlive) return 'Connection: close\r\n';
  return http10 ? 'Connection: keep-alive\r\n' : '';
}

function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const json = accept.indexOf('json');
  const html = accept.indexOf('text/html');
  return json !== -1 && (html === -1 || json < html);
}

/** The console's `Problem` with the request's id: whoever reads the one reads the other. */
function renderJson({ code, remedy }: HatchwayError, message: string, requestId: string): string {
  return `${JSON.stringify({ code, message, remedy, requestId })}\n`;
}

function renderHtml(status: string, sentence: string, code: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>${status}</title>
<h1>${status}</h1>
<p>${sentence}</p>
<p><code>${code}</code> &middot; request <code>${requestId}</code></p>
</html>
`;
}
