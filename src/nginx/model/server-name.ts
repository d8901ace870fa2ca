/**
 * The `server_name` directive: which hosts a server is for (src/http/ngx_http_core_module.c, src/core/ngx_hash.c).
 *
 * Which server gets a request is decided in this order: exact, longest leading wildcard, longest trailing wildcard, first
 * regular expression.
 */
import { type Problem, problemAt } from '../errors.ts';
import type { Setting } from '../level.ts';
import { type Regex, translatePcre } from '../pcre.ts';
import { type Directive, placeOfWord, type Word } from '../tree.ts';

export type ServerName = {
  readonly setting: Setting;
  readonly word: Word;
  /** As written. */
  readonly text: string;
} & ServerNamePattern;

export type ServerNamePattern =
  /** Lower-case; '' is for requests without a host. */
  | { readonly kind: 'exact'; readonly host: string }
  /** `*.example.com` is suffix `.example.com`. */
  | { readonly kind: 'leading-wildcard'; readonly suffix: string }
  /** `mail.*` is prefix `mail.`. */
  | { readonly kind: 'trailing-wildcard'; readonly prefix: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly regex: Regex }
  /** `$hostname`, the name of the machine. */
  | { readonly kind: 'hostname' }
  /** A wildcard that fits nothing. nginx refuses it where several servers share an address, and else never looks at it. */
  | { readonly kind: 'invalid' };

export const wildcardRemedy =
  'a * may only be the whole first or the whole last part: *.name or name.*';

/** `.example.com` is two names. */
export function parseServerNames(setting: Setting): { names: ServerName[]; problems: Problem[] } {
  const names: ServerName[] = [];
  const problems: Problem[] = [];
  const { directive } = setting;
  for (const word of directive.args) {
    const patterns = parseName(directive, word);
    if (!Array.isArray(patterns)) problems.push(patterns);
    else
      for (const pattern of patterns) names.push({ setting, word, text: word.value, ...pattern });
  }
  return { names, problems };
}

function parseName(directive: Directive, word: Word): ServerNamePattern[] | Problem {
  const text = word.value;
  if (text.startsWith('~')) return parseRegexName(directive, word);
  const name = text.toLowerCase();
  if (name === '$hostname') return [{ kind: 'hostname' }];
  if (/^(?:\*(?!\..)|\.$)/.test(name)) {
    return problemAt(
      'HW_NGINX_VALUE',
      placeOfWord(directive, word),
      `server name "${text}" is invalid`,
      { remedy: wildcardRemedy },
    );
  }
  const body = name.replace(/^\*(?=\.)|(?<=\.)\*$/, '');
  if (body.includes('*') || body.includes('..')) return [{ kind: 'invalid' }];
  if (name.startsWith('*.')) return [{ kind: 'leading-wildcard', suffix: body }];
  if (name.endsWith('.*')) return [{ kind: 'trailing-wildcard', prefix: body }];
  if (!name.startsWith('.')) return [{ kind: 'exact', host: name }];
  return [
    { kind: 'exact', host: name.slice(1) },
    { kind: 'leading-wildcard', suffix: name },
  ];
}

function parseRegexName(directive: Directive, word: Word): ServerNamePattern[] | Problem {
  const pattern = word.value.slice(1);
  const place = placeOfWord(directive, word);
  if (pattern === '') return problemAt('HW_NGINX_REGEX', place, 'empty regex in server name');
  // Hosts are compared in lower case, so nginx ignores case when the pattern has a capital.
  const regex = translatePcre(pattern, /[A-Z]/.test(pattern));
  if (regex.ok) return [{ kind: 'regex', pattern, regex }];
  return problemAt(
    'HW_NGINX_REGEX',
    place,
    `regex "${pattern}": ${regex.reason} (at ${regex.offset})`,
  );
}
