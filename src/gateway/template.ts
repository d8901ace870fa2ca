/**
 * Templates made ready: a function from where variables are found to the text. One without variables costs nothing; most are
 * one variable, or text around one.
 */
import type { Template } from '../config/rule-model.ts';
import type { VariableSource } from './variables.ts';

export type CompiledTemplate = (source: VariableSource) => string;

export function compileTemplate(template: Template): CompiledTemplate {
  const [first = '', ...more] = template;
  if (more.length === 0) {
    if (typeof first === 'string') return () => first;
    const { variable } = first;
    return (source) => source.variable(variable) ?? '';
  }
  return (source) => {
    let text = '';
    for (const part of template) {
      text += typeof part === 'string' ? part : (source.variable(part.variable) ?? '');
    }
    return text;
  };
}

/** The text of a template that has no variables; undefined for another one. */
export function constantOf(template: Template): string | undefined {
  const isText = template.every((part) => typeof part === 'string');
  return isText ? template.join('') : undefined;
}
