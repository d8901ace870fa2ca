/**
 * What is served on which address: the sites in the order of the file, then the console. Both the checks and the model
 * start from here, so that they cannot disagree.
 */

import type { HostPattern, ListenAddress } from './model.ts';
import type { ConfigPath } from './problem.ts';
import { type ListenConfig, type ListenOptions, listenOptionNames } from './schema/listen.ts';
import type { ConsoleConfig, SiteConfig } from './schema.ts';
import { formatListenAddress } from './values/listen-address.ts';

/** A site, or the console. */
export type Served = {
  /** `['sites', 2]` or `['console']`. */
  readonly path: ConfigPath;
  readonly site?: SiteConfig;
  readonly listen: readonly ListenConfig[];
  /** Whether it takes `listen` from the top of the file, or has its own. */
  readonly ownListen: boolean;
  /** Undefined: every host that nobody else names there. */
  readonly hosts?: readonly { readonly text: string; readonly patterns: readonly HostPattern[] }[];
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly passphrases?: string;
};

/** What is served on one address; an option is what the first mention of the address says that says anything. */
export type Address = ListenOptions & {
  readonly address: ListenAddress;
  /** Not empty. */
  readonly served: readonly Served[];
};

/** Whether an address speaks TLS: as it says, else when one of its sites does. */
export function speaksTls({ tls, served }: Address): boolean {
  return (
    tls ??
    served.some(({ cert, site }) => cert !== undefined || site?.tls?.rejectHandshakes === true)
  );
}

/** Who has the hosts there that nobody names: who says so, else the first without a host, else, as in nginx, the first. */
export function defaultOf({ address, served }: Address): Served {
  const name = formatListenAddress(address);
  const chosen = served.find(({ listen }) =>
    listen.some((one) => one.default === true && formatListenAddress(one) === name),
  );
  return chosen ?? served.find(({ hosts }) => hosts === undefined) ?? (served[0] as Served);
}

/**
 * @param sites undefined for a site that could not be read
 * @param listen what holds for everything without its own `listen`
 */
export function servedBy(
  sites: readonly (SiteConfig | undefined)[],
  console: ConsoleConfig,
  listen: readonly ListenConfig[],
): Served[] {
  const served = sites.flatMap((site, index) =>
    site === undefined ? [] : [{ ...common(['sites', index], site, listen), site }],
  );
  return console.enabled ? [...served, common(['console'], console, listen)] : served;
}

function common(
  path: ConfigPath,
  config: SiteConfig | ConsoleConfig,
  listen: readonly ListenConfig[],
): Served {
  return {
    path,
    listen: config.listen ?? listen,
    ownListen: config.listen !== undefined,
    ...(config.host === undefined ? {} : { hosts: config.host }),
    ...(config.cert === undefined ? {} : { cert: config.cert }),
    ...(config.key === undefined ? {} : { key: config.key }),
    ...(config.passphrases === undefined ? {} : { passphrases: config.passphrases }),
  };
}

/** The same, by address, in the order in which addresses first appear. */
export function byAddress(served: readonly Served[]): Address[] {
  type Found = { address: ListenAddress; served: Served[] } & {
    -readonly [Name in keyof ListenOptions]: ListenOptions[Name];
  };
  const addresses = new Map<string, Found>();
  for (const one of served) {
    for (const address of one.listen) {
      const name = formatListenAddress(address);
      const before = addresses.get(name);
      const found = before ?? { address, served: [] };
      if (before === undefined) addresses.set(name, found);
      if (!found.served.includes(one)) found.served.push(one);
      for (const option of listenOptionNames) found[option] ??= address[option];
    }
  }
  return [...addresses.values()];
}
