/**
 * The kinds of value that keys of hatchway.yaml have, as zod schemas: each reads what people write, gives what the model
 * wants, and says in `expects` what it takes; that one phrase is in the error message and on the reference page.
 */
import { z } from 'zod';
import { HatchwayError } from '../../base/errors.ts';
import { configError } from '../errors.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parseRoutePath } from './path-pattern.ts';
import { parseDuration, parseSize } from './quantity.ts';
import { parseServerUrl } from './upstream-url.ts';

/** What a value kind tells beside its type; lives in zod's global registry. */
export type KindMeta = {
  /** Continues "must be …" and "Value: …". */
  readonly expects: string;
};

/** Carried by an issue that a value's parser raised: a hint for the person, and whether the key is what is wrong. */
export type IssueParams = { readonly hint?: string; readonly at?: 'key' };

/** Parses with `parse`; a HatchwayError becomes an issue at `path` below the value, anything else is a bug and flies. */
export function attempt<Value>(
  parse: () => Value,
  context: z.core.$RefinementCtx,
  path: PropertyKey[] = [],
  at?: 'key',
): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    const params: IssueParams = { hint: error.remedy, ...(at === undefined ? {} : { at }) };
    context.addIssue({ code: 'custom', message: error.message, path, params });
    return z.NEVER;
  }
}

/** A text that `parse` reads. */
export function text<Value>(expects: string, parse: (text: string) => Value) {
  return z
    .string({ error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) => attempt(() => parse(value), context));
}

/** One value or a list of them; `parse` may give several for one. The result is a list, not empty. */
export function oneOrMany<Value>(expects: string, parse: (text: string) => Value[]) {
  const scalar = z.union([z.string(), z.number()], { error: () => expects });
  return z
    .union([scalar, z.array(scalar).min(1, { error: () => expects })], {
      error: () => expects,
    })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) =>
      Array.isArray(value)
        ? value.flatMap((one, index) => attempt(() => parse(String(one)), context, [index]))
        : attempt(() => parse(String(value)), context),
    );
}

export function duration() {
  return text('a duration such as `500ms`, `60s` or `15m`', parseDuration);
}

/** `0s` is a value of its own. */
export function durationOrZero() {
  return text('a duration such as `500ms`, `60s` or `15m`', (value) =>
    value === '0s' ? 0 : parseDuration(value),
  );
}

/** Infinity for `off`. */
export function durationOrOff() {
  return text('a duration such as `60s`, or `off`', (value) =>
    value === 'off' ? Number.POSITIVE_INFINITY : parseDuration(value),
  );
}

export function size() {
  return text('a size such as `32KiB`', parseSize);
}

/** Infinity for `off`. */
export function sizeOrOff() {
  return text('a size such as `10MiB`, or `off`', (value) =>
    value === 'off' ? Number.POSITIVE_INFINITY : parseSize(value),
  );
}

/** One entry a name as written, with the patterns it stands for: problems point at names, not at patterns. */
export function hostNames() {
  return oneOrMany(
    '`name`, `"*.name"`, `name.*`, `.name` or `~regex`, or a list of these',
    (one) => [{ text: one, patterns: parseHostPattern(one) }],
  );
}

export function routePath() {
  return text(
    'a path such as `/api/`, `= /login`, `^~ /static/`, `~ regex`, `~* regex` or `"@name"`',
    parseRoutePath,
  );
}

/** Where requests go, as in `to`. */
export function upstreamUrl() {
  return text('`http://host:port`, `https://host:port` or `unix:/path`', parseServerUrl);
}

/** One file or several. */
export function filePaths() {
  return oneOrMany('the path of a file, or a list of these', (value) => {
    if (value !== '') return [value];
    throw configError('HW_CONFIG_INVALID', 'the path is empty', {
      remedy: 'name a file or leave the key out',
    });
  });
}

/** The name of a server, as in its certificate. */
export function serverName() {
  return text('a host name', parseServerName);
}

