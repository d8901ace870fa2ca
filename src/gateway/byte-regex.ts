/** Regexes of the configuration, for text that has one character a byte. */
import { utf8Bytes } from './request-uri.ts';

/** A `.` stands for one byte then, as in PCRE without its UTF mode, which is how nginx matches. */
export function byteRegex(regex: RegExp): RegExp {
  const source = utf8Bytes(regex.source);
  return source === regex.source ? regex : new RegExp(source, regex.flags.replace(/[uv]/, ''));
}
