/**
 * Whether the variables exist that values have in them: the gateway's, and those that the file itself sets, looks up or captures
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
  return checkTexts(value, [], namesIn(value));
}

function checkTexts(value: unknown, path: ConfigPath, names: ReadonlySet<string>): Finding[] {
  if (typeof value === 'string') {
    if (!value.includes('$')) return [];
    if (path.at(-1) === 'if') return checkCondition(value, path, names);
    return marksAt(path).template ? checkText(value, path, names) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([step, inner]) => checkTexts(inner, [...path, step], names));
}

/** What is behind the sign is a regular expression or a text of its own. */
function checkCondition(text: string, path: ConfigPath, names: ReadonlySet<string>): Finding[] {
  const [first = '', sign = '', rest = ''] = text.split(/\s+(!?(?:=|~\*?))\s*(.*)$/s);
  return checkText(sign.includes('~') ? first : `${first} ${rest}`, path, names);
}

function checkText(text: string, path: ConfigPath, names: ReadonlySet<string>): Finding[] {
  const unknown = variablesIn(text).find((name) => !isGatewayVariable(name) && !names.has(name));
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
  const closest = nearest(unknown, [...names, ...gatewayVariables, ...familyMembers(unknown)]);
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

/** What the file itself has variables for: maps, sets, and groups with a name in regular expressions. */
function namesIn(value: unknown, key = ''): Set<string> {
  const names = new Set<string>();
  const add = (more: Iterable<string>) => {
    for (const name of more) names.add(name.toLowerCase());
  };
  if (typeof value === 'string') add(groupsIn(value));
  if (typeof value !== 'object' || value === null) return names;
  // A list of header fields is no mapping of variables.
  const isDefinition = (key === 'maps' || key === 'set') && !Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) {
    if (isDefinition) add([name]);
    add(groupsIn(name));
    add(namesIn(inner, Array.isArray(value) ? key : name));
  }
  return names;
}

function groupsIn(text: string): string[] {
  if (!text.includes('(?<')) return [];
  return Array.from(text.matchAll(/\(\?<([a-z_]\w*)>/gi), ([, name = '']) => name);
}
