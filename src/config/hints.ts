/** What to do about a value of the wrong kind, where more can be said than which kind is right. */
import type { ConfigPath } from './problem.ts';
import { type Section, sectionAt } from './schema-tree.ts';

/**
 * One line; undefined when `expects` says it all.
 *
 * @param expects what can be written, as the schema has it
 */
export function hintFor(path: ConfigPath, expects: string, value: unknown): string | undefined {
  if (path.length === 0 && typeof value === 'string') {
    return 'begin with sites: [{ host: NAME, to: http://HOST:PORT }]; an nginx.conf is read with --nginx FILE';
  }
  const own = typeof value === 'number' ? numberHint(expects, value) : textHint(expects, value);
  if (own !== undefined) return own;
  const section = sectionAt(path);
  if (section === undefined) return undefined;
  if (isMapping(value)) {
    if (!/^a list\b/.test(expects)) return undefined;
    const [first] = Object.keys(value);
    const isOne = section.keys.some(({ name }) => name === first);
    return isOne ? `put a dash before its first key: - ${first}: …` : listHint(section);
  }
  // A list of mappings is written with a dash for each of them, and so are some lists of texts.
  if (/^a list\b/.test(expects)) return listHint(section);
  if (!expects.includes('mapping')) return undefined;
  const switchKey = section.keys.find(({ name }) => name === 'enabled');
  if (switchKey !== undefined && (value === false || value === 'off' || value === 'no')) {
    return 'write { enabled: false }';
  }
  return `keys of the mapping: ${section.keys.map(({ name }) => name).join(', ')}`;
}

function listHint({ keys }: Section): string {
  const { name } = keys.find(({ required }) => required) ?? keys[0] ?? { name: '' };
  return `begin each with a dash: - ${name}: …`;
}

function numberHint(expects: string, value: number): string | undefined {
  if (expects.includes('a duration'))
    return `write ${value}s if it is seconds; units are ms, s, m, h, d`;
  if (expects.includes('a size')) {
    const unit = value < 1024 ? 'MiB if it is mebibytes' : 'B if it is bytes';
    return `write ${value}${unit}; units are B, KiB, MiB, GiB`;
  }
  return /^(?:a|the) (?:text|name|path)\b/.test(expects)
    ? `put it in quotes: "${value}"`
    : undefined;
}

function textHint(expects: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (expects === '`true` or `false`') {
    if (/^(?:yes|on|y)$/i.test(value)) return 'write true';
    return /^(?:no|off|n)$/i.test(value) ? 'write false' : undefined;
  }
  const isNumber = expects.includes('number') || expects.includes('status');
  return isNumber && /^\d+(?:\.\d+)?$/.test(value) ? `write ${value} without quotes` : undefined;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
