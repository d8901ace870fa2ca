/**
 * Ownership of timers, listeners, sockets and processes.
 *
 * Whatever holds one is a `Disposable`; registering something returns the undo. Knows nothing of what it disposes.
 */

export type Undo = () => void;

/** A bag of undos, run once each, newest first. Adding to a disposed bag runs the undo at once. */
export class Disposables {
  #undos: Undo[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  add(undo: Undo): void {
    if (this.#disposed) undo();
    else this.#undos.push(undo);
  }

  /** A timer that dies with the bag. It does not keep the process alive. */
  timeout(action: () => void, delayMs: number): Undo {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    const undo = () => clearTimeout(timer);
    this.add(undo);
    return undo;
  }

  /** A repeating timer that dies with the bag. It does not keep the process alive. */
  interval(action: () => void, periodMs: number): Undo {
    const timer = setInterval(action, periodMs);
    timer.unref();
    const undo = () => clearInterval(timer);
    this.add(undo);
    return undo;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const undos = this.#undos;
    this.#undos = [];
    for (let i = undos.length - 1; i >= 0; i--) undos[i]?.();
  }
}
