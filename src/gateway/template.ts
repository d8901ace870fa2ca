/**
 * Templates made ready: a function from where variables are found to the text, one character a byte. One without variables
 * costs nothing; most are one variable, or text around one.
 */
import type { Template, VariableReference } from '../config/rule-model.ts';
import { escapeComponent, utf8Bytes } from './request-uri.ts';
import type { VariableSource } from './variables.ts';

export type CompiledTemplate = (source: VariableSource) => string;

export function compileTemplate(template: Template): CompiledTemplate {
  const parts = template.map((part) => (typeof part === 'string' ? utf8Bytes(part) : part));
  const [first = '', ...more] = parts;
  if (more.length === 0) {
    if (typeof first === 'string') return () => first;
    if (first.escaped === true) return (source) => valueIn(first, source);
    const { variable } = first;
    return (source) => source.variable(variable) ?? '';
  }
  return (source) => {
    let text = '';
    for (const part of parts) {
      text += typeof part === 'string' ? part : valueIn(part, source);
    }
    return text;
  };
}

function valueIn({ variable, escaped }: VariableReference, source: VariableSource): string {
  const value = source.variable(variable) ?? '';
  return escaped === true ? escapeComponent(value) : value;
}

/** The text of a template that has no variables; undefined for another one. */
export function constantOf(template: Template): string | undefined {
  return template.every((part) => typeof part === 'string')
    ? utf8Bytes(template.join(''))
    : undefined;
}
