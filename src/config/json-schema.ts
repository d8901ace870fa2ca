/** hatchway.yaml as JSON Schema (draft 2020-12), for editors: what a person writes, not what it is read as. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** What zod's registry has of a key, and JSON Schema does not know. */
const ours = ['expects', 'defaultText', 'aka', 'template', 'secret'] as const;

type JsonSchema = Record<string, unknown>;

/** A new object each time; unknown keys are refused everywhere. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
  tidy(schema as JsonSchema);
  return { ...schema, title: 'hatchway.yaml', description: 'Configuration of Hatchway.' };
}

/** Says in JSON Schema's words what it can, and the rest in the description; the same below. */
function tidy(schema: JsonSchema): void {
  const { defaultText, expects, description } = schema;
  for (const name of ours) delete schema[name];
  // zod has the value that is read, and an editor wants the one that is written.
  delete schema.default;
  const sentences = typeof description === 'string' ? [description] : [];
  if (typeof expects === 'string') sentences.push(`Value: ${expects}.`);
  if (typeof defaultText === 'string') {
    sentences.push(`Default: ${defaultText}.`);
    const value = /^`([^`]*)`$/.exec(defaultText)?.[1];
    if (value !== undefined) schema.default = written(value);
  }
  if (sentences.length > 0) schema.description = sentences.join(' ');
  for (const inner of innerSchemas(schema)) tidy(inner);
}

function innerSchemas({
  $defs,
  properties,
  items,
  anyOf,
  additionalProperties,
}: JsonSchema): JsonSchema[] {
  const found = [items, additionalProperties];
  if (Array.isArray(anyOf)) found.push(...anyOf);
  if (typeof $defs === 'object') found.push(...Object.values($defs ?? {}));
  if (typeof properties === 'object') found.push(...Object.values(properties ?? {}));
  return found.filter((one): one is JsonSchema => typeof one === 'object' && one !== null);
}

/** `true`, `16384` and `[websocket]` are not texts. */
function written(value: string): unknown {
  if (/^(?:true|false|\d+)$/.test(value)) return JSON.parse(value);
  const list = /^\[(.*)\]$/.exec(value)?.[1];
  return list === undefined ? value : list.split(', ').filter((item) => item !== '');
}
