/** The reference of hatchway.yaml as Markdown, from the schema alone. */
import { allSections, type Key, type Section } from './schema-tree.ts';

/** One heading and one table a section, in the order of the schema. */
export function configurationReference(): string {
  return allSections().map(sectionText).join('\n');
}

function sectionText(section: Section): string {
  const title = section.path === '' ? 'Top of the file' : `\`${section.path}\``;
  const rows = section.keys.map((key) => `| ${rowOf(key).join(' | ')} |`);
  return [
    `## ${title}`,
    '',
    '| key | value | default | what it does |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function rowOf(key: Key): string[] {
  return [`\`${key.name}\``, valuesOf(key), defaultOf(key), key.description].map((cell) =>
    cell.replaceAll('|', '\\|'),
  );
}

function valuesOf(key: Key): string {
  const { section, isList, expects } = key;
  if (section === undefined) return expects ?? '';
  const link = `[\`${section.path}\`](#${anchorOf(section.path)})`;
  if (expects !== undefined) return `${expects}: ${link}`;
  return isList ? `list of ${link}` : link;
}

function defaultOf(key: Key): string {
  if (key.required) return '**needed**';
  return key.defaultText ?? '';
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9 _-]/g, '');
}
