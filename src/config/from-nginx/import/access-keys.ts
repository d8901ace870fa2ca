/** Who may come in, and what is written of it, as `auth` and `accessLog`. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { present } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { AccessLogModel } from '../../model.ts';
import type { AccessModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import { refusesVariables } from './answer-keys.ts';
import { textOf } from './constants.ts';
import type { ImportReport } from './import-report.ts';
import { type Captures, plainText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type AuthInput = Exclude<NonNullable<SiteInput['auth']>, 'off'>;

export type AccessContext = {
  readonly level: Level;
  readonly captures: Captures;
  readonly report: ImportReport;
  /** The access log where nothing is said of one. */
  readonly defaultLogPath: string;
};

export function authInput(
  access: AccessModel | undefined,
  { level, captures, report }: AccessContext,
): AuthInput | undefined {
  if (access === undefined) return undefined;
  const { satisfy, basic, authRequest } = access;
  if (authRequest !== undefined) {
    report.refuse(
      level,
      'auth_request',
      '"auth_request" cannot be brought over: `auth.forward` names the server that decides, not a location',
      'write `auth: { forward: { to: URL } }` by hand, or serve this file with --nginx',
    );
  }
  const file = basic === undefined ? undefined : textOf(basic.usersPath);
  if (basic !== undefined && file === undefined) {
    report.refuse(level, 'auth_basic_user_file', 'the file of users has variables in its name');
  }
  const hasRealm =
    basic !== undefined && !refusesVariables(basic.realm, level, 'auth_basic', captures, report);
  const realm = hasRealm ? templateText(basic.realm) : defaults.realm;
  const auth = present({
    basic:
      file === undefined
        ? undefined
        : { file: plainText(file), ...(realm === defaults.realm ? {} : { realm }) },
    ...addressesInput(access.addresses ?? [], level, report),
  });
  // Nobody is kept out by `allow` alone.
  return Object.keys(auth).length === 0 ? undefined : { ...auth, ...present({ satisfy }) };
}

/** `deny` comes before `allow` here, and whoever is not in `allow` is denied. */
function addressesInput(
  rules: NonNullable<AccessModel['addresses']>,
  level: Level,
  report: ImportReport,
): Pick<AuthInput, 'allow' | 'deny'> {
  const all = rules.findIndex(({ network }) => network === 'all');
  const before = all === -1 ? rules : rules.slice(0, all);
  const isClosed = all !== -1 && rules[all]?.allow === false;
  const firstAllow = before.findIndex(({ allow }) => allow);
  const denied = firstAllow === -1 ? before : before.slice(0, firstAllow);
  const allowed = firstAllow === -1 ? [] : before.slice(firstAllow);
  // Open at the end, what is allowed before it says nothing unless something is denied behind it.
  const isInOrder = allowed.every(({ allow }) => allow);
  if (!isInOrder) {
    report.refuse(
      level,
      'deny',
      '"allow" and "deny" alternate, and hatchway.yaml looks at all of `deny` before `allow`',
    );
  }
  const networks = (list: typeof rules) => list.map(({ network }) => network);
  if (isClosed && allowed.length === 0) return { deny: ['all'] };
  return {
    ...(denied.length === 0 ? {} : { deny: networks(denied) }),
    ...(isClosed ? { allow: networks(allowed) } : {}),
  };
}

/** Undefined where it is the default. */
export function accessLogInput(
  log: AccessLogModel | undefined,
  { level, captures, report, defaultLogPath }: AccessContext,
): SiteInput['accessLog'] {
  if (log === undefined) return undefined;
  if (log.kind === 'off') return 'off';
  const { format, when } = log;
  const isDefault = log.kind === 'file' && log.path === defaultLogPath;
  if (isDefault && format === undefined && when === undefined) return undefined;
  const to = log.kind === 'stdout' ? 'stdout' : plainText(log.path);
  if (when !== undefined && refusesVariables(when, level, 'access_log', captures, report))
    return to;
  let line: string | undefined;
  if (typeof format === 'string') line = format;
  else if (format !== undefined) {
    const { template, escape: style = 'default' } = format;
    if (style !== 'default') {
      report.refuse(level, 'access_log', `"escape=${style}" is not in hatchway.yaml`);
    }
    if (refusesVariables(template, level, 'access_log', captures, report)) return to;
    line = templateText(template);
  }
  const options = present({
    format: line === 'combined' ? undefined : line,
    when: when === undefined ? undefined : templateText(when),
  });
  return Object.keys(options).length === 0 ? to : { to, ...options };
}
