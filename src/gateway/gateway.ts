/**
 * The gateway: makes a model live, puts another one in its place while it runs, and ends in order.
 *
 * Knows no configuration file, no console and no signals: servers of this process are given to it by name, and
 * whoever runs it decides when it changes and when it closes.
 */
import type { Log } from '../base/log.ts';
import type { GatewayModel, ListenAddress } from '../config/model.ts';
import { routesOf, sitesOf, upstreamsOf } from '../config/walk.ts';
import { PasswordChecks } from './access/password-checks.ts';
import { UsersFiles } from './access/users-files.ts';
import { AccessLogs } from './access-log.ts';
import { Totals } from './admin/totals.ts';
import { Deadlines } from './deadlines.ts';
import { Generation, type Shared } from './generation.ts';
import { Roster } from './roster.ts';
import { SocketCounts } from './socket-counts.ts';
import { SparseLog } from './sparse-log.ts';
import type { InProcessServers } from './upstream/dial.ts';
import { type UpstreamSet, Upstreams } from './upstream/upstreams.ts';

export type GatewayOptions = {
  readonly log: Log;
  /**
   * The servers of `in-process` upstreams by name: each is given one end of every new connection, as a node:http server
   * takes it with `server.emit('connection', connection)`. Default: none.
   */
  readonly inProcess?: InProcessServers;
};

/** How long closing waits for destroyed sockets to be gone, in milliseconds. They are, within a tick or two. */
const closeMs = 2000;

/** How long both sides of a tunnel may take to end it, once they were told to, in milliseconds. */
const goAwayMs = 1000;

/** What is open. For tests that nothing leaks, and for status pages. */
export type OpenCounts = {
  /** Sockets of clients, in whatever state. */
  readonly clients: number;
  /** Connections to upstreams: in use, idle, or one side of a tunnel. */
  readonly upstreams: number;
  readonly tunnels: number;
};

export class Gateway {
  readonly #counts = new SocketCounts();
  readonly #access = { files: new UsersFiles(), passwords: new PasswordChecks() };
  readonly #shared: Shared;
  #current: Generation;
  /** Configurations before this one whose clients are still connected. */
  #retired: Generation[] = [];
  #closed: Promise<void> | undefined;

  /**
   * Reads certificates and opens access logs, but does not listen yet.
   * Throws `HW_CERTIFICATE`, `HW_ACCESS_LOG` or `HW_NO_SERVER`.
   */
  constructor(model: GatewayModel, options: GatewayOptions) {
    const { limits } = model;
    const { log, inProcess = {} } = options;
    const deadlines = new Deadlines(shortestTimeout(model));
    const counts = this.#counts;
    this.#shared = {
      log,
      refusals: new SparseLog(log),
      deadlines,
      counts,
      tunnels: new Roster(),
      totals: new Totals(),
      accessLogs: new AccessLogs(log),
      access: this.#access,
      upstreams: new Upstreams({ deadlines, limits, counts, log, inProcess }),
    };
    try {
      this.#current = new Generation(model, this.#shared);
    } catch (error) {
      this.#shared.upstreams.destroy();
      void this.#shared.accessLogs.close();
      throw error;
    }
  }

  get open(): OpenCounts {
    const { clients, upstreams, tunnels } = this.#counts;
    return { clients, upstreams, tunnels };
  }

  get totals(): Totals {
    return this.#shared.totals;
  }

  /** What is served now. */
  get model(): GatewayModel {
    return this.#current.model;
  }

  /** The servers of all upstreams, for metrics and status. */
  get upstreams(): UpstreamSet {
    return this.#current.upstreams;
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Starts to serve. Returns the real addresses in the order of the model's listeners, port 0 resolved.
   * Rejects with `HW_LISTEN_…`, and then listens nowhere.
   */
  async listen(): Promise<readonly ListenAddress[]> {
    return await this.#current.listen();
  }

  /**
   * Serves another model from now on. Addresses that both have are listened on without a gap; requests, answers and tunnels
   * under way are not touched, connections get the new model for their next request, and upstreams that are the same keep
   * their connections and what is known of their health.
   * Rejects with what the constructor and `listen` throw, and then the old model is served as before.
   */
  async replace(model: GatewayModel): Promise<readonly ListenAddress[]> {
    const { deadlines } = this.#shared;
    const next = new Generation(model, this.#shared, this.#current);
    let addresses: readonly ListenAddress[];
    try {
      addresses = await next.listen(this.#current);
    } catch (error) {
      next.upstreams.close();
      throw error;
    }
    deadlines.allowFor(shortestTimeout(model));
    const before = this.#current;
    this.#current = next;
    this.#retired = [...this.#retired.filter((retired) => retired.hasClients), before];
    await before.retire(next);
    return addresses;
  }

  /** Goes on in new access logs, for whoever has moved the old ones away. */
  reopenLogs(): void {
    this.#shared.accessLogs.reopen();
  }

  /**
   * Accepts nothing more, lets requests and tunnels under way end by themselves for `drainMs`, then closes the rest; WebSockets
   * are told by a Close with 1001.
   * Resolves when no socket is left and the access logs are written. A second call waits for the first.
   */
  close(options: { readonly drainMs: number }): Promise<void> {
    this.#closed ??= this.#close(options.drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    const counts = this.#counts;
    await this.#current.retire();
    await counts.until(() => counts.clients === 0 && counts.tunnels === 0, drainMs);
    for (const tunnel of [...this.#shared.tunnels]) tunnel.goAway();
    await counts.until(() => counts.tunnels === 0, goAwayMs);
    for (const generation of [this.#current, ...this.#retired]) generation.destroy();
    // With its client a request is over; one that lost its upstream first would be logged as that one's failure.
    await counts.until(() => counts.clients === 0, closeMs);
    this.#shared.upstreams.destroy();
    await counts.until(() => counts.clients + counts.upstreams + counts.tunnels === 0, closeMs);
    this.#access.passwords.close();
    this.#shared.refusals.close();
    await this.#shared.accessLogs.close();
  }
}

function shortestTimeout(model: GatewayModel): number {
  const { headMs, bodyMs, keepAliveMs } = model.limits;
  const upstreams = [...sitesOf(model)].flatMap((site) =>
    [...routesOf(site)].flatMap((route) => upstreamsOf(route)),
  );
  return Math.min(
    headMs,
    bodyMs,
    keepAliveMs,
    ...upstreams.flatMap(({ timeouts }) => [timeouts.connectMs, timeouts.readMs, timeouts.sendMs]),
  );
}
