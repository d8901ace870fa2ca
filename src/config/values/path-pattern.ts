/** Paths of a route, in the forms of nginx's location. Which one wins for a request is the gateway's matter. */
import { configError } from '../errors.ts';
import type { PathPattern } from '../route-model.ts';
import { parseRegex } from './regex.ts';

/** `/x`, `= /x`, `^~ /x`, `~ regex`, `~* regex` (ignores case). Throws `HW_CONFIG_INVALID`. */
export function parsePathPattern(text: string): PathPattern {
  const [, modifier, rest] = /^(=|\^~|~\*|~)?\s*(.*)$/s.exec(text) as unknown as [
    string,
    string | undefined,
    string,
  ];
  switch (modifier) {
    case '~':
      return { kind: 'regex', regex: parseRegex(rest, '') };
    case '~*':
      return { kind: 'regex', regex: parseRegex(rest, 'i') };
    case '=':
      return { kind: 'exact', path: absolute(rest, text) };
    default:
      return { kind: 'prefix', path: absolute(rest, text), beforeRegex: modifier === '^~' };
  }
}

/** A path, or `@name` for a route that only others lead to, whose path is then that of everything. */
export type RoutePath = PathPattern & { readonly named?: string };

/** Throws `HW_CONFIG_INVALID`. */
export function parseRoutePath(text: string): RoutePath {
  if (/^@\S+$/.test(text)) return { kind: 'prefix', path: '/', beforeRegex: false, named: text };
  return parsePathPattern(text);
}

/** Two patterns with the same key match the same paths; `/x` and `^~ /x` do. */
export function pathPatternKey(pattern: RoutePath): string {
  if (pattern.named !== undefined) return pattern.named;
  switch (pattern.kind) {
    case 'exact':
      return `= ${pattern.path}`;
    case 'prefix':
      return pattern.path;
    case 'regex':
      return `~${pattern.regex.flags} ${pattern.regex.source}`;
  }
}

function absolute(path: string, text: string): string {
  const objection = objectionTo(path);
  if (objection === undefined) return path;
  throw configError('HW_CONFIG_INVALID', `\`${text}\` ${objection.why}`, {
    remedy: objection.remedy,
  });
}

/** Paths are matched decoded, resolved and without the query, so one that is written otherwise would never match. */
function objectionTo(path: string): { why: string; remedy: string } | undefined {
  if (!path.startsWith('/')) {
    return {
      why: 'is not a path',
      remedy: `write /${path} or, for a regular expression, ~ ${path}`,
    };
  }
  if (path.endsWith('/*')) {
    return {
      why: 'ends in a *, which stands for itself here',
      remedy: `write ${path.slice(0, -1)}: a path stands for everything that begins so`,
    };
  }
  if (/[?#]/.test(path)) {
    return {
      why: 'has a query',
      remedy: 'leave it out: the query does not choose the route, and is passed on as it is',
    };
  }
  if (/%[0-9a-f]{2}/i.test(path)) {
    return { why: 'is percent-encoded', remedy: 'write it decoded: /a b, not /a%20b' };
  }
  if (/\/(?:\.{0,2}\/|\.{1,2}$)/.test(path)) {
    return {
      why: 'never matches',
      remedy: 'leave out //, /./ and /../: requests are compared without them',
    };
  }
  return undefined;
}
