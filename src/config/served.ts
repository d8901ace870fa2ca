/**
 * What is served on which address: the sites in the order of the file, then the console. Both the checks and the model
 * start from here, so that they cannot disagree.
 */

import type { HostPattern, ListenAddress } from './model.ts';
import type { ConfigPath } from './problem.ts';
import type { ConsoleConfig, SiteConfig } from './schema.ts';
import { formatListenAddress } from './values/listen-address.ts';

/** A site, or the console. */
export type Served = {
  /** `['sites', 2]` or `['console']`. */
  readonly path: ConfigPath;
  readonly site?: SiteConfig;
  readonly listen: readonly ListenAddress[];
  /** Whether it takes `listen` from the top of the file, or has its own. */
  readonly ownListen: boolean;
  /** Undefined: every host that nobody else names there. */
  readonly hosts?: readonly { readonly text: string; readonly patterns: readonly HostPattern[] }[];
  readonly cert?: string;
  readonly key?: string;
};

/** What is served on one address. */
export type Address = {
  readonly address: ListenAddress;
  /** Not empty. */
  readonly served: readonly Served[];
};

/**
 * @param sites undefined for a site that could not be read
 * @param listen what holds for everything without its own `listen`
 */
export function servedBy(
  sites: readonly (SiteConfig | undefined)[],
  console: ConsoleConfig,
  listen: readonly ListenAddress[],
): Served[] {
  const served = sites.flatMap((site, index) =>
    site === undefined ? [] : [{ ...common(['sites', index], site, listen), site }],
  );
  return console.enabled ? [...served, common(['console'], console, listen)] : served;
}

function common(
  path: ConfigPath,
  config: SiteConfig | ConsoleConfig,
  listen: readonly ListenAddress[],
): Served {
  return {
    path,
    listen: config.listen ?? listen,
    ownListen: config.listen !== undefined,
    ...(config.host === undefined ? {} : { hosts: config.host }),
    ...(config.cert === undefined ? {} : { cert: config.cert }),
    ...(config.key === undefined ? {} : { key: config.key }),
  };
}

/** The same, by address, in the order in which addresses first appear. */
export function byAddress(served: readonly Served[]): Address[] {
  const addresses = new Map<string, { address: ListenAddress; served: Served[] }>();
  for (const one of served) {
    for (const address of one.listen) {
      const name = formatListenAddress(address);
      const before = addresses.get(name);
      if (before === undefined) addresses.set(name, { address, served: [one] });
      else if (!before.served.includes(one)) before.served.push(one);
    }
  }
  return [...addresses.values()];
}
