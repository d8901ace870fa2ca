/** Rules as `rules`, and those that answer every request as `redirect` and `answer`. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { present } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { PathPattern } from '../../route-model.ts';
import type { ConditionModel, RuleModel, Template } from '../../rule-model.ts';
import type { RuleInput } from '../../schema/rules.ts';
import type { siteSchema } from '../../schema.ts';
import { textOf } from './constants.ts';
import type { ImportReport } from './import-report.ts';
import { plainText, regexText, signedRegex, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
export type AnswerKeys = Pick<SiteInput, 'redirect' | 'answer'>;

export type RuleContext = {
  readonly level: Level;
  /** Of the route that they are for; undefined for a site. */
  readonly path: PathPattern | undefined;
  readonly report: ImportReport;
};

/** Whether a rule ends every request that comes to it. */
export function answersAll(rule: RuleModel | undefined): rule is RuleModel & { kind: 'return' } {
  return rule?.kind === 'return';
}

export function ruleInputs(rules: readonly RuleModel[], context: RuleContext): RuleInput[] {
  const blocks = context.level.children.filter(({ opening }) => opening?.directive.name === 'if');
  return rules.flatMap((rule) => {
    const level = rule.kind === 'if' ? (blocks.shift() ?? context.level) : context.level;
    return inputsOf(rule, { ...context, level });
  });
}

function inputsOf(rule: RuleModel, context: RuleContext): RuleInput[] {
  switch (rule.kind) {
    case 'set':
      return [{ set: { [rule.variable]: templateText(rule.value) } }];
    case 'break':
      return [{ stop: true }];
    case 'rewrite':
      return [{ rewrite: rewriteInput(rule) }];
    case 'return':
      return [answerInput(rule, context)];
    case 'if': {
      const inner = ruleInputs(rule.rules, context);
      const [only, ...more] = inner;
      const condition = conditionText(rule.condition);
      const isOne = only !== undefined && more.length === 0 && only.if === undefined;
      return [isOne ? { if: condition, ...only } : { if: condition, rules: inner }];
    }
  }
}

const next = { none: undefined, last: 'route', break: 'none' } as const;

function rewriteInput({
  regex,
  replacement,
  flag,
}: RuleModel & { kind: 'rewrite' }): NonNullable<RuleInput['rewrite']> {
  const common = { path: signedRegex(regex), to: templateText(replacement) };
  if (flag === 'redirect') return { ...common, status: 302 };
  if (flag === 'permanent') return { ...common, status: 301 };
  return { ...common, ...present({ next: next[flag] }) };
}

function conditionText(condition: ConditionModel): string {
  switch (condition.kind) {
    case 'variable':
      return `$${condition.variable}`;
    case 'equals': {
      const sign = condition.negated ? '!=' : '=';
      return `$${condition.variable} ${sign} ${quoted(templateText(condition.value))}`;
    }
    case 'matches': {
      const sign = `${condition.negated ? '!' : ''}~${condition.regex.flags.includes('i') ? '*' : ''}`;
      return `$${condition.variable} ${sign} ${quoted(regexText(condition.regex))}`;
    }
    case 'file': {
      const letter = { file: 'f', folder: 'd', any: 'e', executable: 'x' }[condition.test];
      return `${condition.negated ? '!' : ''}-${letter} ${templateText(condition.path)}`;
    }
  }
}

/** What is empty, has spaces at its ends, or looks like a sign or quoted. */
function quoted(text: string): string {
  return text === '' || text.startsWith('=') || text !== text.trim() || /^".*"$/s.test(text)
    ? `"${text}"`
    : text;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** In the place of what is no answer there: whoever was kept out by it still is. */
const instead: AnswerKeys = { answer: 500 };

export function answerInput(
  rule: RuleModel & { kind: 'return' },
  { level, path, report }: RuleContext,
): AnswerKeys {
  const { status, text, type = 'text/plain', types } = rule;
  if (redirectStatuses.has(status) && text !== undefined) {
    const to = templateText(text);
    if (/^(?:https?:\/\/|\/|\$)/i.test(to)) return redirectInput(text, status);
    report.refuse(
      level,
      'return',
      `the redirect to "${to}" became an answer of 500: it is no URL and no path`,
      'write `redirect` with one of them in its place',
    );
    return instead;
  }
  if (status < 200 || status > 599) {
    report.refuse(
      level,
      'return',
      `the answer ${status} became one of 500: it is no status of HTTP`,
      'write `answer` with one from 200 to 599 in its place',
    );
    return instead;
  }
  if (text === undefined || textOf(text) === '') return { answer: status };
  const isUsual = type === 'text/plain' && isUsualTypes(types);
  return {
    answer: {
      ...(status === 200 ? {} : { status }),
      body: templateText(text),
      ...(isUsual ? {} : typeInput(type, types, path)),
    },
  };
}

function redirectInput(to: Template, status: number): AnswerKeys {
  const text = templateText(to);
  return { redirect: status === defaults.redirectStatus ? text : { to: text, status } };
}

/** All of a `mime.types` says little about one answer: only what may be asked for is kept. */
function typeInput(
  type: string,
  types: Readonly<Record<string, string>> = {},
  path: PathPattern | undefined,
): { readonly type: string; readonly types?: Record<string, string> } {
  if (path?.kind === 'exact') {
    const extension = /\.([^./]+)$/.exec(path.path)?.[1]?.toLowerCase() ?? '';
    return { type: plainText(types[extension] ?? type) };
  }
  const named = Object.entries(types).filter(
    ([extension]) =>
      path === undefined || path.kind !== 'regex' || path.regex.source.includes(extension),
  );
  const isShort = named.length <= Object.keys(defaults.answerTypes).length;
  return {
    type: plainText(type),
    ...(isShort && named.length > 0 ? { types: Object.fromEntries(named) } : {}),
  };
}

function isUsualTypes(types: Readonly<Record<string, string>> | undefined): boolean {
  return JSON.stringify(types) === JSON.stringify(defaults.answerTypes);
}
