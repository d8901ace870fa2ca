/**
 * One address of an upstream: its share of the requests, how many of them it has now, and what failed ones have shown
 * (nginx's passive health, ngx_http_upstream_round_robin.c). Knows neither how it is chosen nor who checks it.
 */
import type { ServerOptions } from '../../config/upstream-model.ts';
import type { Pool } from './pool.ts';

/** What nginx means when nothing is said. */
const defaultMaxFails = 1;
const defaultFailTimeoutMs = 10_000;

export type PeerState = 'up' | 'failing' | 'unhealthy' | 'down';

export class Peer {
  /** Its address: `127.0.0.1:9443`, `unix:/run/x.sock`. */
  readonly name: string;
  /** The server as the configuration has it, which all addresses of its name share. */
  readonly server: string;
  /** What sticky cookies and routes call it. */
  readonly route: string;
  readonly pool: Pool;
  readonly weight: number;
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  /** 0 for no limit. */
  readonly maxConnections: number;
  readonly isBackup: boolean;
  readonly isDown: boolean;
  /** `weight`, less after failures; recovers by one each time the server could have been chosen. */
  effectiveWeight: number;
  /** How much it is this server's turn. */
  currentWeight = 0;
  /** Requests and tunnels under way. */
  busy = 0;
  /** Since the last success. */
  fails = 0;
  /** When a request last failed, and when one was last let through to see, in milliseconds. */
  failedAt = Number.NEGATIVE_INFINITY;
  checkedAt = Number.NEGATIVE_INFINITY;
  /** What its health check says is wrong; undefined while it says nothing or all is well. */
  unhealthy: string | undefined;

  constructor(pool: Pool, server: string, options: ServerOptions & { readonly route: string }) {
    this.name = pool.name;
    this.server = server;
    this.route = options.route;
    this.pool = pool;
    this.weight = options.weight ?? 1;
    this.maxFails = options.maxFails ?? defaultMaxFails;
    this.failTimeoutMs = options.failTimeoutMs ?? defaultFailTimeoutMs;
    this.maxConnections = options.maxConnections ?? 0;
    this.isBackup = options.backup ?? false;
    this.isDown = options.down ?? false;
    this.effectiveWeight = this.weight;
  }

  /** Whether it may be given a request now. */
  isAvailable(now: number): boolean {
    return (
      !this.isDown &&
      this.unhealthy === undefined &&
      (this.maxConnections === 0 || this.busy < this.maxConnections) &&
      !this.isFailing(now)
    );
  }

  /** Whether it is left alone because requests failed. */
  isFailing(now: number): boolean {
    return (
      this.maxFails !== 0 &&
      this.fails >= this.maxFails &&
      now - this.checkedAt <= this.failTimeoutMs
    );
  }

  state(now: number): PeerState {
    if (this.isDown) return 'down';
    if (this.unhealthy !== undefined) return 'unhealthy';
    return this.isFailing(now) ? 'failing' : 'up';
  }

  /** It has been chosen: after a pause this one request shows whether it is back. */
  chosen(now: number): void {
    this.busy++;
    if (now - this.checkedAt > this.failTimeoutMs) this.checkedAt = now;
  }

  /** A request failed. Returns whether the server is left alone from now on. */
  failed(now: number): boolean {
    this.fails++;
    this.failedAt = now;
    this.checkedAt = now;
    if (this.maxFails === 0) return false;
    const lighter = this.effectiveWeight - Math.trunc(this.weight / this.maxFails);
    this.effectiveWeight = Math.max(0, lighter);
    return this.fails >= this.maxFails;
  }

  /** A request was answered. Only one that was let through after the last failure says anything. */
  succeeded(): void {
    if (this.failedAt < this.checkedAt) this.fails = 0;
  }

  /** Its turn comes nearer. Returns the weight that was in play. */
  advance(): number {
    const weight = this.effectiveWeight;
    this.currentWeight += weight;
    if (weight < this.weight) this.effectiveWeight++;
    return weight;
  }
}
