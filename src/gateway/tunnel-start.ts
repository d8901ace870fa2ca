/**
 * From exchange to tunnel: hands over both sockets, and the bytes that came before there was a tunnel, in both
 * directions; says what became of the tunnel when it has ended.
 */
import type { TunnelModel } from '../config/route-model.ts';
import type { ClientConnection } from './client-connection.ts';
import { noteFault } from './fault.ts';
import type { Serving } from './serving.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import type { TunnelNotes } from './tunnel-notes.ts';
import type { UpstreamConnection } from './upstream/connection.ts';
import type { BusyServer } from './upstream/selection.ts';

export type TunnelStart = {
  /** The verified 101, for the client. */
  readonly head: string;
  /** What came from the upstream behind the 101. */
  readonly fromUpstream: Buffer;
  /** What was changed to, in lower case. */
  readonly token: string;
  /** Of the route. Default: none. */
  readonly limits: TunnelModel | undefined;
  readonly notes: TunnelNotes;
  /** Busy until the tunnel ends. */
  readonly server: BusyServer | undefined;
};

export function openTunnel(
  client: ClientConnection,
  connection: UpstreamConnection,
  start: TunnelStart,
): void {
  const early = client.held;
  client.release();
  const upstream = connection.detach();
  client.socket.write(start.head, 'latin1');
  if (start.fromUpstream.length > 0) client.socket.write(start.fromUpstream);
  if (early !== undefined) upstream.write(early);
  const { counts, deadlines, tunnels } = client.serving;
  counts.tunnels++;
  const tunnel = new Tunnel(
    client.socket,
    upstream,
    new TunnelRecord(client.serving, start, early),
    {
      isWebSocket: start.token === 'websocket',
      limits: start.limits,
      deadlines,
    },
  );
  tunnels.add(tunnel);
  tunnel.start(early, start.fromUpstream);
}

/** What is kept of the request as long as its tunnel lasts. */
class TunnelRecord implements TunnelOwner {
  readonly #serving: Serving;
  readonly #notes: TunnelNotes;
  readonly #server: BusyServer | undefined;
  readonly #earlyToClient: number;
  readonly #earlyToUpstream: number;

  constructor(serving: Serving, start: TunnelStart, early: Buffer | undefined) {
    this.#serving = serving;
    this.#notes = start.notes;
    this.#server = start.server;
    this.#earlyToClient = start.fromUpstream.length;
    this.#earlyToUpstream = early?.length ?? 0;
  }

  onTunnelEnd(tunnel: Tunnel): void {
    this.#serving.tunnels.delete(tunnel);
    this.#server?.end();
    this.#serving.counts.closed('tunnels');
    this.#notes.end({
      ...tunnel.ending,
      bytesToClient: this.#earlyToClient + tunnel.bytesToClient,
      bytesToUpstream: this.#earlyToUpstream + tunnel.bytesToUpstream,
    });
  }

  onFault(error: unknown): void {
    noteFault(this.#serving.log, error, { requestId: this.#notes.requestId });
  }
}
