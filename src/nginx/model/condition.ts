/** The condition of an `if` (src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_if_condition). */
import { type Problem, problemAt } from '../errors.ts';
import { type Regex, translatePcre } from '../pcre.ts';
import type { Directive } from '../tree.ts';

export type Condition =
  /** Holds unless the variable is empty or `0`. */
  | { readonly kind: 'variable'; readonly variable: string }
  | {
      readonly kind: 'equals';
      readonly variable: string;
      /** A template. */
      readonly value: string;
      readonly isNegated: boolean;
    }
  | {
      readonly kind: 'matches';
      readonly variable: string;
      readonly pattern: string;
      readonly regex: Regex;
      readonly isNegated: boolean;
    }
  | {
      readonly kind: 'file';
      /** A file, a folder, anything, or something executable. */
      readonly test: 'f' | 'd' | 'e' | 'x';
      /** A template. */
      readonly path: string;
      readonly isNegated: boolean;
    };

export function parseCondition(directive: Directive): Condition | Problem {
  const words = withoutParentheses(directive.args.map((arg) => arg.value));
  const [first, operator, operand, ...more] = words ?? [];
  if (first === undefined || more.length > 0) return refuse(directive, 'invalid condition');
  if (first.startsWith('$') && first.length > 1) {
    const variable = first.slice(1).toLowerCase();
    if (operator === undefined) return { kind: 'variable', variable };
    if (operand === undefined) return refuse(directive, `invalid condition "${operator}"`);
    return comparison(directive, variable, operator, operand);
  }
  const test = /^(!?)-([fdex])$/.exec(first);
  if (test === null || operator === undefined || operand !== undefined) {
    return refuse(directive, `invalid condition "${first}"`);
  }
  const [, bang, letter] = test as unknown as [string, string, 'f' | 'd' | 'e' | 'x'];
  return { kind: 'file', test: letter, path: operator, isNegated: bang === '!' };
}

function comparison(
  directive: Directive,
  variable: string,
  operator: string,
  operand: string,
): Condition | Problem {
  const isNegated = operator.startsWith('!');
  switch (operator) {
    case '=':
    case '!=':
      return { kind: 'equals', variable, value: operand, isNegated };
    case '~':
    case '~*':
    case '!~':
    case '!~*': {
      const regex = translatePcre(operand, operator.endsWith('*'));
      if (regex.ok) return { kind: 'matches', variable, pattern: operand, regex, isNegated };
      const message = `regex "${operand}": ${regex.reason} (at ${regex.offset})`;
      return problemAt('HW_NGINX_REGEX', directive, message);
    }
    default:
      return refuse(directive, `unexpected "${operator}" in condition`);
  }
}

/** The words between the parentheses, which may stand alone or touch the first and the last word. */
function withoutParentheses(words: readonly string[]): string[] | undefined {
  const [first, ...rest] = words;
  if (first === undefined || !first.startsWith('(')) return undefined;
  const inner = first === '(' ? rest : [first.slice(1), ...rest];
  const last = inner.pop();
  if (last === undefined || !last.endsWith(')')) return undefined;
  return last === ')' ? inner : [...inner, last.slice(0, -1)];
}

function refuse(directive: Directive, message: string): Problem {
  return problemAt('HW_NGINX_VALUE', directive, message, {
    remedy: 'write ($variable), ($variable = value), ($variable ~ regex) or (-f path)',
  });
}
