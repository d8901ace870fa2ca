/**
 * Smooth weighted round robin, as nginx (ngx_http_upstream_round_robin.c): with weights 5, 1, 1 the turns are
 * a a b a c a a, not five of one in a row. Whose turn it is lives in the peers, so that all who fall back to this share it.
 */
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import type { Picker, Walk } from './picker.ts';

export const roundRobin: Picker = {
  pick(list: PeerList, walk: Walk, now: number): Peer | undefined {
    let best: Peer | undefined;
    let total = 0;
    for (const peer of list.peers) {
      if (!peer.isAvailable(now) || walk.hasTried(peer)) continue;
      total += peer.advance();
      if (best === undefined || peer.currentWeight > best.currentWeight) best = peer;
    }
    if (best !== undefined) best.currentWeight -= total;
    return best;
  },
};
