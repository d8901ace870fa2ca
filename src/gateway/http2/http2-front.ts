/**
 * The clients of one listener that speak HTTP/2: takes their connections, and ends them with the gateway. Sites see
 * their requests as those of any other client.
 */
import type { HatchwayError } from '../../base/errors.ts';
import type { Limits, ListenerModel } from '../../config/model.ts';
import type { AcceptedSocket } from '../accepted-socket.ts';
import { ClientConnection } from '../client-connection.ts';
import type { ClientHome, ListenerSites, Serving } from '../serving.ts';
import { refuseUnread } from '../unread-request.ts';
import { Coalescing } from './coalescing.ts';
import { Http2Connection, type Http2ConnectionOwner } from './http2-connection.ts';

export class Http2Front implements Http2ConnectionOwner {
  readonly #home: ClientHome;
  readonly #coalescing: Coalescing;
  readonly #connections = new Set<Http2Connection>();

  /** @param listener what `sites` were compiled from */
  constructor(listener: ListenerModel, sites: ListenerSites, serving: Serving) {
    // Its connections are told to end with their configuration: requests that follow come on new ones.
    this.#home = { sites, serving, successor: undefined };
    this.#coalescing = new Coalescing(listener);
  }

  /** Takes a connection whose client has chosen `h2` in the handshake. */
  accept(accepted: AcceptedSocket): void {
    this.#connections.add(new Http2Connection(accepted, this));
  }

  /** Says to all clients that their connections end, and lets requests and tunnels under way go on. */
  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  get serving(): Serving {
    return this.#home.serving;
  }

  /** The default site's: which site is meant is not known yet. */
  get limits(): Limits {
    return this.#home.sites.defaultSite.limits;
  }

  serve(accepted: AcceptedSocket): void {
    new ClientConnection(accepted, this.#home);
  }

  allows({ tls }: AcceptedSocket, host: string): boolean {
    return tls === undefined || this.#coalescing.allows(tls, host);
  }

  refuse(accepted: AcceptedSocket, error: HatchwayError, method: string): string {
    return refuseUnread(error, accepted, this.#home.sites, this.serving, method).text;
  }

  onConnectionClose(connection: Http2Connection): void {
    this.#connections.delete(connection);
  }
}
