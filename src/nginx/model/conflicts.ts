/**
 * What two servers of one address may not both be: its default, and, with a warning, the one for a name. And names that only
 * matter where an address has several servers.
 */
import { formatPlace, type Problem, problemAt } from '../errors.ts';
import { placeOfWord } from '../tree.ts';
import { formatListenAddress, type Listen } from './listen.ts';
import { type ServerName, wildcardRemedy } from './server-name.ts';

type Reachable = { readonly listens: readonly Listen[]; readonly names: readonly ServerName[] };

export function conflictsBetween(servers: readonly Reachable[]): Problem[] {
  const problems: Problem[] = [];
  const defaults = new Map<string, Listen>();
  const names = new Map<string, ServerName>();
  for (const server of servers) {
    const own = new Map<string, Listen>();
    for (const listen of server.listens) {
      const address = addressOf(listen);
      problems.push(...again(own, address, listen, `listen ${address}`));
      if (listen.isDefaultServer) {
        problems.push(...again(defaults, address, listen, `default server for ${address}`));
      }
      for (const name of server.names) problems.push(...sameName(names, address, name));
    }
  }
  return [...problems, ...invalidNames(servers)];
}

/** nginx sorts the names of an address when it has several servers, and stumbles over these then. */
function invalidNames(servers: readonly Reachable[]): Problem[] {
  const counts = new Map<string, number>();
  for (const { listens } of servers) {
    for (const listen of listens) {
      const key = addressOf(listen);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return servers.flatMap(({ listens, names }) => {
    const isShared = listens.some((listen) => Number(counts.get(addressOf(listen))) > 1);
    return names
      .filter((name) => name.kind === 'invalid')
      .map((name) =>
        problemAt(
          'HW_NGINX_VALUE',
          placeOfWord(name.setting.directive, name.word),
          `invalid server name or wildcard "${name.text}"`,
          { severity: isShared ? 'error' : 'warning', remedy: wildcardRemedy },
        ),
      );
  });
}

/** HTTP/3 comes by UDP, so that the same address by TCP is another one. */
function addressOf({ address, hasQuic }: Listen): string {
  return `${formatListenAddress(address)}${hasQuic ? ' by UDP' : ''}`;
}

function again(
  seen: Map<string, Listen>,
  address: string,
  listen: Listen,
  noun: string,
): Problem[] {
  const earlier = seen.get(address);
  seen.set(address, listen);
  if (earlier?.setting === undefined || listen.setting === undefined) return [];
  const where = formatPlace(earlier.setting.directive);
  const message = `duplicate ${noun}: also at ${where}`;
  return [problemAt('HW_NGINX_DUPLICATE', listen.setting.directive, message)];
}

function sameName(names: Map<string, ServerName>, address: string, name: ServerName): Problem[] {
  if (name.kind === 'regex') return [];
  const key = `${address} ${name.kind} ${name.text.toLowerCase()}`;
  const earlier = names.get(key);
  if (earlier === undefined) {
    names.set(key, name);
    return [];
  }
  const where = formatPlace(earlier.setting.directive);
  return [
    problemAt(
      'HW_NGINX_DUPLICATE',
      name.setting.directive,
      `conflicting server name "${name.text}" on ${address}: the server at ${where} gets the requests`,
      { severity: 'warning' },
    ),
  ];
}
