/**
 * The answers that the gateway gives itself in place of an upstream's: what failed, or what a rule says, with the fields that
 * the route adds to every answer. Makes text; nothing is sent here.
 */
import type { HatchwayError } from '../base/errors.ts';
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';
import { acceptedForm } from './error-answer-form.ts';
import { fixedAnswer } from './fixed-answer.ts';
import type { RequestState } from './request-state.ts';
import { absoluteLocation, type FixedAnswer } from './rules.ts';
import type { Route } from './serving.ts';
import { toldStatus } from './told-status.ts';

export type OwnAnswerOptions = {
  /** The one whose fields are added. */
  readonly route: Route;
  /** Whether the client may send another request. */
  readonly keepAlive: boolean;
  /** Further fields, CRLF after each. */
  readonly lines: string;
};

/** The answer to a request that failed. */
export function ownErrorAnswer(
  request: RequestState,
  error: HatchwayError,
  { route, keepAlive, lines }: OwnAnswerOptions,
): ErrorAnswer {
  const { method, fields, minor } = request.head;
  const accept = fields.all('accept').join(', ');
  const type = `Content-Type: ${acceptedForm(accept)}\r\n`;
  return errorAnswer(error, {
    requestId: request.requestId,
    method,
    accept,
    keepAlive,
    http10: minor === 0,
    lines: lines + addedLines(request, route, toldStatus(error.status), type),
  });
}

/**
 * The answer that a rule gives.
 *
 * @param status in place of the rule's, when this is an error page
 */
export function ownFixedAnswer(
  request: RequestState,
  { location, body = '', type }: FixedAnswer,
  status: number,
  { route, keepAlive, lines }: OwnAnswerOptions,
): ErrorAnswer {
  const absolute = location === undefined ? undefined : absoluteLocation(request, location);
  // Fields that are added may tell of it, as it was configured; the log tells what was sent.
  const own = location === undefined ? typeLine(type) : `Location: ${location}\r\n`;
  return fixedAnswer({
    status,
    location: absolute,
    body,
    type,
    isHead: request.head.method === 'HEAD',
    keepAlive,
    http10: request.head.minor === 0,
    lines: lines + addedLines(request, route, status, own),
  });
}

function typeLine(type = 'text/plain'): string {
  return type === '' ? '' : `Content-Type: ${type}\r\n`;
}

/** @param own lines of the answer itself */
function addedLines(
  request: RequestState,
  { response }: Route,
  status: number,
  own: string,
): string {
  if (response === undefined) return '';
  const { answer } = request;
  answer.expectedStatus = status;
  answer.writtenLines = own;
  const lines = response.added(request, status);
  answer.writtenLines = lines;
  return lines;
}
