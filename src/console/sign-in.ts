/**
 * Who may use the console: the token, the cookies it is exchanged for, and the origins they are good for.
 *
 * A cookie remembers the Origin of the POST that signed in, since proxies in between make Host and scheme unreliable:
 * whoever had the token vouched for that origin. Knows requests only by their header fields.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Undo } from '../base/disposables.ts';
import { consoleError } from './errors.ts';

export type SignInOptions = {
  readonly token: string;
  /** Makes the cookie's name different from that of another Hatchway on the same host: cookies know no ports. */
  readonly instance: string;
  /** Origin that is accepted beside the one that signed in. */
  readonly publicUrl?: string;
};

/** What let a request in. */
export type Credential = {
  readonly kind: 'cookie' | 'token';
  /** Calls `listener` when the credential stops being one: whatever was opened with it is to be closed. */
  onRevoked(listener: () => void): Undo;
};

/** The token is good for as long as the process runs. */
const tokenCredential: Credential = { kind: 'token', onRevoked: () => () => {} };

/** A cookie that was not used for this long is forgotten. */
const idleMs = 30 * 24 * 60 * 60_000;

/** Cookies at a time; the one that was not used for longest gives way. */
const maxCookies = 1_000;

/**
 * What browsers say of requests that another page has made (Fetch Metadata). `same-site` is one of them: cookies know no
 * ports, so to a browser every server of this machine is the same site.
 */
const foreignSites = new Set(['cross-site', 'same-site']);

class SignedIn implements Credential {
  readonly kind = 'cookie';
  readonly origin: string;
  usedAt = Date.now();
  readonly #listeners = new Set<() => void>();

  constructor(origin: string) {
    this.origin = origin;
  }

  onRevoked(listener: () => void): Undo {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  revoke(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export class SignIn {
  readonly cookieName: string;
  readonly #tokenHash: Buffer;
  readonly #publicOrigin: string | undefined;
  /** By the hash of the cookie's value; least recently used first. */
  readonly #cookies = new Map<string, SignedIn>();

  constructor(options: SignInOptions) {
    this.cookieName = `hatchway-${options.instance}`;
    this.#tokenHash = hash(options.token);
    this.#publicOrigin =
      options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
  }

  /**
   * Exchanges the token for a cookie; returns the Set-Cookie value.
   * Throws HW_TOKEN_WRONG, and HW_ORIGIN_FOREIGN without an Origin, which every browser sends.
   */
  signIn(token: string, headers: IncomingHttpHeaders): string {
    if (!this.#isToken(token))
      throw consoleError('HW_TOKEN_WRONG', 'This is not the token of this server.');
    const { origin } = headers;
    if (origin === undefined || !isWebOrigin(origin)) {
      throw consoleError('HW_ORIGIN_FOREIGN', 'The request to sign in names no origin.', {
        remedy:
          'Sign in from the page, or send the token as Authorization: Bearer with each request.',
      });
    }
    const value = randomBytes(32).toString('base64url');
    const oldest = this.#cookies.keys().next().value;
    if (this.#cookies.size >= maxCookies && oldest !== undefined) this.#revoke(oldest);
    this.#cookies.set(keyOf(value), new SignedIn(origin));
    const secure = origin.startsWith('https:') ? '; Secure' : '';
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}`;
  }

  /** Forgets the cookie of a request, closes what it opened; returns the Set-Cookie value that removes it from the browser. */
  signOut(headers: IncomingHttpHeaders): string {
    const value = this.#cookieOf(headers);
    if (value !== undefined) this.#revoke(keyOf(value));
    return `${this.cookieName}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
  }

  /**
   * Lets a request in or throws: HW_NOT_SIGNED_IN, HW_ORIGIN_FOREIGN.
   * `changing`: it does something, or opens a WebSocket, and must come from the origin that signed in.
   */
  require(headers: IncomingHttpHeaders, changing: boolean): Credential {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      if (!this.#isToken(bearer)) throw notSignedIn();
      if (headers.origin !== undefined && headers.origin !== this.#publicOrigin)
        throw foreign(headers.origin);
      return tokenCredential;
    }
    const signedIn = this.#signedIn(headers);
    if (signedIn === undefined) throw notSignedIn();
    const { origin } = headers;
    if (changing || origin !== undefined) {
      if (origin !== signedIn.origin && (origin === undefined || origin !== this.#publicOrigin)) {
        throw foreign(origin);
      }
    }
    if (foreignSites.has(String(headers['sec-fetch-site']))) throw foreign(undefined);
    return signedIn;
  }

  /** What is known of a request's cookie, which is in use with this. */
  #signedIn(headers: IncomingHttpHeaders): SignedIn | undefined {
    const value = this.#cookieOf(headers);
    if (value === undefined) return undefined;
    const key = keyOf(value);
    const signedIn = this.#cookies.get(key);
    if (signedIn === undefined) return undefined;
    if (Date.now() - signedIn.usedAt > idleMs) {
      this.#revoke(key);
      return undefined;
    }
    // Used last, so the last to give way.
    this.#cookies.delete(key);
    this.#cookies.set(key, signedIn);
    signedIn.usedAt = Date.now();
    return signedIn;
  }

  /** Whether a request carries a valid cookie, wherever it comes from. */
  knows(headers: IncomingHttpHeaders): boolean {
    return this.#signedIn(headers) !== undefined;
  }

  #revoke(key: string): void {
    const signedIn = this.#cookies.get(key);
    this.#cookies.delete(key);
    signedIn?.revoke();
  }

  #isToken(candidate: string): boolean {
    return timingSafeEqual(hash(candidate), this.#tokenHash);
  }

  #cookieOf(headers: IncomingHttpHeaders): string | undefined {
    for (const pair of (headers.cookie ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2);
      if (name === this.cookieName) return value;
    }
    return undefined;
  }
}

/** An origin that a page can have: not `null`, not `file://`. */
function isWebOrigin(origin: string): boolean {
  return /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin;
}

/** The map holds no secret: whoever reads the memory of the map cannot make a cookie from it. */
function keyOf(value: string): string {
  return hash(value).toString('base64');
}

function hash(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

function notSignedIn() {
  return consoleError('HW_NOT_SIGNED_IN', 'This request is not signed in.');
}

function foreign(origin: string | undefined) {
  return consoleError(
    'HW_ORIGIN_FOREIGN',
    origin === undefined
      ? 'This request does not come from the page that signed in.'
      : `This request comes from ${origin.slice(0, 200)}, which is not where the sign-in came from.`,
  );
}
