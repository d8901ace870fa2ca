/** Paths of files in which there may be variables. */
import { resolve } from 'node:path';
import type { Template } from '../rule-model.ts';

/** One that begins with a variable is whatever that is. */
export function absolutePath(path: Template, baseFolder: string): Template {
  const [first, ...rest] = path;
  return typeof first === 'string' ? [absoluteText(first, baseFolder), ...rest] : path;
}

/** With the slash at its end: what is behind it may come out of a variable. */
function absoluteText(text: string, baseFolder: string): string {
  const path = resolve(baseFolder, text);
  return text.endsWith('/') && path !== '/' ? `${path}/` : path;
}