/** In lower case. Throws `HW_CONFIG_INVALID`. */
export function parseServerName(value: string): string {
  if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value)) return value.toLowerCase();
  throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a host name`, {
    remedy: 'write the name alone, as the certificate has it',
  });
}

/** One name of a server or several. */
export function serverNames() {
  return oneOrMany('a host name, or a list of these', (value) => [parseServerName(value)]);
}

/** A path as written; `compile.ts` knows which folder it is relative to. */
export function filePath() {
  return text('the path of a file', (value) => {
    if (value !== '') return value;
    throw configError('HW_CONFIG_INVALID', 'the path is empty', {
      remedy: 'name a file or leave the key out',
    });
  });
}

/** `https://host` with a port if it has one: an origin as browsers write it. */
export function publicUrl() {
  const expects = 'the URL that people open, such as `https://console.example.com`';
  return text(expects, (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '') {
      throw configError('HW_CONFIG_INVALID', `\`${value}\` is not an http or https URL`, {
        remedy: 'write it as in the address bar of the browser: https://console.example.com',
      });
    }
    if (url.href !== `${url.origin}/` || /[?#]/.test(value)) {
      throw configError('HW_CONFIG_INVALID', `\`${value}\` has more than scheme, host and port`, {
        remedy: `write ${url.origin}; the console has the root of its host`,
      });
    }
    return url.origin;
  });
}

/** Protocol names of an Upgrade field, in lower case. */
export function upgradeTokens() {
  const expects = 'a list of protocols, such as `[websocket, tcp]`';
  const token = z
    .string({ error: () => 'the name of a protocol, such as `websocket`' })
    .transform((value, context) => attempt(() => parseUpgradeToken(value), context));
  return z.array(token, { error: () => expects }).meta({ expects } satisfies KindMeta);
}

function parseUpgradeToken(value: string): string {
  const token = value.toLowerCase();
  // RFC 9110, 7.8: protocol-name, of the characters of a token (5.6.2), with an optional version.
  if (/^[!#$%&'*+.^_`|~0-9a-z-]+(?:\/[!#$%&'*+.^_`|~0-9a-z-]+)?$/.test(token)) return token;
  throw configError('HW_CONFIG_INVALID', `\`${value}\` is not the name of a protocol`, {
    remedy: 'write it as in the Upgrade field: websocket, tcp',
  });
}

export function flag() {
  const expects = '`true` or `false`';
  return z.boolean({ error: () => expects }).meta({ expects } satisfies KindMeta);
}

export function positiveInteger() {
  return wholeNumber('a whole number, 1 or more', 1);
}

/** 0 is a value of its own: none, or no limit. */
export function countOrZero() {
  return wholeNumber('a whole number, 0 or more', 0);
}

export function positiveNumber() {
  const expects = 'a number above 0';
  return z
    .number({ error: () => expects })
    .positive({ error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

function wholeNumber(expects: string, least: number) {
  return z
    .number({ error: () => expects })
    .int({ error: () => expects })
    .min(least, { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const quoted = words.map((word) => `\`${word}\``);
  const expects =
    quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return z.enum(words, { error: () => expects }).meta({ expects } satisfies KindMeta);
}

/** Where a Docker engine listens, as DOCKER_HOST has it. */
export function dockerHost() {
  return text('`unix:///path`, `tcp://host:port` or `https://host:port`', parseDockerHost);
}

/** The text itself. Throws `HW_CONFIG_INVALID` when an engine cannot be reached that way. */
export function parseDockerHost(value: string): string {
  const isSocket = /^unix:\/\/\/./.test(value);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isServer = /^(?:tcp|https?):$/.test(url?.protocol ?? '') && url?.hostname !== '';
  if (isSocket || isServer) return value;
  throw configError(
    'HW_CONFIG_INVALID',
    `\`${value}\` is not where a Docker engine can be reached`,
    {
      remedy:
        'write unix:///var/run/docker.sock, tcp://host:2375 or, with `certs`, tcp://host:2376',
    },
  );
}

/** A mapping with known keys only. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  const expects = 'a mapping';
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? expects : undefined),
  });
}
