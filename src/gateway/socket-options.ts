/** How TCP connections are set up, those of clients and those to upstreams alike. */

/** Silence after which TCP asks whether the other side is still there; what Docker's own client uses. */
const tcpKeepAliveMs = 30_000;

export const tcpOptions = {
  /** The end of one direction does not end the other; whoever owns the socket decides. */
  allowHalfOpen: true,
  /** A keystroke waits for nothing. */
  noDelay: true,
  /** A tunnel has no idle limit, so this is what finds its dead, and keeps NAT tables from forgetting it. */
  keepAlive: true,
  keepAliveInitialDelay: tcpKeepAliveMs,
} as const;
