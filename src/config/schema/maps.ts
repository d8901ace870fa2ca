/** Variables that are looked up: their value depends on another value. */
import { z } from 'zod';
import { template } from '../values/answer-kinds.ts';
import { flag, type KindMeta, mapping } from '../values/kinds.ts';
import { mapEntries } from '../values/rule-kinds.ts';
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
  default: key(template().optional(), {
    description: 'What is given for everything else.',
    defaultText: 'nothing',
    template: true,
    aka: ['fallback', 'defaults'],
  }),
  hosts: key(flag().optional(), {
    description: 'Whether `*.name`, `name.*` and `.name` stand for host names, as in `host`.',
    defaultText: '`false`',
    aka: ['hostnames'],
  }),
});

export type MapConfig = z.output<typeof mapSchema>;

export function maps() {
  const expects = 'a mapping of variables to where their values come from';
  return z
    .record(z.string(), mapSchema, { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
