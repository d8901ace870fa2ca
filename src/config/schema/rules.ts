/** Rules: what is computed, rewritten or answered before a route is chosen, or when it has been. */
import { z } from 'zod';
import { template } from '../values/answer-kinds.ts';
import { flag, mapping, oneOf } from '../values/kinds.ts';
import { condition, regex, variableValues } from '../values/rule-kinds.ts';
import { answer, redirect } from './answers.ts';
import { key } from './key.ts';

const rewriteSchema = mapping({
  path: key(regex(), {
    description: 'Which paths.',
    aka: ['from', 'regex', 'match'],
  }),
  to: key(template(), {
    description:
      "The new path, and behind a `?` more of the query; `$1` is what the first group has matched. The request's own query follows, unless there is a `?` at the end.",
    template: true,
    aka: ['replacement', 'uri'],
  }),
  next: key(oneOf(['rule', 'route', 'none']).optional(), {
    description:
      '`rule`: the next rule. `route`: no further rule, and a route is chosen for the new path. `none`: no further rule.',
    defaultText: '`rule`',
    aka: ['flag', 'then', 'last', 'break'],
  }),
  status: key(oneOfRedirects().optional(), {
    description: 'Sends browsers to `to`, with this status, instead of going on with it.',
    defaultText: 'none',
    aka: ['redirect', 'permanent', 'code'],
  }),
});

function oneOfRedirects() {
  const expects = '301 or 302';
  return z.literal([301, 302], { error: () => expects }).meta({ expects });
}

const actions = {
  set: key(variableValues().optional(), {
    description: 'Variables, for everything that comes later.',
    defaultText: 'none',
    template: true,
    aka: ['vars', 'variables'],
  }),
  rewrite: key(rewriteSchema.optional(), {
    description: 'Another path in the place of the one that was asked for.',
    defaultText: 'none',
    aka: ['uri', 'replacePath', 'replacePathRegex'],
  }),
  redirect: key(redirect().optional(), {
    description: 'Sends browsers elsewhere.',
    defaultText: 'none',
    template: true,
    aka: ['redir', 'redirectRegex'],
  }),
  answer: key(answer().optional(), {
    description: 'Answers.',
    defaultText: 'none',
    template: true,
    aka: ['return', 'respond', 'deny'],
  }),
  stop: key(flag().optional(), {
    description: 'Whether no further rule is run.',
    defaultText: '`false`',
    aka: ['break'],
  }),
};

const flat = z.object({ ...actions, if: condition().optional() });

/** One step: one thing that it does, and perhaps when. */
export type RuleConfig = z.output<typeof flat> & {
  readonly rules?: readonly RuleConfig[] | undefined;
};

export type RuleInput = z.input<typeof flat> & { readonly rules?: RuleInput[] | undefined };

/** What a rule can do; it does one of these. */
export const ruleActions = ['set', 'rewrite', 'redirect', 'answer', 'stop', 'rules'] as const;

const ruleSchema: z.ZodType<RuleConfig, RuleInput> = mapping({
  if: key(condition().optional(), {
    description:
      "When, as in nginx's `if`: `$name` (neither empty nor 0), `$name = text`, `$name ~ regex`, `$name ~* regex` without regard to case, each with a `!` in front of its sign for the opposite; `-f /path` when there is such a file, `-d` a folder, `-e` any of them, `-x` something executable, each with `!` in front.",
    defaultText: 'always',
    aka: ['when', 'condition', 'match', 'acl'],
  }),
  ...actions,
  rules: key(z.lazy(() => ruleList()).optional(), {
    description: 'Several rules for one `if`.',
    defaultText: 'none',
    aka: ['then', 'do'],
  }),
});

export function ruleList() {
  return z.array(ruleSchema, { error: () => 'a list of rules' });
}
