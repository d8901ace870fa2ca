/**
 * From exchange to tunnel: hands over both sockets, and the bytes that came before there was a tunnel, in both
 * directions; writes the access log's line when the tunnel has ended.
 */
import type { AccessEntry, AccessLog } from './access-log.ts';
import type { ClientConnection } from './client-connection.ts';
import type { SocketCounts } from './socket-counts.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import type { UpstreamConnection } from './upstream/connection.ts';

export type TunnelStart = {
  /** The verified 101, for the client. */
  readonly head: string;
  /** What came from the upstream behind the 101. */
  readonly fromUpstream: Buffer;
  readonly accessLog: AccessLog | undefined;
  readonly entry: AccessEntry;
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

/** What is kept of the request as long as its tunnel lasts: its line in the access log. */
class TunnelRecord implements TunnelOwner {
  readonly #counts: SocketCounts;
  readonly #accessLog: AccessLog | undefined;
  readonly #entry: AccessEntry;
  readonly #firstBytes: number;

  constructor(counts: SocketCounts, { accessLog, entry, fromUpstream }: TunnelStart) {
    this.#counts = counts;
    this.#accessLog = accessLog;
    this.#entry = entry;
    this.#firstBytes = fromUpstream.length;
  }

  onTunnelEnd(tunnel: Tunnel): void {
    const bodyBytesSent = this.#firstBytes + tunnel.bytesToClient;
    this.#accessLog?.write({ ...this.#entry, bodyBytesSent });
    this.#counts.closed('tunnels');
  }
}
