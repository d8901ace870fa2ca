/** How long to wait before trying again. Knows no timers. */

/** Before the second try of a round that began at once; doubles with each further one. */
const firstDelayMs = 500;

/** Nobody should wait longer than this for a server that is back. */
const longestDelayMs = 10_000;

/**
 * The pause before try number `attempt` (1 is the first): none before the first, then a random part ("full jitter", so
 * that a thousand pages do not come back in step) of 0.5, 1, 2, 4, 8 s and from then on of 10 s.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  if (attempt <= 1) return 0;
  return random() * Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 2));
}

/** While the stream carries a session, the WebSocket is tried again: after 5, 10, 20, 40, then every 60 s. */
export function upgradeDelayMs(failures: number): number {
  return Math.min(60_000, 5000 * 2 ** failures);
}
