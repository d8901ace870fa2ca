/**
 * File name patterns as glob(3) reads them, since that is what nginx's `include` uses.
 *
 * `*`, `?` and `[…]` match within one part of a path and never a leading dot; a backslash takes away their meaning; braces and
 * `~` mean nothing. nginx runs in the C locale: names are sorted and matched as bytes, so that `?` is no `é`.
 */

import { characterSource, classSource, posixSets, type Range } from './pcre/sets.ts';

/** What a glob needs of a file system. */
export type Folders = {
  /** Names in a folder; undefined when there is no such folder or it cannot be read. */
  readFolder(path: string): readonly string[] | undefined;
  /** Whether there is something of this name. */
  exists(path: string): boolean;
};

/** Whether nginx takes a name as a pattern: it looks for these three alone (src/core/ngx_conf_file.c). */
export function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

/** The existing paths that match, sorted. */
export function glob(pattern: string, folders: Folders): string[] {
  const parts = pattern.split('/').filter((part) => part !== '');
  let paths = [pattern.startsWith('/') ? '/' : ''];
  for (const part of parts) paths = paths.flatMap((path) => matchPart(path, part, folders));
  return paths.sort(byBytes);
}

function matchPart(path: string, part: string, folders: Folders): string[] {
  const parent = path === '' || path === '/' ? path : `${path}/`;
  if (!isPattern(part)) {
    const child = parent + part.replace(/\\(.)/gs, '$1');
    return folders.exists(child) ? [child] : [];
  }
  const names = folders.readFolder(path === '' ? '.' : path) ?? [];
  return names.filter(partMatcher(part)).map((name) => parent + name);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** One character a byte: in the C locale `?` is one byte of a name. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A test for one part of a path, which holds no slash. */
function partMatcher(part: string): (name: string) => boolean {
  const pattern = asBytes(part);
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    switch (character) {
      case '*':
        source += '.*';
        break;
      case '?':
        source += '.';
        break;
      case '\\':
        at++;
        // Nothing is left whose meaning it could take away.
        if (at === pattern.length) return () => false;
        source += characterSource(pattern.charCodeAt(at));
        break;
      case '[': {
        const end = endOfBracket(pattern, at);
        source += end === -1 ? '\\[' : bracketSource(pattern.slice(at + 1, end));
        if (end !== -1) at = end;
        break;
      }
      default:
        source += characterSource(pattern.charCodeAt(at));
    }
  }
  const regex = new RegExp(`^${source}$`, 's');
  const wantsDot = /^\\?\./.test(pattern);
  return (name) => (wantsDot || !name.startsWith('.')) && regex.test(asBytes(name));
}

/** Index of the `]` that ends a bracket expression, -1 when the bracket is only a bracket. A first `]` is a member. */
function endOfBracket(pattern: string, open: number): number {
  let at = open + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at++;
  if (pattern[at] === ']') at++;
  for (; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern.startsWith('[:', at)) {
      const close = pattern.indexOf(':]', at + 2);
      if (close !== -1) at = close + 1;
    } else if (pattern[at] === ']') return at;
  }
  return -1;
}

/** What stands between the brackets, as a character class. A range that runs backwards matches nothing. */
function bracketSource(inner: string): string {
  const isNegated = inner.startsWith('!') || inner.startsWith('^');
  const ranges: Range[] = [];
  const item = /\[:([a-z]+):\]|\\?(.)-\\?(.)|\\?(.)/gs;
  for (const match of (isNegated ? inner.slice(1) : inner).matchAll(item)) {
    const [, name, from, to, single] = match;
    if (name !== undefined) {
      ranges.push(...(posixSets.get(name) ?? []));
    } else {
      const first = (from ?? single ?? '').charCodeAt(0);
      const last = (to ?? single ?? '').charCodeAt(0);
      if (first <= last) ranges.push([first, last]);
    }
  }
  if (ranges.length === 0) return isNegated ? '.' : '(?!)';
  return classSource(ranges, isNegated);
}
