/** What the servers of one `to` mean together, and with the path of their route. */
import type { ConfigPath, Finding } from './problem.ts';
import type { PathPattern } from './route-model.ts';
import type { ServerConfig } from './schema/servers.ts';

/** Servers of one list are spoken to alike and asked for the same, since any of them may be chosen. */
export function checkServers(servers: readonly ServerConfig[], path: ConfigPath): Finding[] {
  const [first, ...others] = servers;
  if (first === undefined) return [];
  const findings: Finding[] = [];
  const seen = new Set([first.url.text]);
  for (const [index, { url }] of others.entries()) {
    const at = [...path, index + 1];
    if (seen.has(url.text)) {
      findings.push({
        path: at,
        message: `\`${url.text}\` is listed twice`,
        hint: 'remove one of them; `weight: 2` gives a server twice the requests',
      });
      continue;
    }
    seen.add(url.text);
    if ((url.scheme === 'https') !== (first.url.scheme === 'https')) {
      findings.push({
        path: at,
        message: `\`${url.text}\` and \`${first.url.text}\` are not both https`,
        hint: 'the servers of one list are all https, or none is',
      });
    } else if (url.path !== first.url.path) {
      findings.push({
        path: at,
        message: `\`${url.text}\` and \`${first.url.text}\` have different paths`,
        hint: 'the servers of one list are asked for the same',
      });
    }
  }
  if (servers.every(({ down }) => down === true)) {
    findings.push({
      path,
      message: 'every server of the list is `down`, so nobody answers',
      hint: 'remove one `down`',
    });
  }
  return findings;
}

/** Whether the path of `to` can take the place of the one of the route. */
export function checkTo(
  pattern: PathPattern,
  servers: readonly ServerConfig[],
  path: ConfigPath,
): Finding[] {
  const url = servers[0]?.url;
  if (url === undefined || url.path === '') return [];
  const bare = url.text.slice(
    0,
    url.text.length - (url.path.length + (url.scheme === 'unix' ? 1 : 0)),
  );
  if (pattern.kind === 'regex') {
    return [
      {
        path,
        message: `\`${url.text}\` has a path, which cannot take the place of a regular expression`,
        hint: `write ${bare}; the path of the request is passed on as it is`,
      },
    ];
  }
  if (pattern.kind === 'exact' || pattern.path.endsWith('/') === url.path.endsWith('/')) return [];
  // nginx takes it, and sends /api/users to /v1users.
  const slashed = url.path.endsWith('/') ? `${pattern.path}/` : `${url.text}/`;
  return [
    {
      path,
      message: `\`${url.text}\` cannot take the place of \`${pattern.path}\`: only one of them ends in /`,
      hint: `write \`${url.path.endsWith('/') ? 'path' : 'to'}: ${slashed}\``,
    },
  ];
}
