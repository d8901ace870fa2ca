/** Values that are computed a request, with nginx's variables. Whether a variable exists is looked at in `template-checks.ts`. */
import { parseTemplate, type TemplatePart } from '../../nginx/template.ts';
import { configError } from '../errors.ts';
import type { Template, VariableReference } from '../rule-model.ts';

/**
 * Stands for a dollar sign that is not the beginning of a variable: one from the environment or from a file. It is of
 * Unicode's private use, so that nobody writes it, and gone once the template is read.
 */
export const literalDollar = '\u{F0024}';

/** `$name`, `${name}` and `$1` to `$9` are variables. Throws `HW_CONFIG_INVALID`. */
export function parseTemplateText(text: string): Template {
  const control = /[\0-\x08\x0a-\x1f\x7f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    throw configError('HW_CONFIG_INVALID', `the text has a control character in it (0x${code})`, {
      remedy: 'write it on one line; if it comes from a file, the file has one line',
    });
  }
  return parseLongText(text);
}

/** The same for a text that may have several lines. Throws `HW_CONFIG_INVALID`. */
export function parseLongText(text: string): Template {
  const parsed = parseTemplate(text);
  if (!parsed.ok) {
    throw configError('HW_CONFIG_INVALID', `\`${text}\` cannot be read: ${parsed.reason}`, {
      remedy: `a variable is written $name or \${name}`,
    });
  }
  return parsed.parts.map(modelPart);
}

function modelPart(part: TemplatePart): string | VariableReference {
  switch (part.kind) {
    case 'text':
      return part.text.replaceAll(literalDollar, '$');
    case 'variable':
      return { variable: part.name };
    case 'capture':
      return { variable: String(part.number) };
  }
}
