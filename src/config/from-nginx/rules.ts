/** The rewrite module: `set`, `if`, `rewrite`, `return`, `break` of one level, in order (ngx_http_rewrite_module). */
import type { Level } from '../../nginx/level.ts';
import { type Condition, parseCondition } from '../../nginx/model/condition.ts';
import { parseReturn, parseRewrite } from '../../nginx/model/rewrite.ts';
import type { ConditionModel, RuleModel } from '../rule-model.ts';
import { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';
import { typesOf } from './types.ts';

const tests = { f: 'file', d: 'folder', e: 'any', x: 'executable' } as const;

/** @param prefix what relative paths are relative to */
export function rulesOf(level: Level, prefix: string): RuleModel[] {
  const type = new LevelReader(level, prefix).word('default_type') ?? 'text/plain';
  const types = typesOf(level);
  const rules: RuleModel[] = [];
  for (const setting of level.settings) {
    const { name, args } = setting.directive;
    switch (name) {
      case 'set': {
        const [variable, value] = args;
        if (variable === undefined || value === undefined) break;
        rules.push({
          kind: 'set',
          variable: variable.value.replace(/^\$/, '').toLowerCase(),
          value: templateOf(value.value),
        });
        break;
      }
      case 'break':
        rules.push({ kind: 'break' });
        break;
      case 'return': {
        if (args.length === 0) break;
        const parsed = parseReturn(setting);
        if ('code' in parsed) break;
        const { status, text } = parsed;
        rules.push({
          kind: 'return',
          status,
          ...(text === undefined ? {} : { text: templateOf(text) }),
          type,
          types,
        });
        break;
      }
      case 'rewrite': {
        if (args.length < 2) break;
        const parsed = parseRewrite(setting);
        if ('code' in parsed) break;
        rules.push({
          kind: 'rewrite',
          regex: parsed.regex.regex,
          replacement: templateOf(parsed.replacement),
          flag: parsed.flag,
        });
        break;
      }
      case 'if': {
        const inner = level.children.find((child) => child.opening === setting);
        const condition = parseCondition(setting.directive);
        if (inner === undefined || 'code' in condition) break;
        rules.push({
          kind: 'if',
          condition: conditionOf(condition),
          rules: rulesOf(inner, prefix),
        });
        break;
      }
    }
  }
  return rules;
}

function conditionOf(condition: Condition): ConditionModel {
  switch (condition.kind) {
    case 'variable':
      return condition;
    case 'equals':
      return {
        kind: 'equals',
        variable: condition.variable,
        value: templateOf(condition.value),
        negated: condition.isNegated,
      };
    case 'matches':
      return {
        kind: 'matches',
        variable: condition.variable,
        regex: condition.regex.regex,
        negated: condition.isNegated,
      };
    case 'file':
      return {
        kind: 'file',
        test: tests[condition.test],
        path: templateOf(condition.path),
        negated: condition.isNegated,
      };
  }
}
