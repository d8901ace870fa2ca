/** What a person may have meant by a key that does not exist. */
import { nearest, plainForm } from '../base/nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { allSections, type Key, rootSection, type Section, sectionAt } from './schema-tree.ts';

/** Keys that fit into a hint beside a suggestion. */
const few = 12;

/** Places that are told of a key that belongs elsewhere. */
const mostPlaces = 3;

/** The finding for key `name` in the mapping at `path`. */
export function unknownKey(path: ConfigPath, name: string): Finding {
  const section = sectionAt(path) ?? rootSection;
  const here = keyLike(section, name);
  // Where a list may stand, the keys of its items are known, too.
  if (here?.name === name) return keyOfItem(path, name);
  const isPath = here === undefined && name.startsWith('/') && hasKey(section, 'path');
  const isField = here === undefined && /^\w+-[\w-]+$/.test(name) && hasKey(section, 'remove');
  const meant = isPath ? [`path: ${name}`] : isField ? [`set: { ${name}: … }`] : undefined;
  const suggested = here === undefined ? (meant ?? pathsElsewhere(section, name)) : [here.name];
  const words = alternatives(suggested.map((one) => `\`${one}\``));
  const place = section.path === '' ? 'the top of the file' : `\`${section.path}\``;
  return {
    path: [...path, name],
    at: 'key',
    message: `unknown key \`${name}\`${words === '' ? '' : `; did you mean ${words}?`}`,
    // All of them are many: only who has no better idea looks through them.
    ...(words === '' || (here === undefined && meant === undefined && section.keys.length <= few)
      ? { hint: `keys of ${place}: ${section.keys.map((key) => key.name).join(', ')}` }
      : {}),
    ...(here === undefined ? {} : { meant: [...path, here.name] }),
  };
}

function keyOfItem(path: ConfigPath, name: string): Finding {
  return {
    path: [...path, name],
    at: 'key',
    message: `\`${name}\` is for an item of a list here`,
    hint: `write [{ ${name}: … }]`,
    meant: path,
  };
}

/** `a`, `a or b`, `a, b or c`. */
function alternatives(words: readonly string[]): string {
  const [last = '', ...others] = words.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`;
}

/**
 * The key of this section that is the same word, or another program's word for it, or the closest word. A word that is a
 * key elsewhere is not compared: it is misplaced more likely than misspelt.
 */
function keyLike(section: Section, name: string): Key | undefined {
  const exact = section.keys.find((key) => isSameWord(key.name, name) || isAka(key, name));
  if (exact !== undefined || isKeyElsewhere(name)) return exact;
  const closest = nearest(
    name,
    section.keys.map((key) => key.name),
  );
  return section.keys.find((key) => key.name === closest);
}

/** `sites[].cert`: where the word is a key, or else where it is another program's word for one; what is near comes first. */
function pathsElsewhere(section: Section, name: string): string[] {
  const matches = isKeyElsewhere(name)
    ? (key: Key) => isSameWord(key.name, name)
    : (key: Key) => isAka(key, name);
  const found = allSections()
    .filter((other) => other !== section)
    .flatMap((other) => other.keys.filter(matches).map((key) => pathOf(other, key)));
  const isNear = (path: string) => path.startsWith(section.path);
  const depth = (path: string) => path.split('.').length;
  return found
    .toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)) || depth(a) - depth(b))
    .slice(0, mostPlaces);
}

function hasKey({ keys }: Section, name: string): boolean {
  return keys.some((key) => key.name === name);
}

function isKeyElsewhere(name: string): boolean {
  return allSections().some((section) => section.keys.some((key) => isSameWord(key.name, name)));
}

function isSameWord(a: string, b: string): boolean {
  return plainForm(a) === plainForm(b);
}

function isAka(key: Key, name: string): boolean {
  return key.aka?.some((other) => isSameWord(other, name)) ?? false;
}

function pathOf(section: Section, key: Key): string {
  return section.path === '' ? key.name : `${section.path}.${key.name}`;
}
