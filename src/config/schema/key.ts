/** What a key of hatchway.yaml tells beside the values it takes. */
import type { z } from 'zod';

/** Lives in zod's global registry, on the outermost schema of the key. */
export type KeyMeta = {
  /** For the reference page: what it does, in sentences. */
  readonly description: string;
  /** For the reference page: what holds when the key is left out. A value alone is in backquotes. */
  readonly defaultText?: string;
  /** What other programs call it; only used to find the key that a person may have meant. */
  readonly aka?: readonly string[];
  /** Whether its texts, and those below it, may have nginx's variables in them. Default false. */
  readonly template?: boolean;
  /** Whether a text may be `file:/path`, which stands for what is in that file. Default false. */
  readonly secret?: boolean;
};

export function key<Schema extends z.ZodType>(schema: Schema, meta: KeyMeta): Schema {
  return schema.meta(meta);
}
