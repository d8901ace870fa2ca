/**
 * Any server, by weight, as nginx (ngx_http_upstream_random_module.c); with `two` the one of two that has fewer requests
 * under way, which is nearly as good as `least_conn` and needs no look at all of them.
 */
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import { mostPassed, type Picker, type Walk } from './picker.ts';
import { roundRobin } from './round-robin.ts';

export class RandomPicker implements Picker {
  readonly #two: boolean;
  readonly #random: () => number;

  /** @param random from 0 to below 1 */
  constructor(two: boolean, random: () => number) {
    this.#two = two;
    this.#random = random;
  }

  pick(list: PeerList, walk: Walk, now: number): Peer | undefined {
    if (list.peers.length < 2) return roundRobin.pick(list, walk, now);
    let first: Peer | undefined;
    while (walk.passed <= mostPassed) {
      const peer = list.at(Math.floor(this.#random() * list.totalWeight));
      if (peer !== first && peer.isAvailable(now) && !walk.hasTried(peer)) {
        if (!this.#two) return peer;
        if (first !== undefined) return lessBusy(first, peer);
        first = peer;
      } else {
        walk.passed++;
      }
    }
    // There may be just one left.
    return first ?? roundRobin.pick(list, walk, now);
  }
}

function lessBusy(first: Peer, second: Peer): Peer {
  return second.busy * first.weight > first.busy * second.weight ? first : second;
}
