/** Rules, redirects and answers as rules of the model. */
import { defaults } from '../defaults.ts';
import type { RuleModel } from '../rule-model.ts';
import type { AnswerConfig, RedirectConfig } from '../schema/answers.ts';
import type { RuleConfig } from '../schema/rules.ts';
import type { Settings } from '../settings.ts';
import { present } from './present.ts';

export function ruleModels(rules: readonly RuleConfig[] = []): RuleModel[] {
  return rules.flatMap((rule): RuleModel[] => {
    const done = actionModels(rule);
    if (rule.if === undefined) return done;
    return [{ kind: 'if', condition: rule.if, rules: done }];
  });
}

/** What is answered instead of by an upstream. */
export function answerModels({ redirect, answer }: Settings): RuleModel[] {
  if (redirect !== undefined) return [redirectModel(redirect)];
  return answer === undefined ? [] : [answerModel(answer)];
}

function actionModels(rule: RuleConfig): RuleModel[] {
  const { set, rewrite, redirect, answer, stop, rules } = rule;
  if (set !== undefined) return set.map((one) => ({ kind: 'set', ...one }));
  if (rewrite !== undefined) return [rewriteModel(rewrite)];
  if (redirect !== undefined) return [redirectModel(redirect)];
  if (answer !== undefined) return [answerModel(answer)];
  if (stop === true) return [{ kind: 'break' }];
  return ruleModels(rules);
}

const flags = { rule: 'none', route: 'last', none: 'break' } as const;

function rewriteModel({
  path: regex,
  to: replacement,
  status,
  next = 'rule',
}: NonNullable<RuleConfig['rewrite']>): RuleModel {
  const moved = status === 301 ? 'permanent' : 'redirect';
  const flag = status === undefined ? flags[next] : moved;
  return { kind: 'rewrite', regex, replacement, flag };
}

function redirectModel({ to, status = defaults.redirectStatus }: RedirectConfig): RuleModel {
  return { kind: 'return', status, text: to };
}

function answerModel({ status = 200, body, type, types }: AnswerConfig): RuleModel {
  // Who says the type of a text means it for every path.
  const usual = body === undefined || type !== undefined ? undefined : defaults.answerTypes;
  return { kind: 'return', status, ...present({ text: body, type, types: types ?? usual }) };
}
