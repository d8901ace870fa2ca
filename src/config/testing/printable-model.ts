/** A model as JSON can hold it, for golden files: they are compared with what is written there. */
import type { GatewayModel } from '../model.ts';

/**
 * A regular expression is its text, and a site that has been printed before is its name.
 *
 * @param folder the folder of the configuration, which is FOLDER in the result
 */
export function printableModel(model: GatewayModel, folder: string): unknown {
  const printed = new Set<unknown>();
  const text = JSON.stringify(model, (_, value) => {
    if (value instanceof RegExp) return String(value);
    if (value === Number.POSITIVE_INFINITY) return 'Infinity';
    const isSite =
      typeof value === 'object' && value !== null && 'accessLog' in value && 'hosts' in value;
    if (!isSite) return value;
    if (printed.has(value)) return value.name;
    printed.add(value);
    return value;
  });
  return JSON.parse(text.replaceAll(folder, 'FOLDER'));
}
