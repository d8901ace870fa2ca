/** The shape of one case: a piece of an nginx configuration, and what is asked of it. */

/**
 * In configuration text these words stand for what differs from run to run: `LISTEN` (address and port), `TLS` (another
 * one), `UP_A`, `UP_B` (upstreams that say what they were asked), `UP_NONE` (nobody listens there), `FOLDER`.
 */
export type PeerCase = {
  /** A claim in the present tense. */
  readonly name: string;
  /** Directives of `http`. Default: none. */
  readonly http?: string;
  /** Directives of the case's own server, which has `LISTEN` and a name that requests have in `Host`. */
  readonly server?: string;
  /** Whole server blocks instead. */
  readonly servers?: string;
  readonly asks: readonly (string | Ask)[];
};

/** One request. A string is its request line without version, such as `GET /a`. */
export type Ask = {
  readonly line: string;
  /** Default: the case's own name. */
  readonly host?: string | undefined;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** The whole request instead, with CRLF. `HOST` is the case's own name. */
  readonly raw?: string;
  /** From this address of the loopback network. Default 127.0.0.1. */
  readonly from?: string;
  /** To this address. Default `LISTEN`. */
  readonly to?: 'LISTEN' | 'TLS';
};

/** A request with fields, for the usual case. */
export function ask(line: string, ...headers: string[]): Ask {
  return { line, headers };
}
