/**
 * The four forms of a request target (RFC 9112, 3.2), and what of it goes to the server behind.
 */
import { isHostText } from './host.ts';

export type Target = {
  /** What the request is for: origin form (`/path?query`), `*`, or the host and port of a CONNECT. */
  readonly target: string;
  /** The host and port that an absolute form or a CONNECT names, which count instead of the `Host` field. */
  readonly authority: string | undefined;
};

/**
 * Takes a target, made of visible ASCII, apart; undefined for one that this method cannot have.
 * A fast path for origin form is the caller's.
 */
export function parseTarget(method: string, text: string): Target | undefined {
  if (method === 'CONNECT') {
    const hasPort = /:\d+$/.test(text);
    return hasPort && isHostText(text) ? { target: text, authority: text } : undefined;
  }
  if (text.startsWith('/')) return { target: text, authority: undefined };
  if (text === '*')
    return method === 'OPTIONS' ? { target: text, authority: undefined } : undefined;
  const scheme = /^https?:\/\//i.exec(text);
  if (scheme === null) return undefined;
  const start = scheme[0].length;
  const length = text.slice(start).search(/[/?]/);
  const end = length === -1 ? text.length : start + length;
  const authority = text.slice(start, end);
  // No user information either (RFC 9110, 4.2.4): an `@` is no part of a host.
  if (!isHostText(authority)) return undefined;
  return { target: originForm(method, text.slice(end)), authority };
}

/** What follows an authority, as origin form (RFC 9112, 3.2.1 and 3.2.4). */
function originForm(method: string, pathAndQuery: string): string {
  if (pathAndQuery === '') return method === 'OPTIONS' ? '*' : '/';
  return pathAndQuery.startsWith('/') ? pathAndQuery : `/${pathAndQuery}`;
}
