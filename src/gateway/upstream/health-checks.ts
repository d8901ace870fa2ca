/**
 * Asks the servers of one upstream again and again whether they are up, and takes out those that are not: over a connection
 * of its own, so that neither a stuck pool nor a busy server looks like the other.
 */
import type { HealthModel, UpstreamModel } from '../../config/upstream-model.ts';
import { HealthCheck } from './health-check.ts';
import type { Peer } from './peer.ts';
import type { GroupContext } from './upstream-group.ts';

/** What is meant when nothing is said. */
const defaultIntervalMs = 5000;

export type CheckedGroup = {
  readonly model: UpstreamModel;
  readonly context: GroupContext;
  /** As they are now. */
  peers(): readonly Peer[];
};

/** Results in a row. */
type Streak = { fails: number; passes: number };

export class HealthChecks {
  readonly #model: HealthModel;
  readonly #group: CheckedGroup;
  readonly #streaks = new WeakMap<Peer, Streak>();
  readonly #underWay = new Map<Peer, HealthCheck>();
  readonly #timer: NodeJS.Timeout;
  readonly #start: NodeJS.Immediate;

  /** Begins at once, and keeps no process alive. */
  constructor(model: HealthModel, group: CheckedGroup) {
    this.#model = model;
    this.#group = group;
    const check = () => this.#checkAll();
    this.#start = setImmediate(check);
    this.#timer = setInterval(check, model.intervalMs ?? defaultIntervalMs);
    this.#timer.unref();
  }

  close(): void {
    clearImmediate(this.#start);
    clearInterval(this.#timer);
    for (const check of this.#underWay.values()) check.cancel();
    this.#underWay.clear();
  }

  #checkAll(): void {
    for (const peer of this.#group.peers()) {
      // A check may take longer than the time between two.
      if (peer.isDown || this.#underWay.has(peer)) continue;
      const { model, context } = this.#group;
      const check = new HealthCheck(this.#model, {
        dial: peer.pool.dialOptions,
        model,
        context,
        onResult: (failure) => {
          this.#underWay.delete(peer);
          this.#record(peer, failure);
        },
      });
      this.#underWay.set(peer, check);
    }
  }

  /** @param failure undefined for a check that was passed */
  #record(peer: Peer, failure: string | undefined): void {
    const { fails = 1, passes = 1 } = this.#model;
    let streak = this.#streaks.get(peer);
    if (streak === undefined) {
      streak = { fails: 0, passes: 0 };
      this.#streaks.set(peer, streak);
    }
    if (failure === undefined) {
      streak.passes++;
      streak.fails = 0;
      if (peer.unhealthy === undefined || streak.passes < passes) return;
      peer.unhealthy = undefined;
      this.#group.context.log.info(this.#facts(peer), 'a server is back: its health check passed');
      return;
    }
    streak.fails++;
    streak.passes = 0;
    if (peer.unhealthy !== undefined) peer.unhealthy = failure;
    if (peer.unhealthy !== undefined || streak.fails < fails) return;
    peer.unhealthy = failure;
    this.#group.context.log.warn(
      { ...this.#facts(peer), reason: failure },
      'a server is taken out: its health check failed',
    );
  }

  #facts(peer: Peer): object {
    return { upstream: this.#group.model.name, server: peer.name };
  }
}
