/**
 * The gateway's own answers: a small page for browsers, JSON for who asks for it, a line of text for others. They say what failed in one sentence, a code
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
  /** The Accept field. JSON and HTML are sent to who names them, whichever comes first. */
  readonly accept?: string | undefined;
  /** Whether the client may send another request. Default false. */
  readonly keepAlive?: boolean;
  /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
  readonly http10?: boolean;
  /** Further fields, CRLF after each. Default: none. */
  readonly lines?: string;
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
  const form = formFor(request.accept);
  const body = render[form](error, status, sentence, request.requestId);
  const head =
    `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${form}\r\n` +
    `Content-Length: ${body.length}\r\nCache-Control: no-store\r\n` +
    `${connectionLines(error.status, request)}${request.lines ?? ''}\r\n`;
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

type Form = 'text/html' | 'application/json' | 'text/plain';

function formFor(accept: string | undefined): Form {
  const json = accept?.indexOf('json') ?? -1;
  const html = accept?.indexOf('text/html') ?? -1;
  if (json !== -1 && (html === -1 || json < html)) return 'application/json';
  // Command lines accept anything, and print it.
  return html === -1 ? 'text/plain' : 'text/html';
}

type Render = (error: HatchwayError, status: string, sentence: string, requestId: string) => string;

const render: Readonly<Record<Form, Render>> = {
  'text/html': ({ code }, status, sentence, requestId) => `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>${status}</title>
<h1>${status}</h1>
<p>${sentence}</p>
<p><code>${code}</code> &middot; request <code>${requestId}</code></p>
</html>
`,
  // The console's `Problem` with the request's id: whoever reads the one reads the other.
  'application/json': ({ code, remedy }, _status, message, requestId) =>
    `${JSON.stringify({ code, message, remedy, requestId })}\n`,
  'text/plain': ({ code }, status, sentence, requestId) =>
    `${status}: ${sentence} (${code}, request ${requestId})\n`,
};
