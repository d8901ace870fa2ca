/**
 * Errors that nobody foresaw: anything but a `HatchwayError` is a mistake in the gateway, and costs what it happened to (a request,
 * a connection, a tunnel) and nothing else. Here is what the log says of one. Knows nothing of requests.
 */
import { HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { gatewayError } from './errors.ts';

/** Something that happens to a socket, or in time. */
export interface FaultBearer {
  /** Handling an event has failed by a mistake: what the event was about ends, with a line in the log. */
  onFault(error: unknown): void;
}

/** The error itself if it was foreseen, else `HW_GATEWAY_FAULT` with it as the cause. */
export function foreseen(error: unknown): HatchwayError {
  if (error instanceof HatchwayError) return error;
  const [what] = (error instanceof Error ? String(error) : `thrown: ${error}`).split('\n');
  return gatewayError('HW_GATEWAY_FAULT', `the gateway itself has failed: ${what}`, {
    cause: error,
  });
}

/** Of a `HW_GATEWAY_FAULT`, where it was thrown: the first line of the stack, `fault (file:///…/x.ts:1:2)`. */
export function placeOf({ cause }: HatchwayError): { readonly at?: string } {
  const at = cause instanceof Error ? /^ +at (.*)$/m.exec(cause.stack ?? '')?.[1] : undefined;
  return at === undefined ? {} : { at };
}

/** Logs what happened to something that is no request. */
export function noteFault(log: Log, error: unknown, facts: object): void {
  const fault = foreseen(error);
  const { code, remedy } = fault;
  log.error({ ...facts, code, remedy, ...placeOf(fault) }, fault.message);
}
