/**
 * What keeps a value inside its field of a log line: nginx's three ways (ngx_http_log_module, `escape=`), and JSON
 * that is valid whatever bytes a client sends.
 */

/** As nginx's `default`: `"`, `\`, and bytes below 32 and above 126 are `\xHH`. */
export function escapeDefault(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (mustEscape(value.charCodeAt(i))) return escaped(value);
  }
  return value;
}

function mustEscape(code: number): boolean {
  return code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c;
}

/** `value` has one character a byte, as every field of a head. */
function escaped(value: string): string {
  let result = '';
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    result += mustEscape(code)
      ? `\\x${(code & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
      : value[i];
  }
  return result;
}

const jsonEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

/** As nginx's `json`: what JSON demands, and bytes above 127 as they are. */
export function escapeJson(value: string): string {
  return value.replace(
    /["\\\u0000-\u001f]/g,
    (character) => jsonEscapes[character] ?? unicodeEscape(character),
  );
}

/**
 * A JSON string in ASCII, of text that is one character a byte. Bytes that are UTF-8 are read as such, others become
 * U+FFFD: a line that is no JSON would be lost to whatever reads it, with everything else in it.
 */
export function jsonString(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (mustEscape(value.charCodeAt(i))) return escapedJsonString(value);
  }
  return `"${value}"`;
}

function escapedJsonString(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
