/**
 * The JSON Schema and the program agree on every golden file: what is good fits the schema, and what is bad in its shape
 * (a key that does not exist or is missing, a value of the wrong kind) does not.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { configJsonSchema } from './json-schema.ts';

type Schema = Record<string, unknown>;

const schema = configJsonSchema();
const golden = join(import.meta.dirname, 'golden');

function files(kind: string): string[] {
  return readdirSync(join(golden, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(golden, kind, name));
}

describe('a good file fits the schema', () => {
  for (const file of files('good')) {
    test(basename(file), () => {
      assert.deepEqual(faults(schema, parse(readFileSync(file, 'utf8')) ?? {}, ''), []);
    });
  }
});

describe('a file whose shape is wrong does not fit the schema', () => {
  const told = /unknown key `|` must be |` is missing$/m;
  const shapes = files('bad').filter((file) => {
    const problems = readFileSync(file.replace(/yaml$/, 'txt'), 'utf8');
    return told.test(problems) && !basename(file).startsWith('yaml-');
  });
  assert.ok(shapes.length >= 8, 'golden files with wrong shapes');
  for (const file of shapes) {
    test(basename(file), () => {
      assert.notDeepEqual(faults(schema, parse(readFileSync(file, 'utf8')), ''), []);
    });
  }
});

test('every mapping of known keys refuses others', () => {
  const open: string[] = [];
  const visit = (one: Schema, path: string): void => {
    if (one.properties !== undefined && one.additionalProperties !== false) open.push(path);
    for (const [name, inner] of inside(one)) visit(inner, `${path}/${name}`);
  };
  visit(schema, '');
  assert.deepEqual(open, []);
});

test('keys have descriptions and the defaults that a person would write', () => {
  const { properties } = schema as { properties: Record<string, Schema> };
  assert.match(String(properties.drain?.description), /^How long .* Default: `5s`\.$/);
  assert.equal(properties.drain?.default, '5s');
  assert.equal(properties.http2?.default, true);
  const site = (properties.sites?.items ?? {}) as { properties: Record<string, Schema> };
  assert.deepEqual(site.properties.upgrade?.default, ['websocket']);
});

function inside(one: Schema): [string, Schema][] {
  const found: [string, unknown][] = [
    ['items', one.items],
    ['additionalProperties', one.additionalProperties],
    ...Object.entries((one.$defs ?? {}) as object),
    ...Object.entries((one.anyOf ?? {}) as object),
    ...Object.entries((one.properties ?? {}) as object),
  ];
  return found.filter((entry): entry is [string, Schema] => typeof entry[1] === 'object');
}

/** What is checked below; anything else in the schema would pass unseen, so it is refused. */
const understood = new Set(
  (
    '$schema $defs $ref title description default type properties required additionalProperties propertyNames items minItems ' +
    'anyOf enum const minimum maximum exclusiveMinimum'
  ).split(' '),
);

/** `#/$defs/__schema0`; other references the schema has none of. */
function referredTo(reference: string): Schema {
  const name = /^#\/\$defs\/(\w+)$/.exec(reference)?.[1] ?? '';
  const found = (schema.$defs as Record<string, Schema>)[name];
  assert.ok(found, reference);
  return found;
}

/** The part of JSON Schema (draft 2020-12) that the schema uses, as places where a value does not fit. */
function faults(one: Schema, value: unknown, at: string): string[] {
  for (const word of Object.keys(one)) assert.ok(understood.has(word), `${word} at ${at}`);
  if (typeof one.$ref === 'string') return faults(referredTo(one.$ref), value, at);
  if (one.anyOf !== undefined) {
    const branches = (one.anyOf as Schema[]).map((branch) => faults(branch, value, at));
    return branches.some((branch) => branch.length === 0)
      ? []
      : [`${at}: ${JSON.stringify(value)}`];
  }
  const types = one.type === undefined ? [] : [one.type].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, String(type))))
    return [`${at}: type`];
  if (one.enum !== undefined && !(one.enum as unknown[]).includes(value)) return [`${at}: enum`];
  if ('const' in one && one.const !== value) return [`${at}: const`];
  if (typeof value === 'number') {
    const { minimum, maximum, exclusiveMinimum } = one as Record<string, number | undefined>;
    if (value < (minimum ?? value) || value > (maximum ?? value)) return [`${at}: range`];
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return [`${at}: range`];
  }
  if (Array.isArray(value)) {
    if (value.length < Number(one.minItems ?? 0)) return [`${at}: minItems`];
    const items = (one.items ?? {}) as Schema;
    return value.flatMap((item, index) => faults(items, item, `${at}/${index}`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return mappingFaults(one, value as Record<string, unknown>, at);
}

function mappingFaults(one: Schema, value: Record<string, unknown>, at: string): string[] {
  const properties = (one.properties ?? {}) as Record<string, Schema>;
  const found = ((one.required ?? []) as string[])
    .filter((name) => !(name in value))
    .map((name) => `${at}/${name}: required`);
  for (const [name, inner] of Object.entries(value)) {
    const known = properties[name] ?? one.additionalProperties;
    if (known === false) found.push(`${at}/${name}: unknown`);
    else if (typeof known === 'object')
      found.push(...faults(known as Schema, inner, `${at}/${name}`));
  }
  return found;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
