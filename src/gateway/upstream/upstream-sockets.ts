/** All sockets to upstreams, of pools, tunnels and health checks. */
import { CountedSockets } from '../counted-sockets.ts';
import type { SocketCounts } from '../socket-counts.ts';

export class UpstreamSockets extends CountedSockets {
  constructor(counts: SocketCounts) {
    super(counts, 'upstreams');
  }
}
