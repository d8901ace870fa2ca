/** Variables that are looked up: their value depends on another value. */
import { z } from 'zod';
import { configError } from '../errors.ts';
import type { MapEntryModel, MapModel } from '../model.ts';
import { template } from '../values/answer-kinds.ts';
import { attempt, flag, type KindMeta, mapping, oneOf } from '../values/kinds.ts';
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
      'What the keys of `values` are: `texts`; `hosts`, of which `*.name`, `name.*` and `.name` stand for several, as in `host`; `networks`, of which the smallest counts that has the address; `shares` of all values, told by a hash: each ends at its percentage and begins where the one before ends, so that `25%` and `50%` are a quarter each, and `default` has the rest.',
    defaultText: '`texts`',
    aka: ['hostnames', 'geo', 'hosts', 'ranges', 'split_clients'],
  }),
  volatile: key(flag().optional(), {
    description:
      'Whether it is looked up again each time it is used. Else what it was at first stays for all of the request, though a rule changes `of` meanwhile.',
    defaultText: '`false`',
    aka: ['cache', 'once'],
  }),
});

export type MapConfig = Omit<MapModel, 'variable'>;

/** What keys are depends on `keys`, so that they are read last. */
function map() {
  return mapSchema.transform(
    ({ of, values, default: fallback, keys = 'texts', volatile = false }, context): MapConfig => {
      let share = 0;
      const entriesOf = (entry: (typeof values)[number]): MapEntryModel[] => {
        const models = mapEntryModels(entry, keys);
        const [first] = models;
        if (first?.kind === 'share') share = laterShare(first.below, share);
        return models;
      };
      return {
        source: of,
        entries: values.flatMap((entry) =>
          attempt(() => entriesOf(entry), context, ['values', entry.key], 'key'),
        ),
        ...(fallback === undefined ? {} : { fallback }),
        ...(volatile ? {} : { isOnce: true }),
      };
    },
  );
}

/** The end of a share, which is behind that of the one before. Throws `HW_CONFIG_INVALID`. */
function laterShare(end: number, before: number): number {
  if (end > before) return end;
  throw configError('HW_CONFIG_INVALID', `a share that ends at ${end / 100}% is empty`, {
    remedy: `it begins at ${before / 100}%, where the one before ends; write both ends in rising order`,
  });
}

export function maps() {
  const expects = 'a mapping of variables to where their values come from';
  return z.record(z.string(), map(), { error: () => expects }).meta({ expects } satisfies KindMeta);
}
