/** The `map` block: a variable whose value depends on another value (src/http/modules/ngx_http_map_module.c). */
import { type Problem, problemAt } from '../errors.ts';
import { type Level, type Setting, settingsNamed } from '../level.ts';
import { type Regex, translatePcre } from '../pcre.ts';
import { placeOfWord } from '../tree.ts';

export type MapEntry = {
  readonly setting: Setting;
  /** A template; after a regular expression it may use its captures. */
  readonly value: string;
} & (
  | { readonly kind: 'default' }
  /** Compared without regard to case; lower-case here. */
  | { readonly kind: 'exact'; readonly key: string }
  /** With `hostnames`: `*.example.com` is suffix `.example.com`. */
  | { readonly kind: 'leading-wildcard'; readonly suffix: string }
  | { readonly kind: 'trailing-wildcard'; readonly prefix: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly regex: Regex }
);

export type VariableMap = {
  readonly setting: Setting;
  /** The template whose value is looked up. */
  readonly source: string;
  /** The variable that is set, lower-case, without its `$`. */
  readonly variable: string;
  readonly entries: readonly MapEntry[];
  /** Whether it is looked up each time; else once for a request. */
  readonly isVolatile: boolean;
};

/** What a lookup found. */
export type MapResult = {
  /** Undefined when nothing fits and there is no default; the value is then empty. */
  readonly entry: MapEntry | undefined;
  readonly match: RegExpExecArray | undefined;
};

/** Entries that nginx would refuse are left out, and told. */
export function parseMap(level: Level): { map: VariableMap; problems: Problem[] } {
  const setting = level.opening as Setting;
  const [source, variable] = setting.directive.args.map((arg) => arg.value) as [string, string];
  const hasParameter = (name: string) =>
    settingsNamed(level, name).some(({ directive }) => directive.args.length === 0);
  const hasHostnames = hasParameter('hostnames');
  const entries: MapEntry[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, Setting>();
  for (const entry of level.settings) {
    const { directive } = entry;
    const isParameter =
      directive.args.length === 0 && /^(?:hostnames|volatile)$/.test(directive.name);
    if (isParameter) continue;
    for (const parsed of parseEntry(entry, hasHostnames)) {
      if ('code' in parsed) {
        problems.push(parsed);
        continue;
      }
      const key = keyOf(parsed);
      const earlier = key === undefined ? undefined : seen.get(key);
      if (earlier !== undefined) {
        const { line } = earlier.directive;
        const message = `conflicting parameter "${directive.name}": it is also on line ${line}`;
        problems.push(problemAt('HW_NGINX_DUPLICATE', directive, message));
        continue;
      }
      if (key !== undefined) seen.set(key, entry);
      entries.push(parsed);
    }
  }
  const name = variable.replace(/^\$/, '').toLowerCase();
  const isVolatile = hasParameter('volatile');
  return { map: { setting, source, variable: name, entries, isVolatile }, problems };
}

/** The entry for a value, in nginx's order: exact, longest leading wildcard, longest trailing one, first regex, default. */
export function lookUp(map: VariableMap, value: string): MapResult {
  const lower = value.toLowerCase();
  const host = lower.replace(/\.$/, '');
  let leading: MapEntry | undefined;
  let leadingLength = 0;
  let trailing: MapEntry | undefined;
  let trailingLength = 0;
  let fallback: MapEntry | undefined;
  for (const entry of map.entries) {
    switch (entry.kind) {
      case 'exact':
        if (entry.key === lower) return { entry, match: undefined };
        break;
      case 'leading-wildcard':
        if (host.endsWith(entry.suffix) && host.length > entry.suffix.length) {
          if (entry.suffix.length > leadingLength) leading = entry;
          leadingLength = Math.max(leadingLength, entry.suffix.length);
        }
        break;
      case 'trailing-wildcard':
        if (host.startsWith(entry.prefix) && host.length > entry.prefix.length) {
          if (entry.prefix.length > trailingLength) trailing = entry;
          trailingLength = Math.max(trailingLength, entry.prefix.length);
        }
        break;
      case 'default':
        fallback = entry;
        break;
      case 'regex':
        break;
    }
  }
  const wildcard = leading ?? trailing;
  if (wildcard !== undefined) return { entry: wildcard, match: undefined };
  for (const entry of map.entries) {
    // An empty value is not even shown to regexes (ngx_http_map_find).
    const match = entry.kind === 'regex' && value !== '' ? entry.regex.regex.exec(value) : null;
    if (match !== null) return { entry, match };
  }
  return { entry: fallback, match: undefined };
}

/** One entry, or two for `.example.com`. */
function parseEntry(setting: Setting, hasHostnames: boolean): (MapEntry | Problem)[] {
  const { directive } = setting;
  const [value, ...more] = directive.args;
  if (value === undefined || more.length > 0 || directive.body.kind !== 'semicolon') {
    return [
      problemAt('HW_NGINX_ARGUMENTS', directive, 'invalid number of the map parameters', {
        remedy: 'write a value and what it becomes, ended by ;',
      }),
    ];
  }
  const common = { setting, value: value.value };
  const { name } = directive;
  if (name === 'default') return [{ ...common, kind: 'default' }];
  if (name.startsWith('~')) {
    const caseless = name.startsWith('~*');
    const pattern = name.slice(caseless ? 2 : 1);
    const regex = translatePcre(pattern, caseless);
    if (regex.ok) return [{ ...common, kind: 'regex', pattern, regex }];
    const message = `regex "${pattern}": ${regex.reason} (at ${regex.offset})`;
    return [problemAt('HW_NGINX_REGEX', placeOfWord(directive, directive.word), message)];
  }
  const key = name.replace(/^\\/, '').toLowerCase();
  if (!hasHostnames) return [{ ...common, kind: 'exact', key }];
  if (key.startsWith('*.')) return [{ ...common, kind: 'leading-wildcard', suffix: key.slice(1) }];
  if (key.endsWith('.*'))
    return [{ ...common, kind: 'trailing-wildcard', prefix: key.slice(0, -1) }];
  if (!key.startsWith('.')) return [{ ...common, kind: 'exact', key }];
  return [
    { ...common, kind: 'exact', key: key.slice(1) },
    { ...common, kind: 'leading-wildcard', suffix: key },
  ];
}

/** Entries with the same key exclude each other; regular expressions do not. */
function keyOf(entry: MapEntry): string | undefined {
  switch (entry.kind) {
    case 'default':
      return 'default';
    case 'exact':
      return `=${entry.key}`;
    case 'leading-wildcard':
      return `*${entry.suffix}`;
    case 'trailing-wildcard':
      return `${entry.prefix}*`;
    case 'regex':
      return undefined;
  }
}
