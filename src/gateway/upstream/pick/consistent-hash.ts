/**
 * The same server for the same key, and when a server comes or goes only its keys move: nginx's `hash … consistent`
 * (ngx_http_upstream_hash_module.c), the ring of ketama as Cache::Memcached::Fast has it.
 *
 *   each server has 160 points a weight on a ring of 2^32     ──a──b─a────c──b──a─c──▶
 *   a key belongs to the next point at or behind its hash            ↑ key: c
 */
import { crc32 } from 'node:zlib';
import type { CompiledTemplate } from '../../template.ts';
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import { mostPassed, type Picker, type Walk } from './picker.ts';
import { roundRobin } from './round-robin.ts';

const pointsPerWeight = 160;

/** Invariant: hashes ascend, no two are equal. */
type Ring = {
  readonly hashes: Uint32Array;
  /** The server, as the configuration has it, of each point. */
  readonly servers: readonly string[];
};

export class ConsistentHashPicker implements Picker {
  readonly #key: CompiledTemplate;
  readonly #rings = new WeakMap<PeerList, Ring>();

  constructor(key: CompiledTemplate) {
    this.#key = key;
  }

  pick(list: PeerList, walk: Walk, now: number): Peer | undefined {
    if (list.peers.length < 2) return roundRobin.pick(list, walk, now);
    const key = this.#key(walk.request);
    if (key === '') return roundRobin.pick(list, walk, now);
    const ring = this.#ring(list);
    walk.hash ??= pointAt(ring.hashes, crc32(Buffer.from(key, 'latin1')));
    while (walk.passed <= mostPassed) {
      const server = ring.servers[walk.hash % ring.servers.length] as string;
      const peer = amongAddresses(list, server, walk, now);
      if (peer !== undefined) return peer;
      walk.hash++;
      walk.passed++;
    }
    return roundRobin.pick(list, walk, now);
  }

  #ring(list: PeerList): Ring {
    let ring = this.#rings.get(list);
    if (ring === undefined) {
      ring = ringOf(list.peers);
      this.#rings.set(list, ring);
    }
    return ring;
  }
}

/** Round robin among the addresses of one server; nearly always there is one. */
function amongAddresses(list: PeerList, server: string, walk: Walk, now: number): Peer | undefined {
  let best: Peer | undefined;
  let total = 0;
  for (const peer of list.peers) {
    if (peer.server !== server || walk.hasTried(peer) || !peer.isAvailable(now)) continue;
    total += peer.advance();
    if (best === undefined || peer.currentWeight > best.currentWeight) best = peer;
  }
  if (best !== undefined) best.currentWeight -= total;
  return best;
}

export function ringOf(peers: readonly { server: string; weight: number }[]): Ring {
  const points = new Map<number, string>();
  const previous = Buffer.alloc(4);
  for (const { server, weight } of peers) {
    const start = crc32(Buffer.from(nameOnRing(server)));
    let hash = 0;
    for (let point = 0; point < weight * pointsPerWeight; point++) {
      previous.writeUInt32LE(hash);
      hash = crc32(previous, start);
      if (!points.has(hash)) points.set(hash, server);
    }
  }
  const hashes = Uint32Array.from(points.keys()).sort();
  return { hashes, servers: Array.from(hashes, (hash) => points.get(hash) as string) };
}

/** Host and port with a zero byte between them; of a Unix socket the path without `unix:`. */
function nameOnRing(server: string): string {
  if (server.startsWith('unix:')) return `${server.slice('unix:'.length)}\0`;
  const [, host = server, port = ''] = /^(.*):(\d*)$/s.exec(server) ?? [];
  return `${host}\0${port}`;
}

/** The first point at or behind `hash`; the number of points when there is none. */
function pointAt(hashes: Uint32Array, hash: number): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] as number) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}
