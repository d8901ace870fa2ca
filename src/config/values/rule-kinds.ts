/** Kinds of value in rules and maps: conditions, regular expressions behind a `~`, what is looked up. */
import { z } from 'zod';
import { configError } from '../errors.ts';
import type { MapEntryModel } from '../model.ts';
import type { ConditionModel } from '../rule-model.ts';
import { parseHostPattern } from './host-pattern.ts';
import { attempt, type KindMeta, text } from './kinds.ts';
import { parseNetworkText } from './network.ts';
import { parseRegex } from './regex.ts';
import { literalDollar, parseLongText, parseTemplateText } from './template.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

/** `~ regex`, or `~* regex` without regard to case. */
export function regex() {
  return text('`~ regex` or `~* regex`', (value) => {
    const pattern = regexIn(value);
    if (pattern !== undefined) return pattern;
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not marked as a regular expression`, {
      remedy: `write ~ ${value}, or ~* ${value} to ignore case`,
    });
  });
}

/** What a rule is run for, in the words of nginx's `if`. */
export function condition() {
  return text('a condition, such as `$request_method = POST`', parseCondition);
}

const fileTests = { f: 'file', d: 'folder', e: 'any', x: 'executable' } as const;

/** Throws `HW_CONFIG_INVALID`. */
export function parseCondition(value: string): ConditionModel {
  const bare = /^\((.*)\)$/s.exec(value)?.[1]?.trim();
  if (bare !== undefined) {
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is in parentheses`, {
      remedy: `write it without: ${bare}`,
    });
  }
  const file = /^(!)?-([fdex])\s+(\S.*)$/s.exec(value);
  if (file !== null) {
    const [, bang, letter, path = ''] = file as unknown as [
      string,
      string | undefined,
      keyof typeof fileTests,
      string,
    ];
    const test = fileTests[letter];
    return { kind: 'file', test, path: parseTemplateText(path), negated: bang !== undefined };
  }
  const parts = /^\$(?:(\w+)|\{(\w+)\})(?:\s*(!?(?:=|~\*?))\s*(.*))?$/s.exec(value);
  const [, plain, braced, operator, operand = ''] = parts ?? [];
  const variable = (plain ?? braced)?.toLowerCase();
  if (variable === undefined) {
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a condition`, {
      remedy:
        "write '$name', '$name = text', '$name != text', '$name ~ regex', '$name !~ regex' (~* ignores case) or '-f /path'",
    });
  }
  if (operator === undefined) return { kind: 'variable', variable };
  if (!operator.includes('~') && operand.startsWith('=')) {
    throw configError('HW_CONFIG_INVALID', `\`${value}\` has a sign too many`, {
      remedy: `write one = to compare: $${variable} ${operator} ${operand.replace(/^=+\s*/, '')}`,
    });
  }
  const negated = operator.startsWith('!');
  if (operator.includes('~')) {
    const pattern = parseRegex(unquoted(operand), operator.endsWith('*') ? 'i' : '');
    return { kind: 'matches', variable, regex: pattern, negated };
  }
  return { kind: 'equals', variable, value: parseTemplateText(unquoted(operand)), negated };
}

/** Quotes are for what is empty or has spaces at its ends. */
function unquoted(operand: string): string {
  return /^"(.*)"$/s.exec(operand)?.[1] ?? operand;
}

/** What a map gives for what is looked up, in order. */
export function mapEntries() {
  const expects = 'a mapping of what is looked up to what is given for it, such as `POST: "1"`';
  const scalar = z.union([z.string(), z.number(), z.boolean()], { error: () => 'a text' });
  return z
    .record(z.string(), scalar, { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((pairs, context): readonly MapEntry[] =>
      Object.entries(pairs).map(([key, value]) => ({
        key,
        pattern: attempt(() => regexIn(key), context, [key], 'key'),
        value: attempt(() => parseLongText(String(value)), context, [key]),
      })),
    );
}

type MapEntry = Pick<MapEntryModel, 'value'> & {
  readonly key: string;
  readonly pattern: RegExp | undefined;
};

/** A text with variables, which may look like a number. */
export function mapValue() {
  const expects = 'a text, in which `$host` and the like are variables';
  return z
    .union([z.string(), z.number(), z.boolean()], { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) => attempt(() => parseLongText(String(value)), context));
}

/** What keys of a map may be. */
export const mapKeys = ['texts', 'hosts', 'networks', 'shares'] as const;

export type MapKeys = (typeof mapKeys)[number];

/** Entries of the model for one of the file; a host that is written with a dot in front is two. Throws `HW_CONFIG_INVALID`. */
export function mapEntryModels({ key, pattern, value }: MapEntry, keys: MapKeys): MapEntryModel[] {
  if (keys === 'shares') return [{ kind: 'share', below: parseShare(key), value }];
  if (pattern !== undefined) return [{ kind: 'regex', regex: pattern, value }];
  if (keys === 'networks') return [{ kind: 'network', network: parseNetworkText(key), value }];
  const isPattern = key.startsWith('*.') || key.startsWith('.') || key.endsWith('.*');
  if (keys === 'texts' || !isPattern) return [{ kind: 'exact', key: key.toLowerCase(), value }];
  return parseHostPattern(key).map((host) =>
    host.kind === 'exact' ? { kind: 'exact', key: host.host, value } : { ...host, value },
  );
}

/** In hundredths of a percent. Throws `HW_CONFIG_INVALID`. */
function parseShare(text: string): number {
  const [, whole, part = ''] = /^(\d{1,3})(?:\.(\d{1,2}))?%$/.exec(text) ?? [];
  const share = whole === undefined ? 0 : Number(whole) * 100 + Number(part.padEnd(2, '0'));
  if (share > 0 && share <= 10_000) return share;
  throw configError('HW_CONFIG_INVALID', `\`${text}\` is not the end of a share`, {
    remedy: 'write percentages up to 100%, with at most two digits behind the point: 12.5%',
  });
}

/** Lower-case, without `$`. Throws `HW_CONFIG_INVALID`. */
export function parseVariableName(name: string): string {
  if (/^[a-z_]\w*$/i.test(name)) return name.toLowerCase();
  throw configError('HW_CONFIG_INVALID', `\`${name}\` is not the name of a variable`, {
    remedy: 'write it without $, in letters, digits and _: backend',
  });
}

/** Another server that decides, or a path of the site. */
export function authTarget() {
  return text(
    '`http://host:port/path`, `https://host:port/path`, `unix:/socket:/path` or a path',
    (value) =>
      value.startsWith('/')
        ? ({ kind: 'path', uri: parseTemplateText(value) } as const)
        : ({
            kind: 'server',
            url: parseUpstreamUrl(value.replaceAll(literalDollar, '$')),
          } as const),
  );
}

/** Values by the variable that gets them, in order. */
export function variableValues() {
  const expects = 'a mapping of variables to values, such as `backend: $arg_to`';
  const scalar = z.union([z.string(), z.number(), z.boolean()], { error: () => 'a text' });
  return z
    .record(z.string(), scalar, { error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((pairs, context) =>
      Object.entries(pairs).map(([name, value]) => ({
        variable: attempt(() => parseVariableName(name), context, [name], 'key'),
        value: attempt(() => parseLongText(String(value)), context, [name]),
      })),
    );
}

/** Undefined for a text that is not marked as one. */
function regexIn(text: string): RegExp | undefined {
  const [, sign, rest = ''] = /^(~\*?)\s*(.*)$/s.exec(text) ?? [];
  return sign === undefined ? undefined : parseRegex(rest, sign === '~*' ? 'i' : '');
}
