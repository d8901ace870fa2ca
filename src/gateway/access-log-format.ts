/** What a format of the access log can write. Lines end with their line feed and are one character a byte. */
import type { LoggedRequest, LoggedTunnelEnd, UnreadRequest } from './access-entry.ts';

export interface LineFormat {
  /** Whether a tunnel has a line when it opens, too. */
  readonly tellsOpenings: boolean;
  /** A request that has ended. */
  request(request: LoggedRequest): string;
  /** What was no request. */
  unread(request: UnreadRequest): string;
  /** A request that has become a tunnel; empty unless `tellsOpenings`. */
  tunnelOpening(request: LoggedRequest): string;
  /**
   * The line of a tunnel's end, but for what is known only then. Keeps nothing of `request`: thousands of tunnels lie
   * idle, and each of them keeps this.
   */
  tunnel(request: LoggedRequest): TunnelLine;
}

export interface TunnelLine {
  /** @param durationMs since the request came */
  end(end: LoggedTunnelEnd, durationMs: number): string;
}

/**
 * The same text in a string of its own. Text that was cut out of a head, or put together, keeps alive all that it was
 * made of.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
