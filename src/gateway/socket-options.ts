/** How TCP connections are set up, those of clients and those to upstreams alike. */
import type { Server, Socket } from 'node:net';

/** Silence after which TCP asks whether the other side is still there; what Docker's own client uses. */
const tcpKeepAliveMs = 30_000;

/** The end of one direction does not end the other; whoever owns the socket decides. */
const allowHalfOpen = true;

export const tcpOptions = {
  allowHalfOpen,
  /** A keystroke waits for nothing. */
  noDelay: true,
  /** A tunnel has no idle limit, so this is what finds its dead, and keeps NAT tables from forgetting it. */
  keepAlive: true,
  keepAliveInitialDelay: tcpKeepAliveMs,
} as const;

/** For a server: the options of TCP are set by `presetAccepted`, or by `setAccepted` on each socket. */
export const serverOptions = { allowHalfOpen } as const;

/** What Node keeps of a listening socket; where it does not, each accepted one is set by itself. */
type ListeningHandle = {
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, delaySeconds: number): number;
};

/**
 * Sets the options on the listening socket, from which Linux copies them to all that it accepts: five system calls less for each
 * (nginx does so for its `so_keepalive`). False where that cannot be relied on, or there is no TCP.
 */
export function presetAccepted(
  server: Server,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const handle = (server as Server & { readonly _handle?: ListeningHandle | null })._handle;
  return (
    platform === 'linux' &&
    handle?.setNoDelay?.(true) === 0 &&
    handle.setKeepAlive?.(true, tcpKeepAliveMs / 1000) === 0
  );
}

export function setAccepted(socket: Socket): void {
  socket.setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs);
}
