/** Changes of what upstreams say about themselves: `what they say: what the client gets`, for Location and Set-Cookie. */
import { z } from 'zod';
import { configError } from '../errors.ts';
import type { Template } from '../rule-model.ts';
import { attempt, type KindMeta } from './kinds.ts';
import { parseRegex } from './regex.ts';
import { parseTemplateText } from './template.ts';

export type Change = { readonly from: RegExp | Template; readonly to: Template };

/** Pairs, in order; a key that begins with `~` or `~*` is a regular expression, whose captures the value may have. */
export function changes(example: string) {
  const expects = `a mapping of what is said to what it becomes, such as \`${example}\``;
  return z
    .record(z.string(), z.string({ error: () => 'a text' }), { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((pairs, context): Change[] =>
      Object.entries(pairs).map(([from, to]) => ({
        from: attempt(() => parseFrom(from), context, [from], 'key'),
        to: attempt(() => parseTemplateText(to), context, [from]),
      })),
    );
}

export type RedirectChanges = {
  readonly changes: readonly Change[];
  /** Whether what is changed anyway is, too. */
  readonly withOwn: boolean;
};

/** The same for redirects, of which some are changed anyway unless `default: off` is among the pairs. */
export function redirectChanges() {
  const example = 'http://app.internal/: /';
  const expects = `a mapping of what is said to what it becomes, such as \`${example}\``;
  return z
    .record(z.string(), z.string({ error: () => 'a text' }), { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((pairs, context): RedirectChanges => {
      const { default: own, ...others } = pairs;
      if (own !== undefined && own !== 'off') {
        attempt(
          () => {
            throw configError('HW_CONFIG_INVALID', '`default` can only be `off`', {
              remedy: 'remove it: what is changed anyway is changed behind these',
            });
          },
          context,
          ['default'],
        );
      }
      return {
        changes: Object.entries(others).map(([from, to]) => ({
          from: attempt(() => parseFrom(from), context, [from], 'key'),
          to: attempt(() => parseTemplateText(to), context, [from]),
        })),
        withOwn: own === undefined,
      };
    });
}

function parseFrom(text: string): RegExp | Template {
  const [, sign, rest = ''] = /^(~\*?)?\s*(.*)$/s.exec(text) ?? [];
  if (sign !== undefined) return parseRegex(rest, sign === '~*' ? 'i' : '');
  if (text !== '') return parseTemplateText(text);
  throw configError('HW_CONFIG_INVALID', 'what is changed is empty', {
    remedy: 'write what the upstream says, such as /app/',
  });
}

/** nginx's words for what a cookie has and has not. */
const flagNames = [
  'secure',
  'httponly',
  'samesite=strict',
  'samesite=lax',
  'samesite=none',
  'nosecure',
  'nohttponly',
  'nosamesite',
] as const;

export type CookieFlags = { readonly name: RegExp | Template; readonly flags: readonly string[] };

/** Flags by the name of the cookie, or a regular expression for it. */
export function cookieFlags() {
  const expects = 'a mapping of names to lists of flags, such as `session: [secure, samesite=lax]`';
  const one = z.enum(flagNames, { error: () => `one of ${flagNames.join(', ')}` });
  return z
    .record(z.string(), z.array(one, { error: () => 'a list of flags' }), { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((pairs, context): CookieFlags[] =>
      Object.entries(pairs).map(([name, flags]) => ({
        name: attempt(() => parseFrom(name), context, [name], 'key'),
        flags,
      })),
    );
}
