/** What rules mean together with the rest of their site: one thing each, and only what is there. */
import type { ConfigPath, Finding } from './problem.ts';
import { type RuleConfig, ruleActions } from './schema/rules.ts';
import type { RouteConfig, SiteConfig } from './schema.ts';

/** @param path of the list */
export function checkRules(rules: readonly RuleConfig[] = [], path: ConfigPath): Finding[] {
  return rules.flatMap((rule, index): Finding[] => {
    const at = [...path, index];
    const said = ruleActions.filter((name) => rule[name] !== undefined);
    const [first, second] = said;
    if (first === undefined) {
      return [
        {
          path: at,
          message: 'the rule does nothing',
          hint: `add one of ${ruleActions.join(', ')}`,
        },
      ];
    }
    if (second !== undefined) {
      return [
        {
          path: [...at, second],
          at: 'key',
          message: `a rule does one thing, and this one has \`${first}\` and \`${second}\``,
          hint: 'write two rules; for one `if`, put both in its `rules`',
        },
      ];
    }
    return [...checkRewrite(rule, at), ...checkRules(rule.rules, [...at, 'rules'])];
  });
}

function checkRewrite({ rewrite }: RuleConfig, path: ConfigPath): Finding[] {
  if (rewrite?.status === undefined || rewrite.next === undefined) return [];
  return [
    {
      path: [...path, 'rewrite', 'next'],
      at: 'key',
      message: '`next` has no effect: with `status` browsers are sent elsewhere',
      hint: 'remove one of them',
    },
  ];
}

/** Error pages that are routes with a name have such a route. */
export function checkNamedPages(site: SiteConfig, path: ConfigPath): Finding[] {
  const routes = site.routes ?? [];
  const names = new Set(routes.map(({ path: { named } }) => named));
  const levels: { readonly one: Pick<RouteConfig, 'errorPages'>; readonly at: ConfigPath }[] = [
    { one: site, at: path },
    ...withNested(routes, [...path, 'routes']),
  ];
  return levels.flatMap(({ one, at }) =>
    (one.errorPages ?? []).flatMap(({ to }, index): Finding[] => {
      const [text] = to;
      if (to.length !== 1 || typeof text !== 'string' || !text.startsWith('@')) return [];
      if (names.has(text)) return [];
      return [
        {
          path: [...at, 'errorPages', index, 'to'],
          message: `the site has no route \`${text}\``,
          hint: `add one to its routes: { path: "${text}", answer: … }`,
        },
      ];
    }),
  );
}

function withNested(
  routes: readonly RouteConfig[],
  path: ConfigPath,
): { readonly one: RouteConfig; readonly at: ConfigPath }[] {
  return routes.flatMap((one, index) => [
    { one, at: [...path, index] },
    ...withNested(one.routes ?? [], [...path, index, 'routes']),
  ]);
}
