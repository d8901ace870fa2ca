/** What all ways of choosing a server have in common. Each is a file here, with nginx's module of the same name as source. */
import type { VariableSource } from '../../variables.ts';
import type { Peer } from '../peer.ts';
import type { PeerList } from '../peer-list.ts';

/** What a choice may depend on. */
export interface BalancedRequest extends VariableSource {
  /** The client's, as text. */
  readonly remoteAddress: string;
}

/** One request's way over the servers; what a picker has to remember between two tries is kept here. */
export interface Walk {
  readonly request: BalancedRequest;
  /** Peers of this list that have been passed over, in a row of hashes; beyond `mostPassed` it is round robin. */
  passed: number;
  /** Where hashing goes on; undefined before the first. */
  hash: number | undefined;
  /** How often has been hashed. */
  rehash: number;
  hasTried(peer: Peer): boolean;
}

export interface Picker {
  /**
   * The peer for the next try, one that is available and has not been tried; undefined when there is none.
   *
   * @param now in milliseconds, on the clock of the peers' failures
   */
  pick(list: PeerList, walk: Walk, now: number): Peer | undefined;
}

/** nginx's limit of unlucky hashes, after which any available server will do. */
export const mostPassed = 20;
