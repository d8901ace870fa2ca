/** Open sockets of one side of the gateway: counted while they are open, and closed when all is over. */
import type { Duplex } from 'node:stream';
import { Roster } from './roster.ts';
import type { SocketCounts } from './socket-counts.ts';

const keeper = Symbol('keeper');

type Counted = Duplex & { [keeper]?: CountedSockets };

export class CountedSockets {
  readonly #counts: SocketCounts;
  readonly #kind: 'clients' | 'upstreams';
  readonly #open = new Roster<Duplex>();

  constructor(counts: SocketCounts, kind: 'clients' | 'upstreams') {
    this.#counts = counts;
    this.#kind = kind;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts a new socket until it closes. */
  add(socket: Duplex): void {
    this.#counts[this.#kind]++;
    this.#open.add(socket);
    (socket as Counted)[keeper] = this;
    // One function for all: a closure for each would be kept as long as its socket is open.
    socket.on('close', onClose);
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Of one of its own. */
  closed(socket: Duplex): void {
    this.#open.delete(socket);
    this.#counts.closed(this.#kind);
  }
}

function onClose(this: Counted): void {
  this[keeper]?.closed(this);
}
