/** All sockets to upstreams, of pools, tunnels and health checks: counted while they are open, and closed when all is over. */
import type { Duplex } from 'node:stream';
import { Roster } from '../roster.ts';
import type { SocketCounts } from '../socket-counts.ts';

export class UpstreamSockets {
  readonly #counts: SocketCounts;
  readonly #open = new Roster<Duplex>();

  constructor(counts: SocketCounts) {
    this.#counts = counts;
  }

  /** Counts a new socket until it closes. */
  add(socket: Duplex): void {
    this.#counts.upstreams++;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#counts.closed('upstreams');
    });
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
