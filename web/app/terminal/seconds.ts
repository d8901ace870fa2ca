/** Time passing on the page, in whole seconds. */
import { useEffect, useState } from 'react';

/** How often the page looks: often enough that no second is skipped. */
const tickMs = 250;

/** Seconds since this began to be `active`; 0 while it is not. */
export function useElapsedSeconds(active: boolean): number {
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    if (!active) return;
    const start = performance.now();
    const timer = setInterval(
      () => setElapsed(Math.floor((performance.now() - start) / 1000)),
      tickMs,
    );
    return () => {
      clearInterval(timer);
      setElapsed(0);
    };
  }, [active]);
  return active ? elapsed : 0;
}

/** Whole seconds until `atMs` of `performance.now()`, not below 0; null when there is nothing to wait for. */
export function useSecondsUntil(atMs: number | null): number | null {
  const [, tick] = useState(0);
  useEffect(() => {
    if (atMs === null) return;
    const timer = setInterval(() => tick((n) => n + 1), tickMs);
    return () => clearInterval(timer);
  }, [atMs]);
  return atMs === null ? null : Math.max(0, Math.ceil((atMs - performance.now()) / 1000));
}
