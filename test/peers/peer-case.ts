/** The shape of one case: a piece of an nginx configuration, and what is asked of it. */

/**
 * In configuration text these words stand for what differs from run to run: `LISTEN` and `TLS` (address and port), `PORT` (a
 * port that a case has for itself), `UP_A`, `UP_B` (upstreams that say what they were asked), `UP_TLS` (one that says it over
 * TLS, and asks for a certificate), `UP_FAR` (the same with two authorities between its certificate, for far.test, and the one that vouches
 * for itself), `UP_GONE` (the same with one, which has revoked its certificate, for gone.test), `UP_SILENT` (takes connections and says nothing), `UP_NONE` (nobody listens there),
 * `NAMES` (a name server that knows `both.names.test`: 127.0.0.1 and ::1), `FOLDER`, which has `users`, a password file, and `server.pem`, `client.pem` and `stranger.pem` with their `.key`;
 * `root.pem`, an authority, `near`, `far` and `gone` below it, and `lists.crl`, what it and those between have revoked;
 * `server.locked` and `client.locked`, keys of which `passphrases` has the passphrases.
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
  /** A file of `FOLDER` that the asks write lines into; times in it are not compared. Default: none. */
  readonly log?: string;
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
  /** To this port. Default that of `LISTEN`. `TLS` without `tls` is plain HTTP to it. */
  readonly to?: 'LISTEN' | 'PORT' | 'TLS';
  /** At this address. Default 127.0.0.1. */
  readonly at?: string;
  /** Over TLS, to the port of `TLS` or `PORT`. Default: without. */
  readonly tls?: TlsAsk;
};

export type TlsAsk = {
  /** In the handshake. Default: that of the request. Null sends none. */
  readonly name?: string | null;
  readonly shows?: 'client' | 'stranger' | 'near' | 'far' | 'gone';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
};

/** A request with fields, for the usual case. */
export function ask(line: string, ...headers: string[]): Ask {
  return { line, headers };
}
