/**
 * The peers among which one is chosen, in the order of the configuration: those of an upstream, or its backups. A list
 * never changes; when a name gets other addresses there is a new one. So whatever is computed from it can be kept.
 */
import type { Peer } from './peer.ts';

export class PeerList {
  readonly peers: readonly Peer[];
  /** Including those that are down: a server that is marked so must not move the others' clients. */
  readonly totalWeight: number;

  constructor(peers: readonly Peer[]) {
    this.peers = peers;
    this.totalWeight = peers.reduce((sum, peer) => sum + peer.weight, 0);
  }

  /**
   * The peer at a point between 0 and `totalWeight`, where each takes as much room as it has weight.
   *
   *   weights 2, 1, 3:   |---0---|-1-|-----2-----|
   */
  at(point: number): Peer {
    let rest = point;
    for (const peer of this.peers) {
      if (rest < peer.weight) return peer;
      rest -= peer.weight;
    }
    throw new RangeError(`${point} is beyond ${this.totalWeight}`);
  }
}
