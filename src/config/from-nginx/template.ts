/** nginx's values with variables as the model's templates. */

import { parseTemplate } from '../../nginx/template.ts';
import type { Template } from '../rule-model.ts';

/** A broken one, which nginx refuses and `src/nginx` has reported, stands as it is. */
export function templateOf(text: string): Template {
  if (text === '') return [];
  const template = parseTemplate(text);
  if (!template.ok) return [text];
  return template.parts.map((part) => {
    if (part.kind === 'text') return part.text;
    return { variable: part.kind === 'variable' ? part.name : String(part.number) };
  });
}
