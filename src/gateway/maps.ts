/**
 * Variables that depend on another value, as nginx's `map`: looked up when they are asked for, in the order in which hosts
 * are chosen, at the cost of a few map lookups however many entries there are.
 */
import type { HostPattern, MapEntryModel, MapModel } from '../config/model.ts';
import { isInNetwork, parseNetwork, peerAddress } from './client-address/networks.ts';
import { murmurHash2 } from './murmur-hash.ts';
import { Sites } from './sites.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';
import type { VariableSource } from './variables.ts';

/** Where captures of the regex that matched are found beside the variables of the request. */
export interface MapSource extends VariableSource {
  /** Sets `$1` to `$9` and the named ones. */
  matched(match: RegExpExecArray): void;
  /** Sets a variable from now on. */
  set(name: string, value: string): void;
}

/** A hash has 32 bits. */
const mostHash = 0xffff_ffff;

/** Of shares: hundredths of a percent in all. */
const allShares = 10_000;

type Entry = {
  readonly hosts: readonly HostPattern[];
  readonly value: CompiledTemplate;
};

const empty: CompiledTemplate = () => '';

/** The maps of a model, by the variable that each sets. */
export type Maps = ReadonlyMap<string, (source: MapSource) => string>;

export function compileMaps(models: readonly MapModel[]): Maps {
  return new Map(
    models.map((model) => {
      const lookUp = compileMap(model);
      return [model.variable, model.isOnce === true ? once(model.variable, lookUp) : lookUp];
    }),
  );
}

/** A variable that is set is not looked up again. */
function once(
  variable: string,
  lookUp: (source: MapSource) => string,
): (source: MapSource) => string {
  return (source) => {
    const value = lookUp(source);
    source.set(variable, value);
    return value;
  };
}

function compileMap(model: MapModel): (source: MapSource) => string {
  const fallback: Entry = {
    hosts: [],
    value: model.fallback === undefined ? empty : compileTemplate(model.fallback),
  };
  // Regexes see the value as it is; everything else is compared in lower case, and without the dot that ends a name.
  const names = new Sites<Entry>(
    model.entries.flatMap((entry) =>
      entry.kind === 'regex' || entry.kind === 'network' || entry.kind === 'share'
        ? []
        : [{ hosts: [patternOf(entry)], value: compileTemplate(entry.value) }],
    ),
    fallback,
  );
  const regexes = model.entries.flatMap((entry) =>
    entry.kind === 'regex' ? [{ regex: entry.regex, value: compileTemplate(entry.value) }] : [],
  );
  const networks = networksIn(model.entries);
  const hasWildcards = model.entries.some(
    ({ kind }) => kind === 'leading-wildcard' || kind === 'trailing-wildcard',
  );
  const sourceOf = compileTemplate(model.source);
  const shares = sharesIn(model.entries);
  if (shares.length > 0) {
    return (source) => {
      const hash = murmurHash2(sourceOf(source));
      return (shares.find(({ end }) => hash < end) ?? fallback).value(source);
    };
  }
  return (source) => {
    const text = sourceOf(source);
    const peer = networks.length === 0 ? undefined : peerAddress(text);
    const known = peer && networks.find(({ network }) => isInNetwork(peer, network));
    if (known !== undefined) return known.value(source);
    const lower = text.toLowerCase();
    const named = names.find(lower);
    if (named !== fallback) return named.value(source);
    if (hasWildcards && lower.endsWith('.')) {
      const withoutDot = names.find(lower.slice(0, -1));
      if (withoutDot !== fallback) return withoutDot.value(source);
    }
    // An empty value is not even shown to regexes (ngx_http_map_find).
    if (text === '') return fallback.value(source);
    for (const { regex, value } of regexes) {
      const match = regex.exec(text);
      if (match === null) continue;
      source.matched(match);
      return value(source);
    }
    return fallback.value(source);
  };
}

/** The smallest ones first; of two that are the same the last one counts, as in nginx. */
function networksIn(entries: readonly MapEntryModel[]) {
  return entries
    .flatMap((entry) => {
      if (entry.kind !== 'network') return [];
      const [address = '', prefix] = entry.network.split('/');
      // IPv4 as it is written in IPv6, so that both can be compared.
      const length = prefix === undefined ? 128 : Number(prefix) + (address.includes(':') ? 0 : 96);
      return [
        { network: parseNetwork(entry.network), length, value: compileTemplate(entry.value) },
      ];
    })
    .reverse()
    .sort((one, other) => other.length - one.length);
}

/** nginx rounds the end of each share down by itself, and so they are added up. */
function sharesIn(entries: readonly MapEntryModel[]) {
  let begin = 0;
  let end = 0;
  return entries.flatMap((entry) => {
    if (entry.kind !== 'share') return [];
    end += Math.floor(((entry.below - begin) * mostHash) / allShares);
    begin = entry.below;
    return [{ end, value: compileTemplate(entry.value) }];
  });
}

function patternOf(
  entry: Exclude<MapEntryModel, { readonly kind: 'regex' | 'network' | 'share' }>,
): HostPattern {
  switch (entry.kind) {
    case 'exact':
      return { kind: 'exact', host: entry.key };
    case 'leading-wildcard':
    case 'trailing-wildcard':
      return entry;
  }
}
