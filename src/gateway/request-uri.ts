/**
 * Escaping of paths and queries as nginx does it where it writes a URI of its own (ngx_string.c, `ngx_escape_uri` and
 * `ngx_unescape_uri`). Text is one character a byte, as everything on the wire.
 */

/** Characters of ASCII that may not stand in a path: what nginx escapes since 1.21.1. */
const notInPath = ' "#%<>?\\^`{|}';
/** Those that may not stand in one argument of a query. */
const notInArgument = ' "#%&+<>?\\^`{|}';

const escapedInPath = tableOf(notInPath);
const escapedInArgument = tableOf(notInArgument);
const escapedInComponent = tableOf(`${notInArgument}!$'()*,/:;=@[]`);

/** The path of a request target in origin form, as the client sent it. */
export function sentPath(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** A decoded path, escaped. */
export function escapePath(path: string): string {
  return escapeWith(path, escapedInPath);
}

/** A decoded value of a query's argument, escaped. */
export function escapeArgument(value: string): string {
  return escapeWith(value, escapedInArgument);
}

/** Any text as a part of a URI that is found again whole: all but RFC 3986's unreserved characters (2.3) are escaped. */
export function escapeComponent(text: string): string {
  return escapeWith(text, escapedInComponent);
}

/** Text of this process, whose characters may be any, as the bytes of UTF-8. */
export function utf8Bytes(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/**
 * Undoes the escapes of a redirect's path that need not be: those of the characters behind `%` in ASCII. What stands
 * behind the first `?`, escaped or not, is left alone.
 */
export function unescapeRedirect(url: string): string {
  const mark = /\?|%3f/i.exec(url);
  if (mark === null) return unescapePath(url);
  return `${unescapePath(url.slice(0, mark.index))}?${url.slice(mark.index + mark[0].length)}`;
}

function unescapePath(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (escaped, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code > 0x25 && code < 0x7f ? String.fromCharCode(code) : escaped;
  });
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(1, 0, 0x20);
  table.fill(1, 0x7f);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

function escapeWith(text: string, table: Uint8Array): string {
  for (let i = 0; i < text.length; i++) {
    if (table[text.charCodeAt(i) & 0xff] === 1) return escapeFrom(text, i, table);
  }
  return text;
}

function escapeFrom(text: string, start: number, table: Uint8Array): string {
  let escaped = text.slice(0, start);
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i) & 0xff;
    escaped += table[code] === 1 ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : text[i];
  }
  return escaped;
}
