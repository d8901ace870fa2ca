/** Name servers as `resolver`. */
import type { z } from 'zod';
import { present } from '../../compile/present.ts';
import type { configSchema } from '../../schema.ts';
import type { ResolverModel } from '../../upstream-model.ts';
import { durationText } from './yaml-text.ts';

type ConfigInput = z.input<typeof configSchema>;

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function resolverInput(resolver: ResolverModel | undefined): ConfigInput['resolver'] {
  if (resolver === undefined) return undefined;
  const { servers, validMs, timeoutMs = 30_000, only } = resolver;
  const options = present({
    only,
    valid: validMs === undefined ? undefined : durationText(validMs),
    timeout: timeoutMs === 30_000 ? undefined : durationText(timeoutMs),
  });
  const list = servers.length === 1 ? (servers[0] as string) : [...servers];
  return Object.keys(options).length === 0 ? list : { servers: list, ...options };
}
