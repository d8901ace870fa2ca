/**
 * The servers of one upstream at work: who they are now, as names are looked up and checks come in, how one is chosen, and
 * the connections to each. Upstreams that differ in nothing but timeouts share it.
 *
 *   model server ──▶ Slot: an address, or a name ──▶ Peer an address ──▶ Pool
 *                                                     └──── Members ◀── Selection
 */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Log } from '../../base/log.ts';
import type {
  ResolverModel,
  UpstreamModel,
  UpstreamServerModel,
} from '../../config/upstream-model.ts';
import { type InProcessServers, serverName } from './dial.ts';
import { HealthChecks } from './health-checks.ts';
import { Members } from './members.ts';
import type { NameLookup } from './name-lookup.ts';
import { Peer, type PeerState } from './peer.ts';
import type { Picker } from './pick/picker.ts';
import { pickerOf } from './pick/pickers.ts';
import { Pool, type PoolContext } from './pool.ts';
import type { Selectable } from './selection.ts';
import { routeOfAddress, type Sticky, stickyOf } from './sticky.ts';
import { WatchedName } from './watched-name.ts';

/** What groups share with their gateway. */
export type GroupContext = PoolContext & {
  readonly log: Log;
  readonly inProcess: InProcessServers;
  /** In milliseconds, on a clock that never jumps. */
  now(): number;
  lookupOf(resolver: ResolverModel | undefined): NameLookup;
};

/** A server as metrics and status see it. */
export type ServerFacts = {
  /** `127.0.0.1:9000`, `unix:/run/app.sock`; a name while its addresses are not known. */
  readonly address: string;
  readonly state: PeerState;
  /** What is wrong; undefined for one that is up. */
  readonly why: string | undefined;
  readonly backup: boolean;
  readonly weight: number;
  /** Requests and tunnels under way. */
  readonly busy: number;
  /** Connections kept for the next request. */
  readonly idle: number;
  /** Requests that failed since the last success. */
  readonly fails: number;
};

/** One server of the model, and what it has become. */
type Slot = {
  readonly server: UpstreamServerModel;
  peers: readonly Peer[];
  name: WatchedName | undefined;
};

export class UpstreamGroup implements Selectable {
  readonly model: UpstreamModel;
  readonly picker: Picker;
  readonly sticky: Sticky | undefined;
  members: Members;
  readonly #tls: ConnectionOptions | undefined;
  readonly #context: GroupContext;
  readonly #slots: readonly Slot[];
  readonly #checks: HealthChecks | undefined;

  /** Looks names up at once, in the background: nothing here fails because of them. */
  constructor(model: UpstreamModel, tls: ConnectionOptions | undefined, context: GroupContext) {
    this.model = model;
    this.#tls = tls;
    this.#context = context;
    this.picker = pickerOf(model.balance);
    this.sticky = stickyOf(model.sticky, context.now);
    const lookup = context.lookupOf(model.resolver);
    this.#slots = model.servers.map((server) => this.#slot(server, lookup));
    this.members = this.#gather();
    this.#checks =
      model.health === undefined
        ? undefined
        : new HealthChecks(model.health, {
            model,
            context,
            peers: () => this.members.all,
          });
  }

  now(): number {
    return this.#context.now();
  }

  leftAlone({ name, fails, failTimeoutMs }: Peer): void {
    this.#context.log.warn(
      { upstream: this.model.name, server: name, fails, forMs: failTimeoutMs },
      'a server gets no requests for a while, because some failed',
    );
  }

  facts(): readonly ServerFacts[] {
    const now = this.now();
    return this.members.all.map((peer) => ({
      address: peer.name,
      state: peer.state(now),
      why: this.whyNot(peer, now),
      backup: peer.isBackup,
      weight: peer.weight,
      busy: peer.busy,
      idle: peer.pool.idle,
      fails: peer.fails,
    }));
  }

  /** Why a server gets no requests now; undefined when it could. */
  whyNot(peer: Peer, now = this.now()): string | undefined {
    const { busy, maxConnections, fails } = peer;
    switch (peer.state(now)) {
      case 'down':
        return 'it is marked as down';
      case 'unhealthy':
        return peer.unhealthy;
      case 'failing':
        return `${fails} ${fails === 1 ? 'request' : 'requests'} failed`;
      case 'up':
        return maxConnections !== 0 && busy >= maxConnections
          ? `it may have no more than ${maxConnections} requests at a time`
          : undefined;
    }
  }

  /** Looks up no more, checks no more; closes idle connections now and the others when they are given back. */
  close(): void {
    this.#checks?.close();
    for (const { name, peers } of this.#slots) {
      name?.close();
      for (const { pool } of peers) pool.close();
    }
  }

  #slot(server: UpstreamServerModel, lookup: NameLookup): Slot {
    if (server.kind !== 'tcp' || !isLookedUp(server.host)) {
      return { server, peers: [this.#peer(server, server)], name: undefined };
    }
    const name = new WatchedName({
      name: server.host,
      lookup,
      once: server.resolve === false,
      onAddresses: (addresses) => this.#readdress(slot, addresses),
      onFailure: (error) => {
        this.#context.log.warn(
          { upstream: this.model.name, host: server.host, reason: error.message },
          'the name of a server could not be looked up',
        );
      },
    });
    // Until there is an answer, connections are made to the name, and wait for one.
    const slot: Slot = { server, peers: [this.#peer(server, server, name)], name };
    name.look().catch(() => {});
    return slot;
  }

  /** @param at its address, or the server itself when that has one */
  #peer(server: UpstreamServerModel, at: UpstreamServerModel, name?: WatchedName): Peer {
    const { model } = this;
    const dial = {
      server: at,
      tls: this.#tls,
      inProcess: this.#context.inProcess,
      tcpKeepAlive: model.tcpKeepAlive ?? true,
      lookup: name?.lookupFunction,
    };
    const pool = new Pool(dial, model.keepAlive ?? {}, this.#context);
    return new Peer(pool, serverName(server), {
      ...server,
      route: server.route ?? routeOfAddress(pool.name),
    });
  }

  #readdress(slot: Slot, addresses: readonly string[]): void {
    const { server } = slot;
    if (server.kind !== 'tcp') return;
    const before = slot.peers;
    slot.peers = addresses.map((host) => {
      const at = { ...server, host };
      const name = serverName(at);
      return before.find((peer) => peer.name === name) ?? this.#peer(server, at);
    });
    for (const peer of before) if (!slot.peers.includes(peer)) peer.pool.close();
    this.members = this.#gather();
    this.#context.log.debug(
      { upstream: this.model.name, host: server.host, addresses },
      'the addresses of a server are known',
    );
  }

  #gather(): Members {
    const { sticky } = this;
    const all = this.#slots.flatMap(({ peers }) => peers);
    return sticky === undefined
      ? new Members(all)
      : new Members(all, (peer) => sticky.nameOf(peer));
  }
}

/**
 * Whether a host is a name that may have other addresses tomorrow. `localhost` is this machine (RFC 6761, 6.3): one server,
 * whichever of its two addresses it listens on.
 */
function isLookedUp(host: string): boolean {
  return isIP(host) === 0 && host !== 'localhost' && !host.endsWith('.localhost');
}
