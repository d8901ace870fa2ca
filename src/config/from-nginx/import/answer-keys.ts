/** Rules that answer a request as `redirect` and `answer`; hatchway.yaml has no other rules. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { defaults } from '../../defaults.ts';
import type { RuleModel, Template } from '../../rule-model.ts';
import type { siteSchema } from '../../schema.ts';
import { textOf } from './constants.ts';
import type { ImportReport } from './import-report.ts';
import { type Captures, missingVariable, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
export type AnswerKeys = Pick<SiteInput, 'redirect' | 'answer'>;

/** `^`, `^/`, `.*`, `^(.*)$`, `^/(.*)$` as the translation of PCRE writes them: every path begins with a slash. */
const alwaysMatches = /^\^?(?:\\\/)?(?:\(?(?:\.|\[\^\\n\])\*\)?(?:\(\?=\\n\?\$\))?)?$/;

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Undefined when the rules do not answer every request; those that then would be forgotten are reported. */
export function answerKeys(
  rules: readonly RuleModel[],
  level: Level,
  captures: Captures,
  report: ImportReport,
): AnswerKeys | undefined {
  const [rule] = rules;
  if (rule === undefined) return undefined;
  if (rule.kind === 'return') return returnKeys(rule, level, captures, report);
  const moved = movedFor(rule);
  if (moved !== undefined) {
    if (refusesVariables(moved.to, level, 'rewrite', captures, report)) return undefined;
    return redirectKeys(moved.to, moved.status);
  }
  report.refuse(
    level,
    rule.kind,
    `"${rule.kind}" is not in hatchway.yaml, which has routes, \`redirect\` and \`answer\``,
    'serve this file with --nginx, or write it without',
  );
  return undefined;
}

function returnKeys(
  rule: RuleModel & { readonly kind: 'return' },
  level: Level,
  captures: Captures,
  report: ImportReport,
): AnswerKeys | undefined {
  const { status, text, type } = rule;
  if (text !== undefined && refusesVariables(text, level, 'return', captures, report)) {
    return undefined;
  }
  if (redirectStatuses.has(status)) {
    const to = text === undefined ? '' : templateText(text);
    if (/^(?:https?:\/\/|\/|\$)/i.test(to)) return redirectKeys(text ?? [], status);
    report.refuse(level, 'return', `the redirect goes to "${to}", which is no URL and no path`);
    return undefined;
  }
  if (status < 200 || status > 599) {
    report.refuse(level, 'return', `the status ${status} is not in hatchway.yaml`);
    return undefined;
  }
  if (text === undefined || textOf(text) === '') return { answer: status };
  return {
    answer: {
      ...(status === 200 ? {} : { status }),
      body: templateText(text),
      ...(type === undefined || type === 'text/plain' ? {} : { type }),
    },
  };
}

function redirectKeys(to: Template, status: number): AnswerKeys {
  const text = templateText(to);
  return { redirect: status === defaults.redirectStatus ? text : { to: text, status } };
}

/** `rewrite ^ URL permanent;` and the like: a redirect whatever the path is, with nothing of what was matched. */
function movedFor(rule: RuleModel): { to: Template; status: number } | undefined {
  if (rule.kind !== 'rewrite') return undefined;
  const { regex, replacement, flag } = rule;
  if (flag !== 'permanent' && flag !== 'redirect') return undefined;
  if (!alwaysMatches.test(regex.source)) return undefined;
  if (replacement.some((part) => typeof part !== 'string' && /^\d$/.test(part.variable))) {
    return undefined;
  }
  const status = flag === 'permanent' ? 301 : 302;
  const last = replacement.at(-1);
  // A ? at the end keeps the query from being added.
  if (typeof last === 'string' && last.endsWith('?')) {
    return { to: [...replacement.slice(0, -1), last.slice(0, -1)], status };
  }
  return { to: [...replacement, { variable: 'is_args' }, { variable: 'args' }], status };
}

export function refusesVariables(
  template: Template,
  level: Level,
  directive: string,
  captures: Captures,
  report: ImportReport,
): boolean {
  const missing = missingVariable(template, captures);
  if (missing === undefined) return false;
  report.refuse(
    level,
    directive,
    `"${directive}" has $${missing}, which this file computes; hatchway.yaml has only the gateway's own variables`,
    'serve this file with --nginx, or write it without',
  );
  return true;
}
