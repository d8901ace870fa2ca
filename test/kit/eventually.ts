/** Waiting for what announces itself by no event: another program's state. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Long for a loaded machine with two cores, short for a person who waits for a failing test. */
const defaultTimeoutMs = 15_000;

/** Often enough not to slow a test down, seldom enough to leave the processor to what is waited for. */
const periodMs = 25;

/**
 * Calls `attempt` until it neither throws nor returns undefined or false, and gives what it returned.
 * Throws after `timeoutMs`, naming `what` was waited for and what went wrong last.
 */
export async function eventually<T>(
  what: string,
  attempt: () => T | Promise<T>,
  options: { timeoutMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      last = undefined;
    } catch (failure) {
      last = failure;
    }
    await sleep(periodMs);
  } while (performance.now() < deadline);
  throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: last });
}
