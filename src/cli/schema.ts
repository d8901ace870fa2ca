/** `hatchway schema`: hatchway.yaml as JSON Schema on standard output, for editors. */
import { configJsonSchema } from '../config/json-schema.ts';
import type { ExitCode } from './print.ts';

export function schema(): ExitCode {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return 0;
}
