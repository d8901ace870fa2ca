/**
 * The gateway's own answers: a page for browsers, JSON for who asks for it, a line of text for others. They say what
 * failed in one sentence, a code that docs/errors.md explains, and the id under which the log has the rest. Nothing in
 * them is internal.
 */
import { randomFillSync } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { ErrorSpec, HatchwayError } from '../base/errors.ts';
import { http1Errors } from '../http1/errors.ts';
import { acceptedForm, type Form } from './error-answer-form.ts';
import { errorAnswerPage } from './error-answer-page.ts';
import { gatewayErrors } from './errors.ts';
import { toldStatus } from './told-status.ts';

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
  /** The Accept field, several joined. */
  readonly accept?: string | undefined;
  /** Whether the client may send another request. Default false. */
  readonly keepAlive?: boolean;
  /** Whether the client speaks HTTP/1.0, where keep-alive has to be said. */
  readonly http10?: boolean;
  /** Further fields, CRLF after each. Default: none. */
  readonly lines?: string;
};

/** So many that two of a year's requests hardly ever share one. */
const idBytes = 8;
/** For 128 ids at a time: asking for randomness takes some 5 µs, however little it is. */
const randomness = Buffer.alloc(128 * idBytes);
let usedBytes = randomness.length;

/** A new id of a request: what an answer and its line in the log have in common. */
export function newRequestId(): string {
  if (usedBytes === randomness.length) {
    randomFillSync(randomness);
    usedBytes = 0;
  }
  const start = usedBytes;
  usedBytes += idBytes;
  return randomness.toString('hex', start, usedBytes);
}

/**
 * After how many seconds trying again makes sense (RFC 9110, 10.2.3), where that can be guessed: rates are by the second, answers
 * under way and idle connections end within seconds, and a tunnel ends when somebody closes a page. What a route limits is answered
 * with a status of the configuration's choice, and as nginx does, without it.
 */
const retrySeconds: Readonly<Record<string, number>> = {
  HW_RATE_LIMITED: 1,
  HW_TOO_MANY_FROM_ADDRESS: 5,
  HW_TOO_MANY_CONNECTIONS: 5,
  HW_OUT_OF_DESCRIPTORS: 5,
  HW_TOO_MANY_TUNNELS: 10,
};

const summaries: Readonly<Record<string, ErrorSpec>> = { ...http1Errors, ...gatewayErrors };

export function errorAnswer(error: HatchwayError, request: AnsweredRequest): ErrorAnswer {
  const told = toldStatus(error.status);
  const status = `${told} ${STATUS_CODES[told] ?? 'Error'}`;
  const form = acceptedForm(request.accept);
  // The error's own message and remedy may name hosts, ports and files, and are for the log.
  const body = bodyOf(form, error.code, status, request.requestId);
  const head =
    `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${form}\r\n` +
    `Content-Length: ${body.length}\r\nCache-Control: no-store\r\n` +
    `${form === 'text/html' ? pageLines : ''}${idLine(request)}${retryLine(error.code)}` +
    `${connectionLines(told, request)}${request.lines ?? ''}\r\n`;
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

/** The site may have added one of its own. */
const requestIdLine = /^x-request-id:/im;

function idLine({ requestId, lines = '' }: AnsweredRequest): string {
  return requestIdLine.test(lines) ? '' : `X-Request-Id: ${requestId}\r\n`;
}

function retryLine(code: string): string {
  const seconds = retrySeconds[code];
  return seconds === undefined ? '' : `Retry-After: ${seconds}\r\n`;
}

/** What keeps the page of an error from being anything else, whatever an application's own rules allow. */
const pageLines =
  "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nX-Content-Type-Options: nosniff\r\n";

function bodyOf(form: Form, code: string, status: string, requestId: string): string {
  const { summary = '', remedy = '' } = summaries[code] ?? {};
  switch (form) {
    case 'text/html':
      return errorAnswerPage({ status, sentence: summary, code, requestId });
    case 'application/json':
      // The console's `Problem` with the request's id: whoever reads the one reads the other.
      return `${JSON.stringify({ code, message: summary, remedy, requestId })}\n`;
    case 'text/plain':
      return `${status}: ${summary} (${code}, request ${requestId})\n`;
  }
}
