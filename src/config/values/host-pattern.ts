/** Host names of a site, in the forms of nginx's server_name. Which one wins for a request is `gateway/sites.ts`'s matter. */
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { configError } from '../errors.ts';
import type { HostPattern } from '../model.ts';
import { parseRegex } from './regex.ts';

/**
 * `name`, `*.name`, `name.*`, `~regex`, the empty text; `.name` is both `name` and `*.name`, so the result is a list. Names are lower-cased,
 * written in ASCII, and lose one dot at the end; IPv6 keeps its brackets, as in the Host field.
 * Throws `HW_CONFIG_INVALID`.
 */
export function parseHostPattern(text: string): HostPattern[] {
  // Hosts are compared in lower case, so a regex with a capital in it would never match.
  if (text.startsWith('~')) return [{ kind: 'regex', regex: parseRegex(text.slice(1), 'i') }];
  // Requests that name no host, as those of HTTP/1.0 may.
  if (text === '') return [{ kind: 'exact', host: '' }];
  if (text.startsWith('*.')) return [leading(text.slice(1), text)];
  if (text.startsWith('.')) return [exact(text.slice(1), text), leading(text, text)];
  if (text.endsWith('.*')) {
    return [{ kind: 'trailing-wildcard', prefix: `${asciiName(text.slice(0, -2), text)}.` }];
  }
  return [exact(text, text)];
}

/** Two patterns with the same key match the same hosts. */
export function hostPatternKey(pattern: HostPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return pattern.host;
    case 'leading-wildcard':
      return `*${pattern.suffix}`;
    case 'trailing-wildcard':
      return `${pattern.prefix}*`;
    case 'regex':
      return `~${pattern.regex.source}`;
  }
}

function exact(name: string, text: string): HostPattern {
  return { kind: 'exact', host: asciiName(name, text) };
}

function leading(suffix: string, text: string): HostPattern {
  return { kind: 'leading-wildcard', suffix: `.${asciiName(suffix.slice(1), text)}` };
}

function asciiName(name: string, text: string): string {
  if (name.startsWith('[') && name.endsWith(']') && isIPv6(name.slice(1, -1))) {
    return new URL(`http://${name}`).hostname;
  }
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  // domainToASCII reads `1.2` as an IPv4 address and `%41` as `a`; neither is what the Host field would say.
  const ascii = /^[\x21-\x7e]*$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(ascii)) return ascii;
  throw configError('HW_CONFIG_INVALID', `\`${text}\` is not a host name`, {
    remedy: remedyFor(name, text),
  });
}

function remedyFor(name: string, text: string): string {
  const host = /^[a-z]+:\/\/([^/:]+)/i.exec(name)?.[1];
  if (host !== undefined) return `write the name alone: ${host}`;
  const beforePort = /^([^:]+):\d+$/.exec(name)?.[1];
  if (beforePort !== undefined) return `write ${beforePort}; the port belongs in \`listen\``;
  if (text === '*') return 'leave `host` out to take every host that no other site names';
  if (text.includes('*')) return 'a * may only be the whole first or last part: *.name or name.*';
  return 'write name, *.name, name.*, .name or ~regex';
}
