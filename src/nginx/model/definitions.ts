/**
 * Which variables a configuration defines and which it uses. nginx knows one set of names for all of `http`, wherever in it
 * they are defined, and does not start when a value names another.
 */
import { otherModuleOf, specIn } from '../directives.ts';
import { type Problem, problemAt } from '../errors.ts';
import { type Level, levelsIn, type Setting } from '../level.ts';
import { translatePcre } from '../pcre.ts';
import { parseTemplate, variablesIn } from '../template.ts';
import { type Directive, placeOfWord, type Word } from '../tree.ts';
import { isBuiltIn } from '../variables.ts';
import { parseCondition } from './condition.ts';

/** Where the variables that are not nginx's own come from, by name in lower case. */
export type Definitions = ReadonlyMap<string, readonly Setting[]>;

/** Directives that define the variable that is their argument of this index; -1 is the last. */
const defining: Readonly<Record<string, number>> = {
  auth_request_set: 0,
  geo: -1,
  json_set: 0,
  map: 1,
  predicate: 0,
  set: 0,
  split_clients: 1,
};

export function definitionsIn(main: Level): Definitions {
  const definitions = new Map<string, Setting[]>();
  for (const level of levelsIn(main)) {
    for (const setting of level.settings) {
      for (const name of definedBy(setting.directive, level)) {
        const known = definitions.get(name);
        if (known === undefined) definitions.set(name, [setting]);
        else known.push(setting);
      }
    }
  }
  return definitions;
}

/** Every use of a variable that nothing defines, and every value that is no template. */
export function undefinedVariables(main: Level, definitions: Definitions): Problem[] {
  const isKnown = (name: string) => isBuiltIn(name) || definitions.has(name);
  const problems: Problem[] = [];
  for (const level of levelsIn(main)) {
    for (const { directive } of level.settings) {
      for (const word of templatesOf(directive, level)) {
        const template = parseTemplate(word.value);
        const place = placeOfWord(directive, word);
        if (!template.ok) {
          problems.push(problemAt('HW_NGINX_VARIABLE', place, template.reason));
          continue;
        }
        for (const part of template.parts) {
          if (part.kind !== 'variable' || isKnown(part.name)) continue;
          problems.push(
            problemAt('HW_NGINX_VARIABLE', place, `unknown "${part.name}" variable`, {
              remedy: remedyFor(part.name),
            }),
          );
        }
      }
    }
  }
  return problems;
}

function remedyFor(name: string): string {
  return name === 'connection_upgrade'
    ? 'define it in http: map $http_upgrade $connection_upgrade { default upgrade; "" ""; }'
    : 'correct the name, or define it with map, set or a named group of a regular expression';
}

function definedBy(directive: Directive, level: Level): string[] {
  const { name, args } = directive;
  if (level.kind === 'data') return entryNames(directive, level);
  const index = defining[name];
  if (index !== undefined) {
    const word = args.at(index);
    // `set` in an `if` and the rest alike: the name is the argument itself.
    return word?.value.startsWith('$') ? [word.value.slice(1).toLowerCase()] : [];
  }
  // What another module's directive names may well be what it defines: js_set $x, geoip2 …, set_by_lua_block $x.
  if (otherModuleOf(name) !== undefined) return args.flatMap((arg) => variablesIn(arg.value));
  return patternsOf(directive).flatMap(groupNames);
}

/** In a `map`, the named groups of its keys; in the block of another module, what it names. */
function entryNames(directive: Directive, level: Level): string[] {
  const owner = level.opening?.directive.name ?? '';
  if (owner === 'map') {
    return directive.name.startsWith('~') ? groupNames(directive.name.replace(/^~\*?/, '')) : [];
  }
  if (otherModuleOf(owner) === undefined) return [];
  return [directive.name, ...directive.args.map((arg) => arg.value)].flatMap(variablesIn);
}

/** The regular expressions of a directive whose named groups become variables. */
function patternsOf(directive: Directive): string[] {
  const values = directive.args.map((arg) => arg.value);
  switch (directive.name) {
    case 'location':
      return [values.join('').replace(/^~\*?/, '')].filter(() => /^~/.test(values[0] ?? ''));
    case 'server_name':
      return values.filter((value) => value.startsWith('~')).map((value) => value.slice(1));
    case 'rewrite':
      return values.slice(0, 1);
    case 'if': {
      const condition = parseCondition(directive);
      return 'kind' in condition && condition.kind === 'matches' ? [condition.pattern] : [];
    }
    default:
      return [];
  }
}

function groupNames(pattern: string): string[] {
  const regex = translatePcre(pattern);
  return regex.ok ? regex.groupNames.map((name) => name.toLowerCase()) : [];
}

/** The words of a directive in which variables are replaced. */
function templatesOf(directive: Directive, level: Level): Word[] {
  const { args, name } = directive;
  if (level.kind === 'data') {
    return level.opening?.directive.name === 'map' && args.length === 1 ? [...args] : [];
  }
  if (level.kind === 'foreign') return [];
  if (name === 'if') return conditionTemplates(directive);
  const { templates = [] } = specIn(name, level.kind) ?? {};
  const words =
    templates === 'all' ? [...args] : templates.flatMap((index) => args.at(index) ?? []);
  // In proxy_redirect and its like, what begins with ~ is a regular expression.
  return words.filter(
    (word) => !/^(?:proxy_redirect|proxy_cookie_)/.test(name) || !word.value.startsWith('~'),
  );
}

/** What is compared is a variable, what it is compared with a template or a regular expression. */
function conditionTemplates(directive: Directive): Word[] {
  const condition = parseCondition(directive);
  if (!('kind' in condition)) return [];
  const value =
    condition.kind === 'equals' ? condition.value : condition.kind === 'file' ? condition.path : '';
  const [first] = directive.args as readonly [Word];
  const variable = 'variable' in condition ? `$${condition.variable}` : '';
  return [{ ...first, value: `${variable} ${value}` }];
}
