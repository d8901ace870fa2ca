/**
 * Ownership of timers, listeners, sockets and processes.
 *
 * Whatever holds one is a `Disposable`; registering something returns the undo. Knows nothing of what it disposes.
 */

export type Undo = () => void;

/** A bag of undos, run once each, newest first. Adding to a disposed bag runs the undo at once. */
export class Disposables {
  /** In the order in which they were added. */
  readonly #undos = new Set<Undo>();
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  add(undo: Undo): void {
    if (this.#disposed) undo();
    else this.#undos.add(undo);
  }

  /** A timer that dies with the bag. It does not keep the process alive. */
  timeout(action: () => void, delayMs: number): Undo {
    // A bag may outlive thousands of timers, and with each of them what its action holds.
    const undo = () => {
      clearTimeout(timer);
      this.#undos.delete(undo);
    };
    const timer = setTimeout(() => {
      undo();
      action();
    }, delayMs);
    timer.unref();
    this.add(undo);
    return undo;
  }

  /** A repeating timer that dies with the bag. It does not keep the process alive. */
  interval(action: () => void, periodMs: number): Undo {
    const undo = () => {
      clearInterval(timer);
      this.#undos.delete(undo);
    };
    const timer = setInterval(action, periodMs);
    timer.unref();
    this.add(undo);
    return undo;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const undos = [...this.#undos];
    this.#undos.clear();
    for (let i = undos.length - 1; i >= 0; i--) undos[i]?.();
  }
}
