/**
 * The peers of an upstream as they are at one moment. When the addresses of a name change, there are new members; what
 * stays the same is the same peer, with all that is known of it.
 */
import type { Peer } from './peer.ts';
import { PeerList } from './peer-list.ts';

const nobody = new PeerList([]);

export class Members {
  readonly all: readonly Peer[];
  readonly primary: PeerList;
  /** Asked when no primary is available. */
  readonly backup: PeerList;
  /** The one there is, which is never left alone because requests failed: there would be nobody else to ask. */
  readonly only: Peer | undefined;
  readonly #nameOf: ((peer: Peer) => string) | undefined;
  #byName: ReadonlyMap<string, PeerList> | undefined;

  /** @param nameOf what peers are called in `named`; undefined when nobody asks */
  constructor(all: readonly Peer[], nameOf?: (peer: Peer) => string) {
    this.all = all;
    this.primary = new PeerList(all.filter((peer) => !peer.isBackup));
    this.backup = new PeerList(all.filter((peer) => peer.isBackup));
    this.only = all.length === 1 ? all[0] : undefined;
    // What it failed at while it had company must not be held against it.
    if (this.only !== undefined) this.only.fails = 0;
    this.#nameOf = nameOf;
  }

  /** Those that a client may stay with under a name; an empty list for a name that nobody has. */
  named(name: string): PeerList {
    this.#byName ??= this.#group();
    return this.#byName.get(name) ?? nobody;
  }

  #group(): ReadonlyMap<string, PeerList> {
    const nameOf = this.#nameOf;
    if (nameOf === undefined) return new Map();
    const groups = Map.groupBy(this.all, nameOf);
    return new Map(Array.from(groups, ([name, peers]) => [name, new PeerList(peers)]));
  }
}
