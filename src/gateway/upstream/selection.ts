/**
 * One request's way over the servers of its upstream: which is next, and what became of each try. It costs one small object
 * a request; with one server and nothing said about balance it asks nobody.
 *
 * Whoever has it calls, in this order:
 *
 *   next ─▶ failed ─▶ next ─▶ … ─▶ succeeded ─▶ (setCookie, learn) ─▶ end
 *      └──▶ undefined: nobody is left
 *
 * It does not know whether a request may be sent again: see `retry.ts`.
 */
import type { VariableSource } from '../variables.ts';
import type { Members } from './members.ts';
import type { Peer } from './peer.ts';
import type { BalancedRequest, Picker, Walk } from './pick/picker.ts';
import { roundRobin } from './pick/round-robin.ts';
import type { Pool } from './pool.ts';
import type { Sticky } from './sticky.ts';

/** What selections need of the upstream. */
export interface Selectable {
  readonly members: Members;
  readonly picker: Picker;
  readonly sticky: Sticky | undefined;
  now(): number;
  /** A peer gets no more requests for a while, because too many failed. */
  leftAlone(peer: Peer): void;
}

export class Selection implements Walk {
  readonly request: BalancedRequest;
  passed = 0;
  hash: number | undefined;
  rehash = 0;
  readonly #from: Selectable;
  #peer: Peer | undefined;
  /** Whether the try of `#peer` goes on, and counts as one of its connections. */
  #isUnderWay = false;
  /** Before `#peer`. */
  #tried: Peer[] | undefined;
  #isAmongBackups = false;

  constructor(from: Selectable, request: BalancedRequest) {
    this.#from = from;
    this.request = request;
  }

  /** The address of the server that is being tried, or was last: for `$upstream_addr`. '' before the first. */
  get serverName(): string {
    return this.#peer === undefined ? '' : this.#peer.name;
  }

  /** The server for the next try, never one that has been tried; undefined when no other one is available. */
  next(): Pool | undefined {
    const before = this.#peer;
    if (before !== undefined) {
      this.end();
      if (this.#tried === undefined) this.#tried = [before];
      else this.#tried.push(before);
    }
    const { only } = this.#from.members;
    if (only !== undefined) {
      if (before !== undefined || !only.isAvailable(0)) return undefined;
      only.busy++;
      return this.#try(only);
    }
    const now = this.#from.now();
    const peer = this.#pick(now);
    if (peer === undefined) return undefined;
    peer.chosen(now);
    return this.#try(peer);
  }

  #try(peer: Peer): Pool {
    this.#peer = peer;
    this.#isUnderWay = true;
    return peer.pool;
  }

  #pick(now: number): Peer | undefined {
    const { members, picker, sticky } = this.#from;
    if (sticky !== undefined && this.#tried === undefined) {
      const name = sticky.wanted(this.request);
      const peer = name === undefined ? undefined : roundRobin.pick(members.named(name), this, now);
      if (peer !== undefined) return peer;
    }
    if (!this.#isAmongBackups) {
      const peer = picker.pick(members.primary, this, now);
      if (peer !== undefined) return peer;
      this.#isAmongBackups = true;
      this.passed = 0;
      this.hash = undefined;
      this.rehash = 0;
    }
    return picker.pick(members.backup, this, now);
  }

  hasTried(peer: Peer): boolean {
    return peer === this.#peer || (this.#tried?.includes(peer) ?? false);
  }

  /** Whether every server has been tried in this request that the configuration does not call down. */
  get isLastTry(): boolean {
    const tried = (this.#tried?.length ?? 0) + 1;
    return this.#from.members.all.filter(({ isDown }) => !isDown).length <= tried;
  }

  /** The current try has failed, which counts against its server. It is over. */
  failed(): void {
    const peer = this.#peer;
    if (peer === undefined || !this.#isUnderWay) return;
    const from = this.#from;
    if (peer !== from.members.only && peer.failed(from.now())) from.leftAlone(peer);
    this.end();
  }

  /** The head of an answer has come. */
  succeeded(): void {
    this.#peer?.succeeded();
  }

  /** The request, or the tunnel that it became, is over, however that came. May be called more than once. */
  end(): void {
    if (!this.#isUnderWay || this.#peer === undefined) return;
    this.#isUnderWay = false;
    this.#peer.busy--;
  }

  /**
   * The request has become a tunnel: its server is busy until what is returned is ended. Unlike this selection, that keeps
   * nothing of the request.
   */
  handOver(): BusyServer | undefined {
    if (!this.#isUnderWay || this.#peer === undefined) return undefined;
    this.#isUnderWay = false;
    return new BusyServer(this.#peer);
  }

  /** The value of a Set-Cookie field to add to the answer; undefined for none, which is nearly always. */
  setCookie(): string | undefined {
    const { sticky } = this.#from;
    if (sticky === undefined || this.#peer === undefined) return undefined;
    return sticky.cookie(this.#peer, this.request);
  }

  /** Remembers the session that the server has opened, if it has. @param answered has the variables of the answer */
  learn(answered: VariableSource): void {
    const { sticky } = this.#from;
    if (sticky !== undefined && this.#peer !== undefined) sticky.learn(this.#peer, answered);
  }
}

/** A server that counts one of its connections as under way. */
export class BusyServer {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** To be called once. */
  end(): void {
    this.#peer.busy--;
  }
}
