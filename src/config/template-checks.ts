/**
 * Whether the variables exist that values have in them: the gateway's, and what regular expressions of the same site capture
 * under a name. Looks at the file as it was written, wherever the schema says that there may be variables.
 */
import { nearest } from '../base/nearest.ts';
import { variablesIn } from '../nginx/template.ts';
import { isBuiltIn } from '../nginx/variables.ts';
import {
  gatewayVariablePrefixes,
  gatewayVariables,
  isGatewayVariable,
} from './gateway-variables.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { marksAt } from './schema-tree.ts';

/** Of the file: `value` as it is before the schema reads it. */
export function checkTemplates(value: unknown): Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  const { sites, ...top } = value as { readonly sites?: unknown };
  const findings = checkTexts(top, [], new Set());
  if (!Array.isArray(sites)) return findings;
  for (const [index, site] of sites.entries()) {
    findings.push(...checkTexts(site, ['sites', index], capturesOf(site)));
  }
  return findings;
}

function checkTexts(value: unknown, path: ConfigPath, captures: ReadonlySet<string>): Finding[] {
  if (typeof value === 'string') {
    return value.includes('$') && marksAt(path).template ? checkText(value, path, captures) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([step, inner]) => checkTexts(inner, [...path, step], captures));
}

function checkText(text: string, path: ConfigPath, captures: ReadonlySet<string>): Finding[] {
  const unknown = variablesIn(text).find((name) => !isGatewayVariable(name) && !captures.has(name));
  if (unknown === undefined) return [];
  if (isBuiltIn(unknown)) {
    return [
      {
        path,
        message: `\`$${unknown}\` is a variable of nginx that there is not here`,
        hint: 'remove it; its value would be empty',
      },
    ];
  }
  const closest = nearest(unknown, [...captures, ...gatewayVariables, ...familyMembers(unknown)]);
  return [
    {
      path,
      message: `there is no variable \`$${unknown}\`${closest === undefined ? '' : `; did you mean \`$${closest}\`?`}`,
      hint: `variables have nginx's names, as $remote_addr; those of the environment are in capitals, as \${HOME}`,
    },
  ];
}

/** `http_…` for `htpp_x_user`: what may have been meant when only the beginning is misspelt. */
function familyMembers(name: string): string[] {
  return gatewayVariablePrefixes.flatMap((prefix) => {
    const joints = prefix.split('_').length - 1;
    const rest = name.split('_').slice(joints).join('_');
    return rest === '' ? [] : [`${prefix}${rest}`];
  });
}

/** Names of groups in the regular expressions of `host` and `path`. */
function capturesOf(site: unknown): ReadonlySet<string> {
  const captures = new Set<string>();
  if (typeof site !== 'object' || site === null) return captures;
  const { host, routes } = site as { readonly host?: unknown; readonly routes?: unknown };
  const paths = Array.isArray(routes)
    ? routes.map((route: unknown) => (route as { path?: unknown } | null)?.path)
    : [];
  for (const text of [host, paths].flat(2)) {
    if (typeof text !== 'string' || !text.startsWith('~')) continue;
    for (const [, name = ''] of text.matchAll(/\(\?<([a-z_]\w*)>/gi))
      captures.add(name.toLowerCase());
  }
  return captures;
}
