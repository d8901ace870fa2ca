/**
 * Where a block of Lua ends: the brace that closes it, not one in a string or comment of the Lua code.
 *
 * OpenResty's `*_by_lua_block` directives (lua-nginx-module) hold code that nginx's own rules would tear apart. Only what can
 * hide a brace is understood: strings, long brackets, comments (Lua 5.1 manual, 2.1).
 */

const lineFeed = 0x0a;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const minus = 0x2d;
const equals = 0x3d;
const openBracket = 0x5b;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Index of the closing brace of the block whose code begins at `begin`, or -1 when a string, comment or block is not closed. */
export function endOfLuaBlock(source: string, begin: number): number {
  let depth = 0;
  let at = begin;
  while (at < source.length) {
    switch (source.charCodeAt(at)) {
      case openBrace:
        depth++;
        at++;
        break;
      case closeBrace:
        if (depth === 0) return at;
        depth--;
        at++;
        break;
      case doubleQuote:
      case singleQuote:
        at = behindString(source, at);
        break;
      case openBracket:
        at = behindLongBracket(source, at) ?? at + 1;
        break;
      case minus:
        at = source.charCodeAt(at + 1) === minus ? behindComment(source, at + 2) : at + 1;
        break;
      default:
        at++;
    }
    if (at === -1) return -1;
  }
  return -1;
}

/** Behind the quote that closes a short string; -1 when its line ends first, which Lua does not allow. */
function behindString(source: string, open: number): number {
  const quote = source.charCodeAt(open);
  for (let at = open + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === lineFeed) return -1;
    if (code === backslash) at++;
  }
  return -1;
}

function behindComment(source: string, begin: number): number {
  const long = behindLongBracket(source, begin);
  if (long !== undefined) return long;
  const feed = source.indexOf('\n', begin);
  return feed === -1 ? -1 : feed + 1;
}

/** Behind `[[…]]` or `[==[…]==]`, -1 when it is not closed, undefined when none opens at `open`. */
function behindLongBracket(source: string, open: number): number | undefined {
  if (source.charCodeAt(open) !== openBracket) return undefined;
  let at = open + 1;
  while (source.charCodeAt(at) === equals) at++;
  if (source.charCodeAt(at) !== openBracket) return undefined;
  const closing = `]${'='.repeat(at - open - 1)}]`;
  const close = source.indexOf(closing, at + 1);
  return close === -1 ? -1 : close + closing.length;
}
