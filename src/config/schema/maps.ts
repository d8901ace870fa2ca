/** Variables that are looked up: their value depends on another value. */
import { z } from 'zod';
import type { MapModel } from '../model.ts';
import { template } from '../values/answer-kinds.ts';
import { attempt, type KindMeta, mapping, oneOf } from '../values/kinds.ts';
import { mapEntries, mapEntryModels, mapKeys, mapValue } from '../values/rule-kinds.ts';
import { key } from './key.ts';

const mapSchema = mapping({
  of: key(template(), {
    description: 'What is looked up: `$host`, `$http_user_agent`.',
    template: true,
    aka: ['source', 'from', 'key'],
  }),
  values: key(mapEntries(), {
    description:
      'What is given for it, without regard to case: a text, or `~ regex` and `~* regex`, whose captures the value may have. A text wins; then the first regular expression that matches.',
    template: true,
    aka: ['to', 'entries', 'mappings'],
  }),
  default: key(mapValue().optional(), {
    description: 'What is given for everything else.',
    defaultText: 'nothing',
    template: true,
    aka: ['fallback', 'defaults'],
  }),
  keys: key(oneOf(mapKeys).optional(), {
    description:
      'What the keys of `values` are: `texts`; `hosts`, of which `*.name`, `name.*` and `.name` stand for several, as in `host`; `networks`, of which the smallest counts that has the address.',
    defaultText: '`texts`',
    aka: ['hostnames', 'geo', 'hosts', 'ranges'],
  }),
});

export type MapConfig = Omit<MapModel, 'variable'>;

/** What keys are depends on `keys`, so that they are read last. */
function map() {
  return mapSchema.transform(
    ({ of, values, default: fallback, keys = 'texts' }, context): MapConfig => ({
      source: of,
      entries: values.flatMap((entry) =>
        attempt(() => mapEntryModels(entry, keys), context, ['values', entry.key], 'key'),
      ),
      ...(fallback === undefined ? {} : { fallback }),
    }),
  );
}

export function maps() {
  const expects = 'a mapping of variables to where their values come from';
  return z.record(z.string(), map(), { error: () => expects }).meta({ expects } satisfies KindMeta);
}
