/** Node as the place where attaching runs: real sockets and timers, and a wake-up call that a test gives. */
import type { AttachEnvironment } from '../environment.ts';

export type NodeEnvironment = AttachEnvironment & {
  /** As if the machine were online again. */
  wake(): void;
};

export function nodeEnvironment(port: number, random: () => number): NodeEnvironment {
  const wakeListeners = new Set<() => void>();
  let failed = false;
  return {
    origin: `http://127.0.0.1:${port}`,
    fetch,
    WebSocket,
    now: () => performance.now(),
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
    random,
    onWake: (listener) => {
      wakeListeners.add(listener);
      return () => wakeListeners.delete(listener);
    },
    memory: {
      failedRecently: () => failed,
      remember: (outcome) => {
        failed = outcome === 'failed';
      },
    },
    wake: () => {
      for (const listener of wakeListeners) listener();
    },
  };
}
