/** What is done about a request that cannot be read: it has an answer and a line in both logs, but no site. */
import type { HatchwayError } from '../base/errors.ts';
import type { AcceptedSocket } from './accepted-socket.ts';
import { type ErrorAnswer, errorAnswer, newRequestId } from './error-answer.ts';
import { placeOf } from './fault.ts';
import type { ListenerSites, Serving } from './serving.ts';

/**
 * Notes the refusal, and returns the answer.
 *
 * @param method as far as it is known; a HEAD is answered without body
 */
export function refuseUnread(
  error: HatchwayError,
  { remoteAddress }: Pick<AcceptedSocket, 'remoteAddress'>,
  sites: ListenerSites,
  { log, totals }: Serving,
  method?: string,
): ErrorAnswer {
  const requestId = newRequestId();
  const facts = { client: remoteAddress, requestId, code: error.code };
  if (error.code === 'HW_GATEWAY_FAULT') log.error({ ...facts, ...placeOf(error) }, error.message);
  else log.info(facts, `bad request: ${error.message}`);
  const answer = errorAnswer(error, { requestId, ...(method === undefined ? {} : { method }) });
  totals.failed(error.code);
  sites.defaultSite.accessLog?.writeUnread({
    remoteAddress,
    requestId,
    status: error.status,
    bodyBytesSent: answer.bodyBytes,
    errorCode: error.code,
  });
  return answer;
}
