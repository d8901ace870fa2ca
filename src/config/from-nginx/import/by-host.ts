/**
 * `if ($host = a.example.com) { return 301 …; }`, which certificate clients write into a server for each of its names: each is
 * a site of its own that has this one answer.
 */
import type { HostPattern, SiteModel } from '../../model.ts';
import type { RuleModel } from '../../rule-model.ts';
import { textOf } from './constants.ts';

export type SiteForHosts = {
  readonly site: SiteModel;
  /** Empty for every host that no other site names. */
  readonly hosts: readonly HostPattern[];
};

/**
 * The site as several ones, the one with the other hosts first; one that nobody asks for is left out.
 *
 * @param isDefault whether it has the hosts that no other site names
 */
export function splitByHost({ site, hosts }: SiteForHosts, isDefault: boolean): SiteForHosts[] {
  const [first, ...others] = site.rules ?? [];
  const asked = first === undefined ? undefined : askedHost(first);
  const index = hosts.findIndex((one) => one.kind === 'exact' && one.host === asked?.host);
  const host = hosts[index];
  if (asked === undefined || host === undefined) {
    return hosts.length === 0 && !isDefault ? [] : [{ site, hosts }];
  }
  const { rules: _rules, ...rest } = site;
  const without: SiteForHosts = {
    site: { ...rest, ...(others.length === 0 ? {} : { rules: others }) },
    hosts: hosts.toSpliced(index, 1),
  };
  return [
    ...splitByHost(without, isDefault),
    { site: { ...rest, rules: [asked.rule] }, hosts: [host] },
  ];
}

function askedHost(
  rule: RuleModel,
): { readonly host: string; readonly rule: RuleModel } | undefined {
  if (rule.kind !== 'if' || rule.condition.kind !== 'equals') return undefined;
  const { variable, value, negated } = rule.condition;
  const [inner, ...more] = rule.rules;
  const host = textOf(value)?.toLowerCase();
  if (variable !== 'host' || negated || host === undefined) return undefined;
  return inner?.kind === 'return' && more.length === 0 ? { host, rule: inner } : undefined;
}
