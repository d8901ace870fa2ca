/** The reference of hatchway.yaml as Markdown: what the schema says, in the order of the chapters. */
import { type Chapter, chapters } from './reference-chapters.ts';
import { type Key, rootSection, type Section, sectionAt } from './schema-tree.ts';

/** One heading a chapter with an example and a table, below it one for each mapping that its keys have. */
export function configurationReference(): string {
  const printed = new Set<Section>([rootSection, siteSection()]);
  return chapters.map((chapter) => chapterText(chapter, printed)).join('\n');
}

function chapterText(chapter: Chapter, printed: Set<Section>): string {
  const keys = keysOf(chapter);
  const sections = keys.flatMap(({ section }) => (section ? sectionsBelow(section, printed) : []));
  return [
    `## ${chapter.title}`,
    '',
    chapter.intro,
    '',
    '```yaml',
    chapter.example.trimEnd(),
    '```',
    '',
    ...table(keys),
    ...sections.flatMap(sectionLines),
  ].join('\n');
}

/** Of a chapter, in its order. Throws for one that the schema does not have. */
export function keysOf({ of, keys }: Chapter): Key[] {
  const section = of === 'file' ? rootSection : siteSection();
  return keys.map((name) => {
    const key = section.keys.find((one) => one.name === name);
    if (key === undefined) throw new Error(`the schema has no key ${name}`);
    return key;
  });
}

function siteSection(): Section {
  return sectionAt(['sites', 0]) as Section;
}

/** A mapping and those below it that are not printed yet; what a route has as its site has it is printed there. */
function sectionsBelow(section: Section, printed: Set<Section>): Section[] {
  if (printed.has(section)) return [];
  printed.add(section);
  const inner = section.keys.flatMap((key) =>
    key.section === undefined || isOfSite(section, key) ? [] : sectionsBelow(key.section, printed),
  );
  return [section, ...inner];
}

function sectionLines(section: Section): string[] {
  const same = section.keys.filter((key) => isOfSite(section, key) && key.name !== 'to');
  const own = section.keys.filter((key) => !same.includes(key));
  const lines = [`### \`${section.path}\``, '', ...table(own)];
  if (same.length === 0) return lines;
  const names = same.map(({ name }) => `\`${name}\``).join(', ');
  return [
    ...lines,
    `A route may also have these keys of a site, which the chapters below explain: ${names}. What it does not have it takes from its site; of \`headers\`, \`keepAlive\`, \`limits\`, \`sent\`, \`timeouts\`, \`tunnel\`, \`upstreamCookies\` and \`upstreamTls\` it takes the keys that it does not have itself. A route with one of \`to\`, \`redirect\`, \`answer\` and \`files\` takes none of the others.`,
    '',
  ];
}

/** Both have rules and routes of their own. */
const neverInherited: ReadonlySet<string> = new Set(['rules', 'routes']);

function isOfSite(section: Section, { name, section: below }: Key): boolean {
  if (section !== sectionAt(['sites', 0, 'routes', 0]) || neverInherited.has(name)) return false;
  return siteSection().keys.some((key) => key.name === name && key.section === below);
}

function table(keys: readonly Key[]): string[] {
  return [
    '| key | value | default | what it does |',
    '| --- | --- | --- | --- |',
    ...keys.map((key) => `| ${rowOf(key).join(' | ')} |`),
    '',
  ];
}

function rowOf(key: Key): string[] {
  return [`\`${key.name}\``, valuesOf(key), defaultOf(key), key.description].map((cell) =>
    cell.replaceAll('|', '\\|'),
  );
}

function valuesOf(key: Key): string {
  const { section, isList, expects } = key;
  if (section === undefined) return expects ?? '';
  const link = section === siteSection() ? '[sites](#sites-and-routes)' : linkTo(section);
  if (expects !== undefined) return `${expects}: ${link}`;
  return isList ? `list of ${link}` : link;
}

function linkTo({ path }: Section): string {
  return `[\`${path}\`](#${anchorOf(path)})`;
}

function defaultOf(key: Key): string {
  if (key.required) return '**needed**';
  return key.defaultText ?? '';
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9 _-]/g, '');
}
