/**
 * The schema as a tree of keys: what the reference page prints and where the nearest valid key is looked for. The only
 * file that looks inside zod's schemas.
 */
import { z } from 'zod';
import type { ConfigPath } from './problem.ts';
import type { KeyMeta } from './schema/key.ts';
import { configSchema } from './schema.ts';
import type { KindMeta } from './values/kinds.ts';

/** A mapping of the file. */
export type Section = {
  /** `sites[].timeouts`; '' is the file itself. */
  readonly path: string;
  readonly keys: readonly Key[];
};

export type Key = KeyMeta & {
  readonly name: string;
  /** Continues "Value: …"; undefined where only a mapping or a list of mappings can be written. */
  readonly expects?: string;
  readonly required: boolean;
  readonly isList: boolean;
  /** Whether what is below it has a name of its own first: `maps.NAME.of`. */
  readonly isNamed: boolean;
  /** What is below it; the same object for mappings that are written alike in several places. */
  readonly section?: Section;
};

/** What has neither a mapping nor a list of them below it. */
const nothing: Inside = { isList: false, isNamed: false };

/** Sections by the schema they were made of, so that shared schemas give shared sections. */
const known = new Map<z.ZodObject, Section>();

/** The file itself. */
export const rootSection: Section = sectionOf(configSchema, '');

/** Every section once, in the order of the schema. */
export function allSections(section: Section = rootSection, seen = new Set<Section>()): Section[] {
  if (seen.has(section)) return [];
  seen.add(section);
  return [
    section,
    ...section.keys.flatMap((key) => (key.section ? allSections(key.section, seen) : [])),
  ];
}

/** The section at a path with names and indices; undefined where none is. */
export function sectionAt(path: ConfigPath): Section | undefined {
  let section: Section | undefined = rootSection;
  let isName = false;
  for (const step of path) {
    if (typeof step !== 'string') continue;
    if (isName) {
      isName = false;
      continue;
    }
    const key: Key | undefined = section?.keys.find(({ name }) => name === step);
    section = key?.section;
    isName = key?.isNamed ?? false;
  }
  return section;
}

/** What a text at a path may have in it, as its key or one around it says. */
export function marksAt(path: ConfigPath): {
  readonly template: boolean;
  readonly secret: boolean;
} {
  let section: Section | undefined = rootSection;
  const marks = { template: false, secret: false };
  let isName = false;
  for (const step of path) {
    if (typeof step !== 'string') continue;
    if (isName) {
      isName = false;
      continue;
    }
    const key: Key | undefined = section?.keys.find(({ name }) => name === step);
    marks.template ||= key?.template ?? false;
    marks.secret ||= key?.secret ?? false;
    isName = key?.isNamed ?? false;
    section = key?.section;
  }
  return marks;
}

function sectionOf(schema: z.ZodObject, path: string): Section {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const keys: Key[] = [];
  const section = { path, keys };
  // Before its keys are there: a mapping may be inside itself.
  known.set(schema, section);
  for (const [name, value] of Object.entries(schema.shape)) keys.push(keyOf(name, value, path));
  return section;
}

function keyOf(name: string, schema: z.core.$ZodType, parentPath: string): Key {
  const meta = z.globalRegistry.get(schema) as KeyMeta | undefined;
  if (meta === undefined) throw new Error(`schema key ${name} has no description`);
  const inside = unwrap(schema);
  if (inside.expects === undefined && inside.object === undefined) {
    throw new Error(`schema key ${name} does not say which values it takes`);
  }
  const below = `${inside.isList ? '[]' : ''}${inside.isNamed ? '.NAME' : ''}`;
  const path = `${parentPath === '' ? '' : `${parentPath}.`}${name}${below}`;
  return {
    ...meta,
    name,
    required: !z.safeParse(schema, undefined).success,
    isList: inside.isList,
    isNamed: inside.isNamed,
    ...(inside.expects === undefined ? {} : { expects: inside.expects }),
    ...(inside.object === undefined ? {} : { section: sectionOf(inside.object, path) }),
  };
}

type Inside = {
  readonly expects?: string;
  readonly object?: z.ZodObject;
  readonly isList: boolean;
  readonly isNamed: boolean;
};

function unwrap(schema: z.core.$ZodType): Inside {
  const inside = unwrapKind(schema);
  const expects = (z.globalRegistry.get(schema) as Partial<KindMeta> | undefined)?.expects;
  return expects === undefined ? inside : { ...inside, expects };
}

function unwrapKind(schema: z.core.$ZodType): Inside {
  if (schema instanceof z.ZodObject) return { object: schema, isList: false, isNamed: false };
  if (schema instanceof z.ZodArray) return { ...unwrap(schema.element), isList: true };
  if (schema instanceof z.ZodRecord) {
    const { object } = unwrap(schema.valueType);
    return object === undefined ? nothing : { object, isList: false, isNamed: true };
  }
  if (schema instanceof z.ZodLazy) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrap(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) {
    // Of the ways to write one value, the one with the most to say.
    const options = schema.options.map(unwrap);
    const { expects: _, ...inside } = options.find(({ object }) => object !== undefined) ?? nothing;
    return inside;
  }
  return nothing;
}
