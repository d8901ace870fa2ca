/**
 * The kinds of value that keys of hatchway.yaml have, as zod schemas: each reads what people write, gives what the model
 * wants, and says in `expects` what it takes; that one phrase is in the error message and on the reference page.
 */
import { z } from 'zod';
import { HatchwayError } from '../../base/errors.ts';
import { configError } from '../errors.ts';
import type { AccessLogModel } from '../model.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parseListenAddress } from './listen-address.ts';
import { parsePathPattern } from './path-pattern.ts';
import { parseDuration, parseSize } from './quantity.ts';
import { parseUpstreamUrl } from './upstream-url.ts';

/** What a value kind tells beside its type; lives in zod's global registry. */
export type KindMeta = {
  /** Continues "must be …" and "Value: …". */
  readonly expects: string;
};

/** A hint for the person, carried by an issue that a value's parser raised. */
export type IssueParams = { readonly hint?: string };

/** Parses with `parse`; a HatchwayError becomes an issue at `path` below the value, anything else is a bug and flies. */
function attempt<Value>(
  parse: () => Value,
  context: z.core.$RefinementCtx,
  path: PropertyKey[] = [],
): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    const params: IssueParams = { hint: error.remedy };
    context.addIssue({ code: 'custom', message: error.message, path, params });
    return z.NEVER;
  }
}

function text<Value>(expects: string, parse: (text: string) => Value) {
  return z
    .string({ error: () => expects })
    .meta({ expects } satisfies KindMeta)
    .transform((value, context) => attempt(() => parse(value), context));
}

/** One value or a list of them; `parse` may give several for one. The result is a list, not empty. */
function oneOrMany<Value>(expects: string, parse: (text: string) => Value[]) {
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

export function size() {
  return text('a size such as `32KiB`', parseSize);
}

export function listenAddresses() {
  return oneOrMany(
    '`HOST:PORT`, `PORT`, `"[IPv6]:PORT"` or `unix:/path`, or a list of these',
    (one) => [parseListenAddress(one)],
  );
}

/** One entry a name as written, with the patterns it stands for: problems point at names, not at patterns. */
export function hostNames() {
  return oneOrMany(
    '`name`, `"*.name"`, `name.*`, `.name` or `~regex`, or a list of these',
    (one) => [{ text: one, patterns: parseHostPattern(one) }],
  );
}

export function pathPattern() {
  return text(
    'a path such as `/api/`, `= /login`, `^~ /static/`, `~ regex` or `~* regex`',
    parsePathPattern,
  );
}

export function upstreamUrl() {
  return text('`http://host:port`, `https://host:port` or `unix:/path`', parseUpstreamUrl);
}

/** The name of a server, as in its certificate. */
export function serverName() {
  return text('a host name', (value) => {
    if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value)) return value.toLowerCase();
    throw configError('HW_CONFIG_INVALID', `\`${value}\` is not a host name`, {
      remedy: 'write the name alone, as the certificate has it',
    });
  });
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

/** Where lines go; the path of a file is as written. */
export function accessLog() {
  return text('`off`, `stdout` or the path of a file', (value): AccessLogModel => {
    if (value === 'off' || value === 'stdout') return { kind: value };
    if (value === '' || /^(?:on|yes|no|none)$/i.test(value)) {
      throw configError('HW_CONFIG_INVALID', `\`${value}\` names no file`, {
        remedy: 'write off, stdout or the path of a file',
      });
    }
    return { kind: 'file', path: value };
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
  if (token === 'h2c') {
    throw configError('HW_CONFIG_INVALID', '`h2c` cannot be upgraded to', {
      remedy:
        'leave it out: a client that speaks HTTP/2 to the upstream inside the tunnel gets past hosts, routes and limits',
    });
  }
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
  const expects = 'a whole number, 1 or more';
  return z
    .number({ error: () => expects })
    .int({ error: () => expects })
    .min(1, { error: () => expects })
    .meta({ expects } satisfies KindMeta);
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
