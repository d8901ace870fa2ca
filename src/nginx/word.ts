/**
 * The spelling of one word and its value: nginx's quotes and backslashes, both ways.
 *
 * In quotes and outside of them a backslash keeps the next character from ending the word. It goes away only before a quote
 * or another backslash, and `\t`, `\r`, `\n` are control characters; before anything else it stays, so that `\.` in a
 * regular expression arrives as written (src/core/ngx_conf_file.c).
 */

const backslash = 0x5c;

/** The value of what stands between the quotes, or of an unquoted word. */
export function decodeWord(inner: string): string {
  let at = inner.indexOf('\\');
  if (at === -1) return inner;
  let value = '';
  let copied = 0;
  for (; at !== -1 && at + 1 < inner.length; at = inner.indexOf('\\', at + 1)) {
    switch (inner.charCodeAt(at + 1)) {
      case 0x22:
      case 0x27:
        value += inner.slice(copied, at);
        copied = at + 1;
        break;
      case backslash:
        value += inner.slice(copied, at);
        copied = at + 1;
        // The second backslash is text now, not the start of another escape.
        at++;
        break;
      case 0x74:
        value += `${inner.slice(copied, at)}\t`;
        copied = at + 2;
        break;
      case 0x72:
        value += `${inner.slice(copied, at)}\r`;
        copied = at + 2;
        break;
      case 0x6e:
        value += `${inner.slice(copied, at)}\n`;
        copied = at + 2;
        break;
      default:
        break;
    }
  }
  return value + inner.slice(copied);
}

/** What a word may hold and need no quotes: nothing that ends a word, opens a quote, a comment or a block. */
const plainWord = /^[^\s;{}"'#]+$/;

/** A backslash that would be read as part of an escape, the last one included, since the closing quote follows it. */
const escapingBackslash = /\\(?=["'\\trn]|$)/g;

/** A spelling of `value`, in double quotes where it needs some. The inverse of reading it; `value` holds no zero byte. */
export function encodeWord(value: string): string {
  const escaped = value.replace(escapingBackslash, '\\\\');
  if (plainWord.test(escaped)) return escaped;
  return `"${escaped.replaceAll('"', '\\"')}"`;
}
