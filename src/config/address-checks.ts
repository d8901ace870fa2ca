/** What sites and the console do to each other on one address: TLS beside plain HTTP, hosts with two owners, overlaps. */

import { isIPv6 } from 'node:net';
import type { ListenAddress } from './model.ts';
import type { ConfigPath, Finding, LineOf } from './problem.ts';
import { type ListenConfig, listenOptionNames } from './schema/listen.ts';
import { type Address, byAddress, type Served, speaksTls } from './served.ts';
import { hostPatternKey } from './values/host-pattern.ts';
import { formatListenAddress, overlaps } from './values/listen-address.ts';

/** Everything that is wrong between them. */
export function checkAddresses(
  served: readonly Served[],
  admin: ListenAddress | undefined,
  lineOf: LineOf,
): Finding[] {
  const findings = [...checkOverlaps(served, lineOf), ...checkOptions(served, lineOf)];
  if (admin !== undefined) findings.push(...checkAdmin(admin, served, lineOf));
  /** Two sites that share two addresses have one problem, not two. */
  const told = new Set<string>();
  for (const address of byAddress(served)) {
    for (const finding of [...checkTls(address, lineOf), ...checkHosts(address, lineOf)]) {
      const key = JSON.stringify([finding.path, finding.hint]);
      if (told.has(key)) continue;
      told.add(key);
      findings.push(finding);
    }
  }
  return findings;
}

/** An address is served with TLS or without, never both. */
function checkTls(place: Address, lineOf: LineOf): Finding[] {
  const { address, served } = place;
  const name = formatListenAddress(address);
  const secure = served.find((one) => one.cert !== undefined);
  if (!speaksTls(place) || secure === undefined) return [];
  const bare = served.filter(
    ({ cert, key, site }) =>
      cert === undefined && key === undefined && site?.tls?.rejectHandshakes !== true,
  );
  return bare.map((one) =>
    one.site === undefined
      ? {
          // The console is often not in the file at all; what made its address a TLS one always is.
          path: [...secure.path, 'cert'],
          message: `with this certificate ${name} speaks TLS, and the console, which is there too, has none`,
          hint: 'give this site its own `listen`, or give `console` a `cert` and a `key`',
        }
      : {
          path: one.path,
          message: `${name} speaks TLS for ${called(secure, lineOf)}, and this site has no certificate`,
          hint: 'add `cert` and `key`, or give one of them its own `listen`',
        },
  );
}

/** Within one address each host belongs to one site, and one of them at most has all the others. */
function checkHosts({ address, served }: Address, lineOf: LineOf): Finding[] {
  const name = formatListenAddress(address);
  const defaults = served.filter((one) => isDefault(one, name));
  const [chosen, second] = defaults;
  const findings: Finding[] = [];
  if (chosen !== undefined && second !== undefined) {
    findings.push({
      path: [...second.path, 'listen'],
      message: `${called(chosen, lineOf)} is already the \`default\` of ${name}`,
      hint: 'remove `default` from one of them',
    });
  }
  const owners = new Map<string, Served>();
  let takesOthers: Served | undefined;
  for (const one of served) {
    if (one.hosts === undefined) {
      if (chosen !== undefined) continue;
      if (takesOthers === undefined) takesOthers = one;
      else findings.push(twoForOthers(name, takesOthers, one, lineOf));
      continue;
    }
    for (const [index, { text, patterns }] of one.hosts.entries()) {
      for (const pattern of patterns) {
        const key = hostPatternKey(pattern);
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, one);
        else findings.push(twoOwners([...one.path, 'host', index], text, name, owner, one, lineOf));
      }
    }
  }
  return findings;
}

function isDefault({ listen }: Served, name: string): boolean {
  return listen.some((one) => one.default === true && formatListenAddress(one) === name);
}

function twoOwners(
  path: ConfigPath,
  text: string,
  address: string,
  owner: Served,
  one: Served,
  lineOf: LineOf,
): Finding {
  if (owner === one) {
    return { path, message: `\`${text}\` is named twice`, hint: 'remove one of them' };
  }
  return {
    path,
    message: `\`${text}\` on ${address} already belongs to ${called(owner, lineOf)}`,
    hint: 'remove it from one of them, or give one of them its own `listen`',
  };
}

