/**
 * From exchange to tunnel: hands over both sockets, and the bytes that came before there was a tunnel, in both
 * directions; says what became of the tunnel when it has ended.
 */
import type { ClientConnection } from './client-connection.ts';
import type { SocketCounts } from './socket-counts.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import type { TunnelNotes } from './tunnel-notes.ts';
import type { UpstreamConnection } from './upstream/connection.ts';
import type { Selection } from './upstream/selection.ts';

export type TunnelStart = {
  /** The verified 101, for the client. */
  readonly head: string;
  /** What came from the upstream behind the 101. */
  readonly fromUpstream: Buffer;
  readonly notes: TunnelNotes;
  /** Ended with the tunnel: its server is busy until then. */
  readonly selection: Selection | undefined;
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
  const { counts } = client.serving;
  counts.tunnels++;
  new Tunnel(client.socket, upstream, new TunnelRecord(counts, start)).start();
}

/** What is kept of the request as long as its tunnel lasts. */
class TunnelRecord implements TunnelOwner {
  readonly #counts: SocketCounts;
  readonly #notes: TunnelNotes;
  readonly #selection: Selection | undefined;
  readonly #firstBytes: number;

  constructor(counts: SocketCounts, { notes, selection, fromUpstream }: TunnelStart) {
    this.#counts = counts;
    this.#notes = notes;
    this.#selection = selection;
    this.#firstBytes = fromUpstream.length;
  }

  onTunnelEnd(tunnel: Tunnel): void {
    this.#notes.end({
      bytesToClient: this.#firstBytes + tunnel.bytesToClient,
      bytesToUpstream: tunnel.bytesToUpstream,
      endedBy: 'client',
      how: 'closed',
    });
    this.#selection?.end();
    this.#counts.closed('tunnels');
  }
}
