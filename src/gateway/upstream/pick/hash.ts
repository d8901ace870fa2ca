/**
 * The same server for the same key, with nginx's numbers (ngx_http_upstream_hash_module.c, without `consistent`): those of
 * Cache::Memcached. When a server comes or goes, most keys move; `consistent-hash.ts` is for those that must not.
 */
import { crc32 } from 'node:zlib';
import type { CompiledTemplate } from '../../template.ts';
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import { mostPassed, type Picker, type Walk } from './picker.ts';
import { roundRobin } from './round-robin.ts';

export class HashPicker implements Picker {
  readonly #key: CompiledTemplate;

  constructor(key: CompiledTemplate) {
    this.#key = key;
  }

  pick(list: PeerList, walk: Walk, now: number): Peer | undefined {
    if (list.peers.length < 2) return roundRobin.pick(list, walk, now);
    const key = this.#key(walk.request);
    if (key === '') return roundRobin.pick(list, walk, now);
    while (walk.passed <= mostPassed) {
      walk.hash = (walk.hash ?? 0) + roundHash(key, walk.rehash);
      walk.rehash++;
      const peer = list.at(walk.hash % list.totalWeight);
      if (peer.isAvailable(now) && !walk.hasTried(peer)) return peer;
      walk.passed++;
    }
    return roundRobin.pick(list, walk, now);
  }
}

/** What one round adds to the hash; the first round is 0. `key` has one character a byte. */
export function roundHash(key: string, round: number): number {
  const text = round === 0 ? key : `${round}${key}`;
  return (crc32(Buffer.from(text, 'latin1')) >>> 16) & 0x7fff;
}