/** `second` may be the console, which is last on its address and often not in the file: then the site is pointed at. */
function twoForOthers(address: string, first: Served, second: Served, lineOf: LineOf): Finding {
  const [site, other] = second.site === undefined ? [first, second] : [second, first];
  return {
    path: site.path,
    message: `without \`host\` this site takes every other host of ${address}, and so does ${called(other, lineOf)}`,
    hint: 'add a `host` to one of them, or give one of them its own `listen`',
  };
}

/** `[::]` that takes IPv4 as well leaves none of it to another listener on that port. */
function checkOverlaps(served: readonly Served[], lineOf: LineOf): Finding[] {
  type Use = { readonly address: ListenConfig; readonly by: Served; readonly index: number };
  const findings: Finding[] = [];
  const byPort = new Map<number, Use[]>();
  const seen = new Set<string>();
  for (const by of served) {
    for (const [index, address] of by.listen.entries()) {
      const name = formatListenAddress(address);
      if (address.kind !== 'tcp' || seen.has(name)) continue;
      seen.add(name);
      const use = { address, by, index };
      const uses = byPort.get(address.port);
      if (uses === undefined) {
        byPort.set(address.port, [use]);
        continue;
      }
      const before = uses.find((other) => exclude(other.address, address));
      uses.push(use);
      if (before === undefined) continue;
      // The top-level `listen` may be a default that is not in the file; an own one always is.
      const [here, there] = by.ownListen || !before.by.ownListen ? [use, before] : [before, use];
      findings.push({
        path: [...(here.by.ownListen ? here.by.path : []), 'listen', here.index],
        message: `${formatListenAddress(here.address)} and ${formatListenAddress(there.address)} of ${called(there.by, lineOf)} overlap: only one of them can be listened on`,
        hint: 'write the same address in both places, or `{ address: "[::]:PORT", ipv6Only: true }`',
      });
    }
  }
  return findings;
}

function exclude(a: ListenConfig, b: ListenConfig): boolean {
  const [wide, other] = a.kind === 'tcp' && a.host === '::' ? [a, b] : [b, a];
  if (wide.kind === 'unix' || other.kind === 'unix' || wide.host !== '::') return false;
  return wide.ipv6Only !== true && !isIPv6(other.host) && overlaps(wide, other);
}

/** An address is what it is for all its sites: two of them cannot want it differently. */
function checkOptions(served: readonly Served[], lineOf: LineOf): Finding[] {
  const findings: Finding[] = [];
  const said = new Map<string, { value: boolean; by: Served }>();
  const seen = new Set<ListenConfig>();
  for (const by of served) {
    for (const [index, address] of by.listen.entries()) {
      // The top-level `listen` is the same for many.
      if (seen.has(address)) continue;
      seen.add(address);
      for (const option of listenOptionNames) {
        const value = address[option];
        if (value === undefined) continue;
        const name = formatListenAddress(address);
        const before = said.get(`${name} ${option}`);
        if (before === undefined) said.set(`${name} ${option}`, { value, by });
        else if (before.value !== value) {
          findings.push({
            path: [...(by.ownListen ? by.path : []), 'listen', index, option],
            message: `${name} has \`${option}: ${before.value}\` for ${called(before.by, lineOf)}`,
            hint: 'write the same in both places, or leave it out in one',
          });
        }
      }
    }
  }
  return findings;
}

/** Metrics and states are for other people than the sites are. */
function checkAdmin(admin: ListenAddress, served: readonly Served[], lineOf: LineOf): Finding[] {
  const name = formatListenAddress(admin);
  const other = served.find(({ listen }) =>
    listen.some((address) => formatListenAddress(address) === name || overlaps(address, admin)),
  );
  // Port 0 is a free port each time.
  if (other === undefined || (admin.kind === 'tcp' && admin.port === 0)) return [];
  return [
    {
      path: ['admin'],
      message: `${name} is already where ${called(other, lineOf)} is served`,
      hint: 'use an address of its own, such as 127.0.0.1:9022',
    },
  ];
}

function called(one: Served, lineOf: LineOf): string {
  return one.site === undefined ? 'the console' : `the site at line ${lineOf(one.path)}`;
}
