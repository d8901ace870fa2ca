/** `return` and `rewrite`: answers and changes of the path (src/http/modules/ngx_http_rewrite_module.c). */
import { type Problem, problemAt } from '../errors.ts';
import type { Setting } from '../level.ts';
import { type Regex, translatePcre } from '../pcre.ts';
import { placeOfWord, type Word } from '../tree.ts';
import { parseNumber } from '../units.ts';

export type Return = {
  readonly setting: Setting;
  readonly status: number;
  /** A template: where to go for 301, 302, 303, 307, 308, else the body. Undefined when there is none. */
  readonly text: string | undefined;
};

/** nginx's largest status. */
const highestStatus = 999;

export function parseReturn(setting: Setting): Return | Problem {
  const [first, second] = setting.directive.args as readonly [Word, Word?];
  const status = parseNumber(first.value);
  if (status === undefined) {
    // A URL alone is a redirect.
    if (second === undefined && /^(?:https?:\/\/|\$scheme)/i.test(first.value)) {
      return { setting, status: 302, text: first.value };
    }
    const place = placeOfWord(setting.directive, first);
    return problemAt('HW_NGINX_VALUE', place, `invalid return code "${first.value}"`);
  }
  if (status > highestStatus) {
    const place = placeOfWord(setting.directive, first);
    return problemAt('HW_NGINX_VALUE', place, `invalid return code "${first.value}"`);
  }
  return { setting, status, text: second?.value };
}

export type Rewrite = {
  readonly setting: Setting;
  readonly pattern: string;
  readonly regex: Regex;
  /** A template. */
  readonly replacement: string;
  /** `redirect` and `permanent` answer the request; so does, without a flag, a replacement that begins with a scheme. */
  readonly flag: 'none' | 'last' | 'break' | 'redirect' | 'permanent';
};

export function parseRewrite(setting: Setting): Rewrite | Problem {
  const { directive } = setting;
  const [pattern, replacement, flag] = directive.args as readonly [Word, Word, Word?];
  const regex = translatePcre(pattern.value);
  if (!regex.ok) {
    const message = `regex "${pattern.value}": ${regex.reason} (at ${regex.offset})`;
    return problemAt('HW_NGINX_REGEX', placeOfWord(directive, pattern), message);
  }
  const common = { setting, pattern: pattern.value, regex, replacement: replacement.value };
  const isUrl = /^(?:https?:\/\/|\$scheme)/.test(replacement.value);
  if (flag === undefined) return { ...common, flag: isUrl ? 'redirect' : 'none' };
  switch (flag.value) {
    case 'last':
    case 'break':
      return { ...common, flag: isUrl ? 'redirect' : flag.value };
    case 'redirect':
    case 'permanent':
      return { ...common, flag: flag.value };
    default:
      return problemAt(
        'HW_NGINX_VALUE',
        placeOfWord(directive, flag),
        `invalid parameter "${flag.value}"`,
        { remedy: 'write last, break, redirect or permanent' },
      );
  }
}
