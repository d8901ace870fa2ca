/**
 * Which requests a location is for (src/http/ngx_http_core_module.c, ngx_http_core_location): the first one or two arguments
 * of `location`.
 */
import { type Problem, problemAt } from '../errors.ts';
import { type Regex, translatePcre } from '../pcre.ts';
import { type Directive, placeOfWord, type Word } from '../tree.ts';

export type LocationMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** `beforeRegex`: `^~`, so that no regular expression is asked once this is the longest prefix. */
  | { readonly kind: 'prefix'; readonly path: string; readonly beforeRegex: boolean }
  | {
      readonly kind: 'regex';
      readonly pattern: string;
      readonly caseless: boolean;
      readonly regex: Regex;
    }
  /** Only reached from inside: error_page, try_files. The name has its `@`. */
  | { readonly kind: 'named'; readonly name: string }
  /** `location $name` (1.31.5): requests for which `predicate $name` holds. */
  | { readonly kind: 'predicate'; readonly variable: string };

export function parseLocation(directive: Directive): LocationMatch | Problem {
  const [first, second] = directive.args as readonly [Word, Word?];
  if (second !== undefined) {
    if (/^(?:=|\^~|~\*?)$/.test(first.value)) {
      return matchOf(directive, first.value, second.value, second);
    }
    return problemAt(
      'HW_NGINX_VALUE',
      placeOfWord(directive, first),
      `invalid location modifier "${first.value}"`,
      { remedy: 'write =, ^~, ~ or ~*' },
    );
  }
  // The modifier may touch what it modifies.
  const [, modifier = '', rest] = /^(=|\^~|~\*?)?(.*)$/s.exec(first.value) as unknown as [
    string,
    string?,
    string?,
  ];
  return matchOf(directive, modifier, rest as string, first);
}

function matchOf(
  directive: Directive,
  modifier: string,
  text: string,
  word: Word,
): LocationMatch | Problem {
  switch (modifier) {
    case '=':
      return { kind: 'exact', path: text };
    case '^~':
      return { kind: 'prefix', path: text, beforeRegex: true };
    case '':
      if (text.startsWith('@')) return { kind: 'named', name: text };
      if (/^\$\w+$/.test(text)) return { kind: 'predicate', variable: text.slice(1).toLowerCase() };
      return { kind: 'prefix', path: text, beforeRegex: false };
    default: {
      const caseless = modifier === '~*';
      const regex = translatePcre(text, caseless);
      if (regex.ok) return { kind: 'regex', pattern: text, caseless, regex };
      return problemAt(
        'HW_NGINX_REGEX',
        placeOfWord(directive, word),
        `regex "${text}": ${regex.reason} (at ${regex.offset})`,
      );
    }
  }
}

/** As it would be written behind `location`. */
export function formatLocation(match: LocationMatch): string {
  switch (match.kind) {
    case 'exact':
      return `= ${match.path}`;
    case 'prefix':
      return match.beforeRegex ? `^~ ${match.path}` : match.path;
    case 'regex':
      return `${match.caseless ? '~*' : '~'} ${match.pattern}`;
    case 'named':
      return match.name;
    case 'predicate':
      return `$${match.variable}`;
  }
}
