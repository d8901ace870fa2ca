/**
 * Which site serves a host: nginx's order of server names, for requests and for the certificate of a TLS client.
 *
 *   exact → longest leading wildcard (`*.example.com`) → longest trailing one (`mail.*`) → first regex → default
 *
 * Exact names and wildcards cost a map lookup a label, however many sites there are; only regexes are tried one by
 * one. Knows nothing of routes, sockets or certificates. Source: nginx, "Server names", and
 * `ngx_http_find_virtual_server`.
 */
import type { HostPattern } from '../config/model.ts';

/** Anything that has host patterns; the gateway's own compiled sites, in configuration order. */
export type Hosted = { readonly hosts: readonly HostPattern[] };

/** The sites of one listener by host. Of two sites with the same name the first one has it, as in nginx. */
export class Sites<Site extends Hosted> {
  readonly defaultSite: Site;
  readonly #exact = new Map<string, Site>();
  /** By the part after `*`, its dot included: `.example.com`. */
  readonly #bySuffix = new Map<string, Site>();
  /** By the part before `*`, its dot included: `mail.`. */
  readonly #byPrefix = new Map<string, Site>();
  readonly #regexes: { readonly regex: RegExp; readonly site: Site }[] = [];

  constructor(sites: readonly Site[], defaultSite: Site) {
    this.defaultSite = defaultSite;
    for (const site of sites) {
      for (const pattern of site.hosts) this.#add(pattern, site);
    }
  }

  /** The site of a host as `hostOf` returns it; the default site when none names it. */
  find(host: string): Site {
    return (
      this.#exact.get(host) ??
      (this.#bySuffix.size > 0 ? this.#longestSuffix(host) : undefined) ??
      (this.#byPrefix.size > 0 ? this.#longestPrefix(host) : undefined) ??
      (this.#regexes.length > 0 ? this.#firstRegex(host) : undefined) ??
      this.defaultSite
    );
  }

  /** What the regex matched that chose the site of a host; undefined when a name or a wildcard chose it. */
  matchOf(host: string): RegExpExecArray | undefined {
    const isNamed =
      this.#exact.has(host) ||
      this.#longestSuffix(host) !== undefined ||
      this.#longestPrefix(host) !== undefined;
    if (isNamed) return undefined;
    for (const { regex } of this.#regexes) {
      const match = regex.exec(host);
      if (match !== null) return match;
    }
    return undefined;
  }

  #add(pattern: HostPattern, site: Site): void {
    switch (pattern.kind) {
      case 'exact':
        addFirst(this.#exact, pattern.host.toLowerCase(), site);
        break;
      case 'leading-wildcard':
        addFirst(this.#bySuffix, pattern.suffix.toLowerCase(), site);
        break;
      case 'trailing-wildcard':
        addFirst(this.#byPrefix, pattern.prefix.toLowerCase(), site);
        break;
      case 'regex':
        this.#regexes.push({ regex: pattern.regex, site });
        break;
    }
  }

  /** `a.b.c` looks up `.b.c`, then `.c`. The star needs at least one character, so a leading dot is no match. */
  #longestSuffix(host: string): Site | undefined {
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const site = this.#bySuffix.get(host.slice(dot));
      if (site !== undefined) return site;
    }
    return undefined;
  }

  /** `a.b.c` looks up `a.b.`, then `a.`. */
  #longestPrefix(host: string): Site | undefined {
    for (
      let dot = host.lastIndexOf('.', host.length - 2);
      dot > 0;
      dot = host.lastIndexOf('.', dot - 1)
    ) {
      const site = this.#byPrefix.get(host.slice(0, dot + 1));
      if (site !== undefined) return site;
    }
    return undefined;
  }

  #firstRegex(host: string): Site | undefined {
    for (const { regex, site } of this.#regexes) {
      if (regex.test(host)) return site;
    }
    return undefined;
  }
}

function addFirst<Site>(map: Map<string, Site>, key: string, site: Site): void {
  if (!map.has(key)) map.set(key, site);
}

/**
 * The name a `Host` field is matched by: lower case, without port and without one trailing dot.
 * IPv6 addresses keep their brackets (`[::1]`). Expects a value that is valid as RFC 9110, 7.2 has it, or ''.
 */
export function hostOf(field: string): string {
  let end = field.length;
  // Behind the closing bracket, because an IPv6 address has colons of its own.
  const colon = field.indexOf(':', field.startsWith('[') ? field.indexOf(']') : 0);
  if (colon !== -1) end = colon;
  if (end > 0 && field.charCodeAt(end - 1) === 0x2e) end--;
  return field.slice(0, end).toLowerCase();
}
