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
import { parseLocation } from './location.ts';

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
      for (const { word, text } of templatesOf(directive, level)) {
        const template = parseTemplate(text);
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
  return groupsOf(directive).map((group) => group.toLowerCase());
}

/** In a `map`, the named groups of its keys; in the block of another module, what it names. */
function entryNames(directive: Directive, level: Level): string[] {
  const owner = level.opening?.directive.name ?? '';
  if (owner === 'map') {
    const pattern = /^~\*?(.*)$/s.exec(directive.name)?.[1];
    return pattern === undefined ? [] : groupNames(pattern).map((group) => group.toLowerCase());
  }
  if (otherModuleOf(owner) === undefined) return [];
  return [directive.name, ...directive.args.map((arg) => arg.value)].flatMap(variablesIn);
}

/** The named groups of the regular expressions of a directive. */
function groupsOf(directive: Directive): readonly string[] {
  const { args } = directive;
  if (args.length === 0) return [];
  switch (directive.name) {
    case 'location': {
      const match = parseLocation(directive);
      return 'kind' in match && match.kind === 'regex' ? match.regex.groupNames : [];
    }
    case 'if': {
      const condition = parseCondition(directive);
      return 'kind' in condition && condition.kind === 'matches' ? condition.regex.groupNames : [];
    }
    case 'server_name':
      return args
        .filter(({ value }) => value.startsWith('~'))
        .flatMap(({ value }) => groupNames(value.slice(1)));
    case 'rewrite':
      return groupNames((args[0] as Word).value);
    case 'proxy_redirect':
    case 'proxy_cookie_domain':
    case 'proxy_cookie_path':
    case 'proxy_cookie_flags': {
      const pattern = /^~\*?(.*)$/s.exec((args[0] as Word).value)?.[1];
      return pattern === undefined ? [] : groupNames(pattern);
    }
    default:
      return [];
  }
}

function groupNames(pattern: string): readonly string[] {
  const regex = translatePcre(pattern);
  return regex.ok ? regex.groupNames : [];
}

/** A template, and the word to blame for it. */
export type TemplateUse = { readonly word: Word; readonly text: string };

/** The values of a directive in which variables are put, and in a condition the variable itself. */
export function templatesOf(directive: Directive, level: Level): TemplateUse[] {
  const { args, name } = directive;
  if (level.kind === 'data') {
    return level.opening?.directive.name === 'map' && args.length === 1 ? args.map(useOf) : [];
  }
  if (level.kind === 'foreign') return [];
  if (name === 'if') return conditionTemplates(directive);
  const { templates = [] } = specIn(name, level.kind) ?? {};
  const words = templates === 'all' ? args : templates.flatMap((index) => args.at(index) ?? []);
  // In proxy_redirect and its like, what begins with ~ is a regular expression.
  const mayBeRegex = /^(?:proxy_redirect|proxy_cookie_)/.test(name);
  return words.filter(({ value }) => !(mayBeRegex && value.startsWith('~'))).map(useOf);
}

function useOf(word: Word): TemplateUse {
  return { word, text: word.value };
}

/** What is compared is a variable, what it is compared with a template or a regular expression. */
function conditionTemplates(directive: Directive): TemplateUse[] {
  const [word] = directive.args;
  const condition = word === undefined ? undefined : parseCondition(directive);
  if (word === undefined || condition === undefined || !('kind' in condition)) return [];
  switch (condition.kind) {
    case 'variable':
    case 'matches':
      return [{ word, text: `$${condition.variable}` }];
    case 'equals':
      return [
        { word, text: `$${condition.variable}` },
        { word, text: condition.value },
      ];
    case 'file':
      return [{ word, text: condition.path }];
  }
}
