/** Upstreams without a gateway around them: real connections, names that the test gives addresses, a log that can be awaited. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Log } from '../../../base/log.ts';
import type {
  ResolverModel,
  UpstreamModel,
  UpstreamServerModel,
} from '../../../config/upstream-model.ts';
import { Deadlines } from '../../deadlines.ts';
import { SocketCounts } from '../../socket-counts.ts';
import { limits } from '../../testing/gateway-kit.ts';
import type { UpstreamConnection, UpstreamUser } from '../connection.ts';
import type { InProcessServers } from '../dial.ts';
import type { NameLookup } from '../name-lookup.ts';
import type { Pool } from '../pool.ts';
import { Upstreams } from '../upstreams.ts';

export type LogLine = { readonly message: string; readonly facts: Record<string, unknown> };

export class UpstreamsKit {
  readonly counts = new SocketCounts();
  readonly names = new TestNames();
  readonly upstreams: Upstreams;
  readonly lines: LogLine[] = [];
  #awaited: { message: RegExp; resolve(line: LogLine): void }[] = [];

  /** Closes everything when the test ends, and then checks that no socket is left. */
  constructor(context: TestContext, inProcess: InProcessServers = {}) {
    const { counts, names } = this;
    this.upstreams = new Upstreams(
      { deadlines: new Deadlines(1000), limits, counts, log: this.#log(), inProcess },
      { lookupOf: (resolver) => names.lookupOf(resolver) },
    );
    context.after(async () => {
      this.upstreams.destroy();
      assert.ok(await counts.until(() => counts.upstreams === 0, 2000), 'a socket is left');
    });
  }

  /** The next line from now on that fits. */
  logged(message: RegExp): Promise<LogLine> {
    return new Promise((resolve) => this.#awaited.push({ message, resolve }));
  }

  #log(): Log {
    const keep = (facts: object, message: string) => {
      const line = { message, facts: facts as Record<string, unknown> };
      this.lines.push(line);
      const heard = this.#awaited.filter((awaited) => awaited.message.test(message));
      this.#awaited = this.#awaited.filter((awaited) => !heard.includes(awaited));
      for (const { resolve } of heard) resolve(line);
    };
    return { debug: keep, info: keep, warn: keep, error: keep };
  }
}

/** What names resolve to: nothing until the test says so. */
export class TestNames {
  readonly #addresses = new Map<string, { addresses: readonly string[]; validMs: number }>();
  /** Every name that was looked up. */
  readonly asked: string[] = [];
  readonly resolvers: (ResolverModel | undefined)[] = [];

  set(name: string, addresses: readonly string[], validMs = 3_600_000): void {
    this.#addresses.set(name, { addresses, validMs });
  }

  unset(name: string): void {
    this.#addresses.delete(name);
  }

  lookupOf(resolver: ResolverModel | undefined): NameLookup {
    this.resolvers.push(resolver);
    return (name) => {
      this.asked.push(name);
      const found = this.#addresses.get(name);
      if (found !== undefined) return Promise.resolve(found);
      const error = Object.assign(new Error(`${name} is unknown`), { code: 'ENOTFOUND' });
      return Promise.reject(error);
    };
  }
}

const timeouts = { connectMs: 5000, readMs: 5000, sendMs: 5000 };

export function modelOf(
  servers: readonly UpstreamServerModel[],
  more: Partial<UpstreamModel> = {},
): UpstreamModel {
  return { name: 'http://up.test', servers, timeouts, ...more };
}

/** A new connection that has come up; rejects with what went wrong. */
export function connected(pool: Pool): Promise<UpstreamConnection> {
  return new Promise((resolve, reject) => {
    const user: UpstreamUser = {
      onUpstreamReady: () => resolve(connection),
      onUpstreamData() {},
      onUpstreamDrain() {},
      onUpstreamEnd() {},
      onUpstreamDeaf() {},
      onUpstreamClose: (error) => reject(error ?? new Error('it closed the connection')),
      onUpstreamDeadline: () => reject(new Error('the deadline has passed')),
      onUpstreamFault: reject,
    };
    const connection = pool.connect(user, timeouts.connectMs);
  });
}

/** Takes what is given and does nothing with it. */
export const idleUser: UpstreamUser = {
  onUpstreamReady() {},
  onUpstreamData() {},
  onUpstreamDrain() {},
  onUpstreamEnd() {},
  onUpstreamDeaf() {},
  onUpstreamClose() {},
  onUpstreamDeadline() {},
  onUpstreamFault() {},
};
