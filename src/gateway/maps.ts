/**
 * Variables that depend on another value, as nginx's `map`: looked up when they are asked for, in the order in which hosts
 * are chosen, at the cost of a few map lookups however many entries there are.
 */
import type { HostPattern, MapModel } from '../config/model.ts';
import { Sites } from './sites.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';
import type { VariableSource } from './variables.ts';

/** Where captures of the regex that matched are found beside the variables of the request. */
export interface MapSource extends VariableSource {
  /** Sets `$1` to `$9` and the named ones. */
  matched(match: RegExpExecArray): void;
}

type Entry = {
  readonly hosts: readonly HostPattern[];
  readonly value: CompiledTemplate;
};

const empty: CompiledTemplate = () => '';

/** The maps of a model, by the variable that each sets. */
export type Maps = ReadonlyMap<string, (source: MapSource) => string>;

export function compileMaps(models: readonly MapModel[]): Maps {
  return new Map(models.map((model) => [model.variable, compileMap(model)]));
}

function compileMap(model: MapModel): (source: MapSource) => string {
  const fallback: Entry = {
    hosts: [],
    value: model.fallback === undefined ? empty : compileTemplate(model.fallback),
  };
  // Regexes see the value as it is; everything else is compared in lower case, and without the dot that ends a name.
  const names = new Sites<Entry>(
    model.entries.flatMap((entry) =>
      entry.kind === 'regex'
        ? []
        : [{ hosts: [patternOf(entry)], value: compileTemplate(entry.value) }],
    ),
    fallback,
  );
  const regexes = model.entries.flatMap((entry) =>
    entry.kind === 'regex' ? [{ regex: entry.regex, value: compileTemplate(entry.value) }] : [],
  );
  const hasWildcards = model.entries.some(
    ({ kind }) => kind === 'leading-wildcard' || kind === 'trailing-wildcard',
  );
  const sourceOf = compileTemplate(model.source);
  return (source) => {
    const text = sourceOf(source);
    const lower = text.toLowerCase();
    const named = names.find(lower);
    if (named !== fallback) return named.value(source);
    if (hasWildcards && lower.endsWith('.')) {
      const withoutDot = names.find(lower.slice(0, -1));
      if (withoutDot !== fallback) return withoutDot.value(source);
    }
    for (const { regex, value } of regexes) {
      const match = regex.exec(text);
      if (match === null) continue;
      source.matched(match);
      return value(source);
    }
    return fallback.value(source);
  };
}

function patternOf(
  entry: Exclude<MapModel['entries'][number], { readonly kind: 'regex' }>,
): HostPattern {
  switch (entry.kind) {
    case 'exact':
      return { kind: 'exact', host: entry.key };
    case 'leading-wildcard':
    case 'trailing-wildcard':
      return entry;
  }
}
