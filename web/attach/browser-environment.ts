/** The browser as the place where attaching runs. Nothing here runs in Node. */
import type { AttachEnvironment, WebSocketMemory } from './environment.ts';

/** Long enough for the next few terminals of a tab, short enough that a mended proxy is noticed by itself. */
const failureRememberedMs = 10 * 60_000;

const memoryKey = 'hatchway.websocket-failed-at';

/** The page's own origin, timers and storage. */
export function browserEnvironment(): AttachEnvironment {
  return {
    origin: window.location.origin,
    // fetch loses its receiver when it is passed around as a bare function.
    fetch: (input, init) => window.fetch(input, init),
    WebSocket: window.WebSocket,
    now: () => performance.now(),
    after: (delayMs, action) => {
      const timer = window.setTimeout(action, delayMs);
      return () => window.clearTimeout(timer);
    },
    random: Math.random,
    onWake: (listener) => {
      const onVisibility = () => {
        if (document.visibilityState === 'visible') listener();
      };
      window.addEventListener('online', listener);
      document.addEventListener('visibilitychange', onVisibility);
      return () => {
        window.removeEventListener('online', listener);
        document.removeEventListener('visibilitychange', onVisibility);
      };
    },
    memory: tabMemory(),
  };
}

/** Storage can be switched off altogether; what cannot be remembered is then simply tried again. */
function tabMemory(): WebSocketMemory {
  return {
    failedRecently: () => {
      try {
        const failedAt = Number(window.sessionStorage.getItem(memoryKey) ?? 0);
        return Date.now() - failedAt < failureRememberedMs;
      } catch {
        return false;
      }
    },
    remember: (outcome) => {
      try {
        if (outcome === 'opened') window.sessionStorage.removeItem(memoryKey);
        else window.sessionStorage.setItem(memoryKey, String(Date.now()));
      } catch {
        // Nothing to do about it, nothing lost.
      }
    },
  };
}
