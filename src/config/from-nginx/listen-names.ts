/**
 * Names in `listen`, which nginx looks up as it reads them: the server is reached at every address that one has
 * (src/core/ngx_inet.c, ngx_inet_resolve_host).
 */
import { execFileSync } from 'node:child_process';
import { isIP } from 'node:net';
import type { Server } from '../../nginx/model.ts';
import { placeOfWord } from '../../nginx/tree.ts';
import type { ConfigProblem } from '../problem.ts';

/** The addresses of each name, IPv4 first; a name that has none is not in it. */
export type NamedAddresses = ReadonlyMap<string, readonly string[]>;

export type ListenNames = {
  readonly addresses: NamedAddresses;
  readonly errors: readonly ConfigProblem[];
};

/** Name servers that do not answer are asked for no longer, in milliseconds. */
const lookupMs = 10_000;

export function listenNamesIn(
  servers: readonly Server[],
  lookUp: (names: readonly string[]) => NamedAddresses = lookUpAtOnce,
): ListenNames {
  const uses = servers.flatMap(({ listens }) =>
    listens.flatMap(({ address, setting }) =>
      address.kind === 'tcp' && isIP(address.host) === 0 ? [{ name: address.host, setting }] : [],
    ),
  );
  if (uses.length === 0) return { addresses: new Map(), errors: [] };
  const addresses = lookUp([...new Set(uses.map(({ name }) => name))]);
  const errors = uses.flatMap(({ name, setting }) => {
    const word = setting?.directive.args[0];
    if (addresses.has(name) || setting === undefined || word === undefined) return [];
    const { file, line, column } = placeOfWord(setting.directive, word);
    return {
      file,
      line,
      column,
      message: `there is no address for the name ${name}`,
      hint: 'write an address, or * for all of them',
    };
  });
  return { addresses, errors };
}

const script = `
const { lookup } = require('node:dns/promises');
const names = process.argv.slice(1);
Promise.allSettled(names.map((name) => lookup(name, { all: true, order: 'ipv4first' }))).then((answers) => {
  const found = answers.map(({ value = [] }, at) => [names[at], value.map(({ address }) => address)]);
  process.stdout.write(JSON.stringify(found));
});`;

/** Configurations are read in one go, and Node looks names up only in passing: a process of its own can be waited for. */
function lookUpAtOnce(names: readonly string[]): NamedAddresses {
  const { NODE_OPTIONS: _, ...env } = process.env;
  let found: readonly (readonly [string, readonly string[]])[];
  try {
    const text = execFileSync(process.execPath, ['-e', script, '--', ...names], {
      encoding: 'utf8',
      env,
      timeout: lookupMs,
    });
    found = JSON.parse(text);
  } catch {
    return new Map();
  }
  return new Map(
    found.flatMap(([name, addresses]) =>
      addresses.length === 0 ? [] : [[name, [...new Set(addresses)]] as const],
    ),
  );
}
