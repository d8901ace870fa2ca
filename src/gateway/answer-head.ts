/**
 * What becomes of an upstream's answer before its body is relayed: whether it is a failure for another server to make good,
 * whether a page of the configuration takes its place, and what route and gateway change in its head.
 */
import type { RetryCause } from '../config/route-model.ts';
import { FieldNameSet } from '../http1/fields.ts';
import type { ResponseHead } from '../http1/head.ts';
import { checkedFieldLine } from '../http1/head-writer.ts';
import type { HeadChanges } from './headers.ts';
import type { RequestState } from './request-state.ts';
import type { Route } from './serving.ts';

/** Statuses that can be told to count as failures. */
const retryStatuses: Readonly<Record<number, RetryCause>> = {
  403: 'http_403',
  404: 'http_404',
  429: 'http_429',
  500: 'http_500',
  502: 'http_502',
  503: 'http_503',
  504: 'http_504',
};

const nothingReplaced = new FieldNameSet([]);

/** Why another server might be asked for a better answer; undefined for an answer that the route is content with. */
export function failureOf(status: number, route: Route): RetryCause | undefined {
  const cause = retryStatuses[status];
  return cause !== undefined && route.forward.retry.on?.includes(cause) === true
    ? cause
    : undefined;
}

/** Whether the route shows a page of its own in place of such an answer. */
export function intercepts(route: Route, status: number): boolean {
  return route.intercepts && status >= 300 && route.errorPages?.has(status) === true;
}

/** What a page in place of the upstream's has to repeat, as it cannot say itself how to sign in (RFC 9110, 11.6.1). */
export function challengeLines({ fields }: ResponseHead): string {
  let lines = '';
  for (const value of fields.all('www-authenticate')) {
    lines += checkedFieldLine('WWW-Authenticate', value);
  }
  return lines;
}

/**
 * What route and gateway change in the upstream's head; undefined for nothing. Kept in the record of the answer.
 *
 * @param ownLines of the gateway, CRLF after each
 * @param pageStatus in place of the answer's own, when it is that of an error page
 */
export function headChanges(
  request: RequestState,
  route: Route,
  response: ResponseHead,
  ownLines: string,
  pageStatus: number | undefined,
): HeadChanges | undefined {
  if (route.response === undefined && ownLines === '' && pageStatus === undefined) return undefined;
  const { answer } = request;
  const status = pageStatus ?? response.status;
  answer.expectedStatus = status;
  const changes = route.response?.of(response.fields, request, status, ownLines) ?? {
    replaced: nothingReplaced,
    lines: ownLines,
  };
  answer.writtenLines = changes.lines;
  return { ...changes, status: pageStatus };
}
