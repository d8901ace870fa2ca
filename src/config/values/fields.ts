/** Header fields that people set, add or remove: their names, and which of them are not theirs to touch. */
import { z } from 'zod';
import { configError } from '../errors.ts';
import type { Template } from '../rule-model.ts';
import { attempt, type KindMeta } from './kinds.ts';
import { parseTemplateText } from './template.ts';

export type FieldValue = { readonly name: string; readonly value: Template };

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Of a connection or a message's frame (RFC 9110, 7.6.1; RFC 9112, 6): the gateway writes them itself. */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type Direction = 'request' | 'response';

/** The name as written. Throws `HW_CONFIG_INVALID`. */
export function parseFieldName(name: string, direction: Direction): string {
  if (!token.test(name)) {
    throw configError('HW_CONFIG_INVALID', `\`${name}\` is not the name of a header field`, {
      remedy: 'write the name alone, without colon and spaces: X-Frame-Options',
    });
  }
  const lower = name.toLowerCase();
  if (framing.has(lower)) {
    throw configError('HW_CONFIG_INVALID', `\`${name}\` belongs to the connection`, {
      remedy:
        lower === 'upgrade' || lower === 'connection'
          ? 'remove it: upgrades pass without any setting'
          : 'remove it: the gateway writes it as each side needs it',
    });
  }
  if (direction === 'request' && (lower === 'host' || lower === 'origin')) {
    throw configError('HW_CONFIG_INVALID', `\`${name}\` cannot be set alone`, {
      remedy:
        'Host and Origin only fit together, or WebSockets are refused: remove it to keep both, or write `origin: upstream` beside `to` to change both; `origin: { host: … }` changes one',
    });
  }
  return name;
}

/** `Name: value` pairs, the values templates. A list of values is several fields of one name. */
export function fieldValues(direction: Direction) {
  const expects = 'a mapping of names to values, such as `X-Robots-Tag: noindex`';
  const scalarExpects = 'a text';
  const scalar = z.union([z.string(), z.number(), z.boolean()], { error: () => scalarExpects });
  const value = z.union([scalar, z.array(scalar)], { error: () => 'a text or a list of texts' });
  return z
    .record(z.string(), value, { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((fields, context): FieldValue[] => {
      const seen = new Set<string>();
      return Object.entries(fields).flatMap(([name, given]) => {
        attempt(() => parseNewName(name, direction, seen), context, [name], 'key');
        const values = Array.isArray(given) ? given : [given];
        return values.map((one, index) => {
          const path = Array.isArray(given) ? [name, index] : [name];
          return { name, value: attempt(() => parseTemplateText(String(one)), context, path) };
        });
      });
    });
}

function parseNewName(name: string, direction: Direction, seen: Set<string>): void {
  const lower = parseFieldName(name, direction).toLowerCase();
  if (seen.has(lower)) {
    throw configError('HW_CONFIG_INVALID', `\`${name}\` is given twice`, {
      remedy: 'names of header fields are the same in upper and lower case; remove one of them',
    });
  }
  seen.add(lower);
}

/** Names, in lower case. */
export function fieldNames(direction: Direction) {
  const expects = 'a list of names, such as `[Server, X-Powered-By]`';
  const name = z
    .string({ error: () => 'the name of a header field' })
    .transform((value, context) =>
      attempt(() => parseFieldName(value, direction).toLowerCase(), context),
    );
  return z.array(name, { error: () => expects }).meta({ expects } satisfies KindMeta);
}
