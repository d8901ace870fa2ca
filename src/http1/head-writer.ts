/**
 * Writes heads as text with one character a byte (latin1), to be sent as such.
 *
 * Fields that a reader of this folder has read cannot break out of their line and are written as they are. Whatever
 * else is written (configuration, addresses, an application's own headers) goes through the `checked` functions.
 */
import { http1Error } from './errors.ts';
import { tokenByte, valueByte } from './octets.ts';

/** The start line of a request. `method` and `target` come from a `RequestHead`. */
export function requestLine(method: string, target: string): string {
  return `${method} ${target} HTTP/1.1\r\n`;
}

/** The start line of a response. Always 1.1, which is what the gateway speaks, whatever the upstream does. */
export function statusLine(status: number, reason: string): string {
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** The lines of fields from a reader, a flat array of names and values. The empty line that ends a head is the caller's. */
export function fieldLines(flat: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < flat.length; i += 2) lines += `${flat[i]}: ${flat[i + 1]}\r\n`;
  return lines;
}

/** The lines of fields from anywhere. Throws `HW_HTTP_WRITE` on a name or a value that would not be read as such. */
export function checkedFieldLines(flat: readonly string[]): string {
  for (let i = 0; i < flat.length; i += 2) checkField(flat[i] as string, flat[i + 1] as string);
  return fieldLines(flat);
}

/** One line of a field from anywhere. Throws `HW_HTTP_WRITE`. */
export function checkedFieldLine(name: string, value: string): string {
  checkField(name, value);
  return `${name}: ${value}\r\n`;
}

/** The same, or nothing for one that would not be read as such: for fields that an answer can do without. */
export function fieldLineIfValid(name: string, value: string): string {
  return name !== '' && consistsOf(name, tokenByte) && consistsOf(value, valueByte)
    ? `${name}: ${value}\r\n`
    : '';
}

function checkField(name: string, value: string): void {
  if (name === '' || !consistsOf(name, tokenByte)) {
    throw http1Error(
      'HW_HTTP_WRITE',
      `a field to be sent has an invalid name, ${JSON.stringify(name)}`,
    );
  }
  if (!consistsOf(value, valueByte)) {
    throw http1Error(
      'HW_HTTP_WRITE',
      `the field ${name} to be sent has an invalid character in its value`,
    );
  }
}

/** Whether all characters are below 256 and in the table. */
function consistsOf(text: string, table: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    if (table[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}
