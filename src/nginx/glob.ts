/**
 * File name patterns as glob(3) reads them, since that is what nginx's `include` uses.
 *
 * `*`, `?` and `[…]` match within one part of a path and never a leading dot; a backslash takes away their meaning; braces and
 * `~` mean nothing. Names come sorted by their bytes, the order of the C locale, in which nginx runs.
 */

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

/** A test for one part of a path, which holds no slash. */
function partMatcher(pattern: string): (name: string) => boolean {
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
        source += literal(pattern[at] ?? '\\');
        break;
      case '[': {
        const end = endOfBracket(pattern, at);
        source += end === -1 ? '\\[' : bracketSource(pattern.slice(at + 1, end));
        if (end !== -1) at = end;
        break;
      }
      default:
        source += literal(character);
    }
  }
  const regex = new RegExp(`^${source}$`, 'su');
  const wantsDot = /^\\?\./.test(pattern);
  return (name) => (wantsDot || !name.startsWith('.')) && regex.test(name);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|]/u, '\\$&');
}

/** Inside brackets other characters mean something. */
function member(character: string): string {
  return character.replace(/[\\^\]-]/u, '\\$&');
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

const namedClasses: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** What stands between the brackets, as a character class. A range that runs backwards matches nothing. */
function bracketSource(inner: string): string {
  const isNegated = inner.startsWith('!') || inner.startsWith('^');
  const body = isNegated ? inner.slice(1) : inner;
  let members = '';
  const item = /\[:([a-z]+):\]|(\\.|[^\\])-(\\.|[^\\])|\\(.)|(.)/gsu;
  for (const [, name, from, to, escaped, plain] of body.matchAll(item)) {
    if (name !== undefined) members += namedClasses[name] ?? '';
    else if (from !== undefined && to !== undefined) members += range(bare(from), bare(to));
    else members += member(escaped ?? plain ?? '');
  }
  if (members === '') return isNegated ? '.' : '(?!)';
  return `[${isNegated ? '^' : ''}${members}]`;
}

function bare(text: string): string {
  return text.startsWith('\\') ? text.slice(1) : text;
}

function range(from: string, to: string): string {
  return from <= to ? `${member(from)}-${member(to)}` : '';
}
