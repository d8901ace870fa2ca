/** Who may come in, how much of them, and what is written of it: `auth`, `limits` and `accessLog`. */
import type { z } from 'zod';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { LimitAnswer, RouteLimitsModel } from '../../limit-model.ts';
import type { AccessLogModel } from '../../model.ts';
import type { AccessModel } from '../../route-model.ts';
import type { routeLimitsSchema } from '../../schema/zone-limits.ts';
import type { siteSchema } from '../../schema.ts';
import { plainText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type AuthInput = Exclude<NonNullable<SiteInput['auth']>, 'off'>;
type LimitsInput = z.input<typeof routeLimitsSchema>;

export function authInput(access: AccessModel | undefined): AuthInput | undefined {
  if (access === undefined) return undefined;
  const { satisfy, basic, authRequest } = access;
  const realm = basic === undefined ? defaults.realm : templateText(basic.realm);
  const auth = present({
    basic:
      basic === undefined
        ? undefined
        : { file: templateText(basic.usersPath), ...(realm === defaults.realm ? {} : { realm }) },
    forward:
      authRequest === undefined
        ? undefined
        : {
            to: templateText(authRequest.uri),
            ...present({
              set: unlessEmpty(
                Object.fromEntries(
                  (authRequest.set ?? []).map((one) => [one.variable, templateText(one.value)]),
                ),
              ),
              passRefusals: authRequest.passRefusals === true ? undefined : false,
            }),
          },
    ...addressesInput(access.addresses ?? []),
  });
  // Nobody is kept out by `allow` alone.
  return Object.keys(auth).length === 0 ? undefined : { ...auth, ...present({ satisfy }) };
}

/** What is denied first is `deny`; then the first that fits decides, and whoever is not in `allow` stays out. */
function addressesInput(
  rules: NonNullable<AccessModel['addresses']>,
): Pick<AuthInput, 'allow' | 'deny'> {
  const all = rules.findIndex(({ network }) => network === 'all');
  const before = all === -1 ? rules : rules.slice(0, all);
  const isClosed = all !== -1 && rules[all]?.allow === false;
  const firstAllow = before.findIndex(({ allow }) => allow);
  const denied = firstAllow === -1 ? before : before.slice(0, firstAllow);
  const rest = firstAllow === -1 ? [] : before.slice(firstAllow);
  if (isClosed && rest.length === 0) {
    return { deny: [...denied.map(({ network }) => network), 'all'] };
  }
  const lastDeny = rest.findLastIndex(({ allow }) => !allow);
  const allowed = rest.map(({ allow, network }) => (allow ? network : `not ${network}`));
  return {
    ...(denied.length === 0 ? {} : { deny: denied.map(({ network }) => network) }),
    ...(isClosed ? { allow: allowed } : {}),
    // Open at the end, what is allowed behind the last denied one says nothing.
    ...(!isClosed && lastDeny !== -1 ? { allow: [...allowed.slice(0, lastDeny + 1), 'all'] } : {}),
  };
}

export function limitsInput(limits: RouteLimitsModel | undefined): LimitsInput | undefined {
  const { requests, connections } = limits ?? {};
  return unlessEmpty(
    present({
      requests: listed(requests),
      connections: listed(connections),
    }),
  );
}

/** The list alone where nothing else is said. */
function listed<Limit>(said: (LimitAnswer & { readonly limits: readonly Limit[] }) | undefined) {
  if (said === undefined) return undefined;
  const { limits, status = 503, dryRun, logLevel } = said;
  const answer = present({
    status: status === defaults.limitStatus ? undefined : status,
    dryRun,
    logLevel,
  });
  const list = limits.map((one) => ({ ...one }));
  return Object.keys(answer).length === 0 ? list : { limits: list, ...answer };
}

/** @param usualPath where the access log is when nothing is said of one */
export function accessLogInput(log: AccessLogModel, usualPath: string): SiteInput['accessLog'] {
  if (log.kind === 'off') return 'off';
  const { format, when } = log;
  const isUsual = log.kind === 'file' && log.path === usualPath;
  if (isUsual && format === undefined && when === undefined) return undefined;
  const to = log.kind === 'stdout' ? 'stdout' : plainText(log.path);
  const line = typeof format === 'object' ? templateText(format.template) : format;
  const style = typeof format === 'object' ? format.escape : undefined;
  const options = present({
    format: line === 'combined' ? undefined : line,
    escape: style === 'default' ? undefined : style,
    when: when === undefined ? undefined : templateText(when),
  });
  return Object.keys(options).length === 0 ? to : { to, ...options };
}
