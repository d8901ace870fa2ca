/** How many sockets are open on either side of the gateway, and what else its requests share; a way to wait until they are gone. */
export class SocketCounts {
  clients = 0;
  upstreams = 0;
  /** Pairs of one of each. */
  tunnels = 0;
  /** Requests under way that ask to become tunnels. */
  handshakes = 0;
  /** Of request bodies that are kept in case they have to be sent again. */
  keptBytes = 0;
  readonly #waiting = new Set<() => void>();

  /** To be called when a counted socket has closed, or both of a tunnel. */
  closed(kind: 'clients' | 'upstreams' | 'tunnels'): void {
    this[kind]--;
    for (const look of this.#waiting) look();
  }

  /** Resolves to true when `condition` holds, which is looked at whenever something has closed; to false after `limitMs`. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (held: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(held);
      };
      const look = () => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(false), limitMs);
      this.#waiting.add(look);
    });
  }
}
