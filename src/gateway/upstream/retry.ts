/**
 * Whether a request that one server has failed may go to another one: nginx's proxy_next_upstream and its companions
 * (ngx_http_upstream_next). Knows no servers; that no byte of an answer was passed on is for the caller to see to.
 */
import type { RetryCause, RetryModel } from '../../config/route-model.ts';

export type FailedTry = {
  readonly cause: RetryCause;
  readonly method: string;
  /** Whether the server may have got the request. */
  readonly wasSent: boolean;
  /** So far, this one included. */
  readonly tries: number;
  /** Since the first try began. */
  readonly elapsedMs: number;
};

/** Sending these twice may do twice what they do. */
const nonIdempotentMethods: readonly string[] = ['POST', 'LOCK', 'PATCH'];

/** RFC 9110, 9.2.2, without the ones that this gateway does not pass on. */
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

const usualCauses: readonly RetryCause[] = ['error', 'timeout'];

export function mayAskAnother(model: RetryModel, failed: FailedTry): boolean {
  const { on = usualCauses, tries = 0, timeoutMs = 0 } = model;
  if (!on.includes(failed.cause)) return false;
  if (tries > 0 && failed.tries >= tries) return false;
  if (timeoutMs > 0 && failed.elapsedMs >= timeoutMs) return false;
  return !failed.wasSent || mayBeSentTwice(model, failed.method);
}

/** Whether a request with this method may be sent to another server after one has had it. */
export function mayBeSentTwice({ on = usualCauses }: RetryModel, method: string): boolean {
  return !nonIdempotentMethods.includes(method) || on.includes('non_idempotent');
}

/** Whether a request may be sent again on another connection when a kept one turns out to be closed. */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.includes(method);
}
