/**
 * The server with the fewest requests under way for its weight, as nginx (ngx_http_upstream_least_conn_module.c); those
 * that are equal take turns.
 */
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import type { Picker, Walk } from './picker.ts';

export const leastConn: Picker = {
  pick({ peers }: PeerList, walk: Walk, now: number): Peer | undefined {
    let least: Peer | undefined;
    let first = 0;
    let areSeveral = false;
    for (const [index, peer] of peers.entries()) {
      if (!peer.isAvailable(now) || walk.hasTried(peer)) continue;
      // busy / weight without the division.
      const load = least === undefined ? -1 : peer.busy * least.weight - least.busy * peer.weight;
      if (load < 0) {
        least = peer;
        first = index;
        areSeveral = false;
      } else if (load === 0) {
        areSeveral = true;
      }
    }
    if (least === undefined || !areSeveral) return least;

    let best = least;
    let total = 0;
    for (let index = first; index < peers.length; index++) {
      const peer = peers[index] as Peer;
      if (peer.busy * least.weight !== least.busy * peer.weight) continue;
      if (!peer.isAvailable(now) || walk.hasTried(peer)) continue;
      total += peer.advance();
      if (peer.currentWeight > best.currentWeight) best = peer;
    }
    best.currentWeight -= total;
    return best;
  },
};
