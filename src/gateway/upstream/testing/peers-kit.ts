/** Peers without servers behind them, and requests that are only what choosing looks at. */
import type { ServerOptions } from '../../../config/upstream-model.ts';
import { Members } from '../members.ts';
import { Peer } from '../peer.ts';
import type { BalancedRequest, Picker, Walk } from '../pick/picker.ts';
import { roundRobin } from '../pick/round-robin.ts';
import type { Pool } from '../pool.ts';
import type { Selectable } from '../selection.ts';
import type { Sticky } from '../sticky.ts';

/** A peer that is called `name`, which may have no connections. */
export function peerOf(name: string, options: ServerOptions & { server?: string } = {}): Peer {
  const { server = name, ...rest } = options;
  return new Peer({ name } as Pool, server, { route: name, ...rest });
}

/** Peers a, b, c … of these weights. */
export function weighted(...weights: number[]): Peer[] {
  return weights.map((weight, index) => peerOf(String.fromCharCode(97 + index), { weight }));
}

export function requestOf(
  variables: Readonly<Record<string, string>> = {},
  remoteAddress = '192.0.2.1',
): BalancedRequest {
  return { remoteAddress, variable: (name) => variables[name] };
}

/** A walk on which `tried` lie behind. */
export function walkOf(request = requestOf(), tried: readonly Peer[] = []): Walk {
  return {
    request,
    passed: 0,
    hash: undefined,
    rehash: 0,
    hasTried: (peer) => tried.includes(peer),
  };
}

/** What selections choose from, with a clock to be set. */
export class TestServers implements Selectable {
  members: Members;
  readonly picker: Picker;
  readonly sticky: Sticky | undefined;
  nowMs = 1_000_000;
  readonly leftAlonePeers: string[] = [];

  constructor(peers: readonly Peer[], options: { picker?: Picker; sticky?: Sticky } = {}) {
    const { sticky } = options;
    this.picker = options.picker ?? roundRobin;
    this.sticky = sticky;
    this.members = new Members(peers, sticky && ((peer) => sticky.nameOf(peer)));
  }

  now(): number {
    return this.nowMs;
  }

  leftAlone(peer: Peer): void {
    this.leftAlonePeers.push(peer.name);
  }
}
