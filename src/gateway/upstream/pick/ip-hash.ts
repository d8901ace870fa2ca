/**
 * The same server for the same network of clients, with nginx's numbers (ngx_http_upstream_ip_hash_module.c): the first
 * three octets of an IPv4 address, or the whole of an IPv6 one.
 */
import { parseIp } from '../../client-address/ip-address.ts';
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';
import { mostPassed, type Picker, type Walk } from './picker.ts';
import { roundRobin } from './round-robin.ts';

const firstHash = 89;
const factor = 113;
const modulus = 6271;

/** Of clients that have no IP address: those of a Unix socket. */
const noAddress: readonly number[] = [0, 0, 0];

/** RFC 4291, 2.5.5.2. */
const mappedPrefix: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

export const ipHash: Picker = {
  pick(list: PeerList, walk: Walk, now: number): Peer | undefined {
    if (list.peers.length < 2) return roundRobin.pick(list, walk, now);
    const key = addressBytes(walk.request.remoteAddress);
    while (walk.passed <= mostPassed) {
      walk.hash = ipHashOf(key, walk.hash ?? firstHash);
      const peer = list.at(walk.hash % list.totalWeight);
      if (peer.isAvailable(now) && !walk.hasTried(peer)) return peer;
      walk.passed++;
    }
    return roundRobin.pick(list, walk, now);
  },
};

/** The next number behind `hash`. */
export function ipHashOf(key: readonly number[], hash = firstHash): number {
  let next = hash;
  for (const byte of key) next = (next * factor + byte) % modulus;
  return next;
}

/** What of an address is hashed. One written as IPv6 (`::ffff:192.0.2.1`) is hashed as such, since nginx does so. */
export function addressBytes(text: string): readonly number[] {
  const zone = text.indexOf('%');
  const address = parseIp(zone === -1 ? text : text.slice(0, zone));
  if (address === undefined) return noAddress;
  if (address.version === 6) return address.words.flatMap(bytesOf);
  const octets = bytesOf(address.bits);
  return text.includes(':') ? [...mappedPrefix, ...octets] : octets.slice(0, 3);
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}
