/** Content types by extension: `types` and the file of them that every nginx comes with. */
import { effective } from '../../nginx/effective.ts';
import type { Level } from '../../nginx/level.ts';
import { directivesIn } from '../../nginx/tree.ts';

export type Types = Readonly<Record<string, string>>;

/** nginx's own, where no `types` block is in force. */
const usualTypes: Types = { html: 'text/html', gif: 'image/gif', jpg: 'image/jpeg' };

/** Most levels share those of `http`, which are some hundred. */
const known = new WeakMap<Level, Types>();

/** Those in force in a level; the same object for all that share them. */
export function typesOf(level: Level): Types {
  const { settings, level: holder } = effective(level, 'types');
  if (holder === undefined) return usualTypes;
  const before = known.get(holder);
  if (before !== undefined) return before;
  const types: Record<string, string> = {};
  for (const { directive } of settings) {
    for (const { name, args } of directivesIn(directive)) {
      for (const { value } of args) types[value.toLowerCase()] = name;
    }
  }
  known.set(holder, types);
  return types;
}
