/** An upstream of the model at work: its servers, each with its pool, and the choice of one for a request. */
import type { ConnectionOptions } from 'node:tls';
import type { UpstreamModel } from '../../config/upstream-model.ts';
import { upstreamTls } from '../tls.ts';
import type { InProcessServers } from './dial.ts';
import { Pool, type PoolContext } from './pool.ts';

export class Upstream {
  readonly model: UpstreamModel;
  /** Host and port that it is known by. */
  readonly authority: string;
  /** Whether all servers are in this process, and are told what a proxy in front of the gateway did. */
  readonly inProcess: boolean;
  readonly #pools: readonly Pool[];
  #turn = 0;

  /** Throws `HW_CERTIFICATE` when the file of authorities cannot be used. */
  constructor(model: UpstreamModel, inProcess: InProcessServers, context: PoolContext) {
    this.model = model;
    this.authority = model.authority ?? model.name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
    this.inProcess = model.servers.every((server) => server.kind === 'in-process');
    const tls: ConnectionOptions | undefined = upstreamTls(model);
    this.#pools = model.servers.map(
      (server) => new Pool({ server, tls, inProcess }, model.timeouts.connectMs, context),
    );
  }

  /** The pool of the server whose turn it is. */
  pick(): Pool {
    const pool = this.#pools[this.#turn] as Pool;
    this.#turn = (this.#turn + 1) % this.#pools.length;
    return pool;
  }

  /** Closes idle connections now and the others when they are given back. */
  close(): void {
    for (const pool of this.#pools) pool.close();
  }

  destroy(): void {
    for (const pool of this.#pools) pool.destroy();
  }
}
