/**
 * All upstreams of a gateway, over all its configurations. Each configuration has a set; what two of them have in common,
 * or two routes of one, is one group of servers, with its connections and all that is known of them. So a reload forgets
 * nothing.
 */
import { createHash } from 'node:crypto';
import type { Log } from '../../base/log.ts';
import type {
  DynamicUpstreamModel,
  ResolverModel,
  UpstreamModel,
} from '../../config/upstream-model.ts';
import type { HeadLimits } from '../../http1/head.ts';
import type { Deadlines } from '../deadlines.ts';
import { gatewayError } from '../errors.ts';
import type { SocketCounts } from '../socket-counts.ts';
import type { InProcessServers } from './dial.ts';
import { DynamicUpstream } from './dynamic-upstream.ts';
import { lookUpAt, lookUpInSystem, type NameLookup } from './name-lookup.ts';
import { Upstream } from './upstream.ts';
import { type GroupContext, type ServerFacts, UpstreamGroup } from './upstream-group.ts';
import { UpstreamSockets } from './upstream-sockets.ts';
import { readUpstreamTlsFiles, type UpstreamTlsFiles, upstreamTls } from './upstream-tls.ts';

export type UpstreamsOptions = {
  readonly deadlines: Deadlines;
  /** Of the heads that upstreams send. */
  readonly limits: HeadLimits;
  readonly counts: SocketCounts;
  readonly log: Log;
  readonly inProcess: InProcessServers;
};

/** An upstream as metrics and status see it. */
export type UpstreamFacts = {
  /** Its URL as the configuration has it. */
  readonly name: string;
  readonly servers: readonly ServerFacts[];
};

/** A group and how many sets have it. */
type Shared = { readonly key: string; readonly group: UpstreamGroup; users: number };

export class Upstreams {
  readonly #groups = new Map<string, Shared>();
  readonly #sockets: UpstreamSockets;
  readonly #context: GroupContext;
  /** By what the model says: a thousand names are asked for over one socket. */
  readonly #lookups = new Map<string, NameLookup>();

  /** @param context in tests: another clock, other names */
  constructor(options: UpstreamsOptions, context: Partial<GroupContext> = {}) {
    const { counts, ...shared } = options;
    this.#sockets = new UpstreamSockets(counts);
    this.#context = {
      ...shared,
      sockets: this.#sockets,
      now: () => performance.now(),
      lookupOf: (resolver) => this.#lookupOf(resolver),
      ...context,
    };
  }

  /** For one configuration. */
  set(): UpstreamSet {
    return new UpstreamSet(this);
  }

  /** Called by sets. Throws `HW_CERTIFICATE` or `HW_NO_SERVER`. */
  acquire(model: UpstreamModel): Shared {
    const files = model.tls && readUpstreamTlsFiles(model.name, model.tls);
    const key = keyOf(model, files);
    let shared = this.#groups.get(key);
    if (shared === undefined) {
      shared = { key, group: this.#group(model, files), users: 0 };
      this.#groups.set(key, shared);
    }
    shared.users++;
    return shared;
  }

  /** Called by sets. */
  release(shared: Shared): void {
    shared.users--;
    if (shared.users > 0) return;
    this.#groups.delete(shared.key);
    shared.group.close();
  }

  /** Closes every connection, those of tunnels too. */
  destroy(): void {
    for (const { group } of this.#groups.values()) group.close();
    this.#sockets.destroy();
  }

  #lookupOf(resolver: ResolverModel | undefined): NameLookup {
    if (resolver === undefined) return lookUpInSystem;
    const key = JSON.stringify(resolver);
    let lookup = this.#lookups.get(key);
    if (lookup === undefined) {
      lookup = lookUpAt(resolver);
      this.#lookups.set(key, lookup);
    }
    return lookup;
  }

  #group(model: UpstreamModel, files: UpstreamTlsFiles | undefined): UpstreamGroup {
    const { inProcess } = this.#context;
    for (const server of model.servers) {
      if (server.kind === 'in-process' && inProcess[server.name] === undefined) {
        throw gatewayError('HW_NO_SERVER', `no server ${server.name} runs in this process`);
      }
    }
    return new UpstreamGroup(model, upstreamTls(model, files), this.#context);
  }
}

/** The upstreams of one configuration. */
export class UpstreamSet {
  readonly #all: Upstreams;
  readonly #shared = new Map<string, Shared>();
  readonly #upstreams = new Map<string, Upstream>();
  readonly #dynamic: DynamicUpstream[] = [];

  constructor(all: Upstreams) {
    this.#all = all;
  }

  /** The same for models that say the same. Throws `HW_CERTIFICATE` or `HW_NO_SERVER`. */
  of(model: UpstreamModel): Upstream {
    const key = JSON.stringify(model);
    let upstream = this.#upstreams.get(key);
    if (upstream === undefined) {
      upstream = new Upstream(model, this.#groupOf(model));
      this.#upstreams.set(key, upstream);
    }
    return upstream;
  }

  /** One whose URL is computed for each request. Throws what `of` throws for its groups. */
  dynamic(model: DynamicUpstreamModel): DynamicUpstream {
    const dynamic = new DynamicUpstream(model, this, () => this.#all.set());
    this.#dynamic.push(dynamic);
    return dynamic;
  }

  #groupOf(model: UpstreamModel): UpstreamGroup {
    const shared = this.#all.acquire(model);
    if (this.#shared.has(shared.key)) this.#all.release(shared);
    else this.#shared.set(shared.key, shared);
    return shared.group;
  }

  /** For metrics and status. */
  facts(): readonly UpstreamFacts[] {
    const own = Array.from(this.#shared.values(), ({ group }) => ({
      name: group.model.name,
      servers: group.facts(),
    }));
    return [...own, ...this.#dynamic.flatMap((dynamic) => dynamic.facts())];
  }

  /** Closes what no other set has: idle connections now, the others when they are given back. */
  close(): void {
    for (const dynamic of this.#dynamic) dynamic.close();
    for (const shared of this.#shared.values()) this.#all.release(shared);
    this.#shared.clear();
  }
}

/** What makes a group another one: everything but the timeouts. Files count by what is in them. */
function keyOf(model: UpstreamModel, files: UpstreamTlsFiles | undefined): string {
  const { timeouts: _, ...rest } = model;
  const key = JSON.stringify(rest);
  if (files === undefined) return key;
  const hash = createHash('sha256');
  for (const file of [files.ca, files.cert, files.key, files.passwords, files.crl]) {
    hash.update(`${file?.length ?? 0}:`).update(file ?? '');
  }
  return key + hash.digest('base64');
}
