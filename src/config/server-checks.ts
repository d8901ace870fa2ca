/** What the servers of one `to` mean together, and with the path of their route. */
import type { ConfigPath, Finding } from './problem.ts';
import type { ServerConfig } from './schema/servers.ts';
import type { Settings } from './settings.ts';
import type { RoutePath } from './values/path-pattern.ts';

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

/** One way of three, and a cookie that browsers keep. */
export function checkSticky(sticky: Settings['sticky'], path: ConfigPath): Finding[] {
  if (sticky === undefined) return [];
  const ways = (['cookie', 'route', 'learn'] as const).filter((name) => sticky[name] !== undefined);
  const [first, second] = ways;
  if (first === undefined || second !== undefined) {
    return [
      {
        path: second === undefined ? path : [...path, second],
        ...(second === undefined ? {} : { at: 'key' }),
        message:
          second === undefined
            ? '`sticky` does not say by what'
            : `\`${second}\` and \`${first}\` exclude each other`,
        hint: 'write one of `cookie`, `route` and `learn`',
      },
    ];
  }
  if (sticky.sameSite !== 'none' || sticky.secure === true) return [];
  return [
    {
      path: [...path, 'sameSite'],
      message: 'browsers drop a cookie with `sameSite: none` that is not `secure: true`',
      hint: 'add `secure: true`, or remove it',
    },
  ];
}

/** Whether the path of `to` can take the place of the one of the route. */
export function checkTo(
  pattern: RoutePath,
  servers: readonly ServerConfig[],
  path: ConfigPath,
): Finding[] {
  const url = servers[0]?.url;
  if (url === undefined || url.path === '') return [];
  if (pattern.kind !== 'regex' && pattern.named === undefined) return [];
  const bare = url.text.slice(
    0,
    url.text.length - (url.path.length + (url.scheme === 'unix' ? 1 : 0)),
  );
  const what = pattern.kind === 'regex' ? 'a regular expression' : 'a name';
  return [
    {
      path,
      message: `\`${url.text}\` has a path, which cannot take the place of ${what}`,
      hint: `write ${bare}; the path of the request is passed on as it is`,
    },
  ];
}

/** `/api` and `http://host/v1/` send /api/users to /v1//users, and nginx does so, too. */
export function noticeTo(
  pattern: RoutePath,
  servers: readonly ServerConfig[],
  path: ConfigPath,
): Finding[] {
  const url = servers[0]?.url;
  if (url === undefined || url.path === '' || url.path.includes('?')) return [];
  if (pattern.kind !== 'prefix' || pattern.named !== undefined) return [];
  if (pattern.path.endsWith('/') === url.path.endsWith('/')) return [];
  const asked = `${pattern.path}${pattern.path.endsWith('/') ? '' : '/'}users`;
  const slashed = url.path.endsWith('/') ? `${pattern.path}/` : `${url.text}/`;
  return [
    {
      path,
      message: `only one of \`${pattern.path}\` and \`${url.text}\` ends in /: ${asked} is asked for as ${url.path}${asked.slice(pattern.path.length)}`,
      hint: `write \`${url.path.endsWith('/') ? 'path' : 'to'}: ${slashed}\``,
    },
  ];
}
