/**
 * Variables that `set` gives one value once and for all, in the place of where they are used: generated configurations say
 * `set $server 10.0.0.1;` and `proxy_pass http://$server:$port;`, which is a server like any other.
 */
import type { RuleModel, Template } from '../../rule-model.ts';

export type Constants = ReadonlyMap<string, string>;

/**
 * The rules that are left, and what is constant behind them.
 *
 * @param wanted variables whose values are worth having; others stay variables
 */
export function foldConstants(
  rules: readonly RuleModel[],
  outer: Constants,
  wanted: ReadonlySet<string>,
): { readonly rules: readonly RuleModel[]; readonly constants: Constants } {
  const constants = new Map(outer);
  const changing = changingIn(rules);
  const rest: RuleModel[] = [];
  for (const rule of rules) {
    const known = withConstants(rule, constants);
    const value = known.kind === 'set' ? textOf(known.value) : undefined;
    const isWanted = known.kind === 'set' && wanted.has(known.variable);
    if (!isWanted || value === undefined || changing.has(known.variable)) {
      if (known.kind === 'set') constants.delete(known.variable);
      rest.push(known);
    } else {
      constants.set(known.variable, value);
    }
  }
  return { rules: rest, constants };
}

/** Variables that are looked at: in templates, and in conditions. */
export function variablesBelow(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return [];
  const named = value as { readonly kind?: unknown; readonly variable?: unknown };
  const own = typeof named.variable === 'string' && named.kind !== 'set' ? [named.variable] : [];
  return [...own, ...Object.values(value).flatMap(variablesBelow)];
}

/** The same with the values of constants in all of its templates. */
export function withConstants<Value>(value: Value, constants: Constants): Value {
  return constants.size === 0 ? value : (replaced(value, constants) as Value);
}

/** The text of a template without variables. */
export function textOf(template: Template): string | undefined {
  return template.every((part) => typeof part === 'string') ? template.join('') : undefined;
}

/** Variables that are set more than once, or only under a condition. */
function changingIn(rules: readonly RuleModel[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const changing = new Set<string>();
  for (const rule of rules) {
    if (rule.kind === 'if') for (const name of setIn(rule.rules)) changing.add(name);
    if (rule.kind !== 'set') continue;
    if (seen.has(rule.variable)) changing.add(rule.variable);
    seen.add(rule.variable);
  }
  return changing;
}

/** Variables that rules set, under a condition or not. */
export function setIn(rules: readonly RuleModel[]): string[] {
  return rules.flatMap((rule) => {
    if (rule.kind === 'if') return setIn(rule.rules);
    return rule.kind === 'set' ? [rule.variable] : [];
  });
}

function replaced(value: unknown, constants: Constants): unknown {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => (isReference(item) ? item : replaced(item, constants)));
    return items.some(isReference) ? joined(items, constants) : items;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, replaced(inner, constants)]),
  );
}

function isReference(item: unknown): item is { readonly variable: string } {
  if (typeof item !== 'object' || item === null || !('variable' in item)) return false;
  return Object.keys(item).length === 1;
}

/** Texts that now stand side by side are one. */
function joined(template: readonly unknown[], constants: Constants): unknown[] {
  const parts: unknown[] = [];
  for (const item of template) {
    const part = isReference(item) ? (constants.get(item.variable) ?? item) : item;
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else if (part !== '') parts.push(part);
  }
  return parts;
}
