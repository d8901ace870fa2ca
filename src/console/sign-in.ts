/**
 * Who may use the console: the token, the cookies it is exchanged for, and the origins they are good for.
 *
 * A cookie remembers the Origin of the POST that signed in, since proxies in between make Host and scheme unreliable:
 * whoever had the token vouched for that origin. Knows requests only by their header fields.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { consoleError } from './errors.ts';

export type SignInOptions = {
  readonly token: string;
  /** Makes the cookie's name different from that of another Hatchway on the same host: cookies know no ports. */
  readonly instance: string;
  /** Origin that is accepted beside the one that signed in. */
  readonly publicUrl?: string;
};

/** How a request is let in. */
export type Credential = 'cookie' | 'token';

/** A cookie that was not used for this long is forgotten. */
const idleMs = 30 * 24 * 60 * 60_000;

/** Cookies at a time; the one that was not used for longest gives way. */
const maxCookies = 1_000;

type SignedIn = { readonly origin: string; usedAt: number };

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
    const origin = headers.origin;
    if (origin === undefined || !/^https?:\/\//.test(origin)) {
      throw consoleError('HW_ORIGIN_FOREIGN', 'The request to sign in names no origin.', {
        remedy:
          'Sign in from the page, or send the token as Authorization: Bearer with each request.',
      });
    }
    const value = randomBytes(32).toString('base64url');
    const oldest = this.#cookies.keys().next().value;
    if (this.#cookies.size >= maxCookies && oldest !== undefined) this.#cookies.delete(oldest);
    this.#cookies.set(keyOf(value), { origin, usedAt: Date.now() });
    const secure = origin.startsWith('https:') ? '; Secure' : '';
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}`;
  }

  /** Forgets the cookie of a request; returns the Set-Cookie value that removes it from the browser. */
  signOut(headers: IncomingHttpHeaders): string {
    const value = this.#cookieOf(headers);
    if (value !== undefined) this.#cookies.delete(keyOf(value));
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
      return 'token';
    }
    const signedIn = this.#signedIn(headers);
    if (signedIn === undefined) throw notSignedIn();
    const { origin } = headers;
    if (changing || origin !== undefined) {
      if (origin !== signedIn.origin && (origin === undefined || origin !== this.#publicOrigin)) {
        throw foreign(origin);
      }
    }
    if (headers['sec-fetch-site'] === 'cross-site') throw foreign(undefined);
    return 'cookie';
  }

  /** What is known of a request's cookie, which is in use with this. */
  #signedIn(headers: IncomingHttpHeaders): SignedIn | undefined {
    const value = this.#cookieOf(headers);
    if (value === undefined) return undefined;
    const key = keyOf(value);
    const signedIn = this.#cookies.get(key);
    if (signedIn === undefined) return undefined;
    this.#cookies.delete(key);
    if (Date.now() - signedIn.usedAt > idleMs) return undefined;
    this.#cookies.set(key, signedIn);
    signedIn.usedAt = Date.now();
    return signedIn;
  }

  /** Whether a request carries a valid cookie, wherever it comes from. */
  knows(headers: IncomingHttpHeaders): boolean {
    return this.#signedIn(headers) !== undefined;
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
