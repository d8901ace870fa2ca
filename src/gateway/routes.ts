/**
 * Which route of a site serves a path: nginx's order of locations.
 *
 *   exact → longest prefix, if it forbids regexes → first regex → longest prefix
 *
 * Knows nothing of hosts or upstreams. Source: nginx, `location`, and `ngx_http_find_location`.
 */
import type { PathPattern } from '../config/route-model.ts';

/** Anything that has a path pattern; the gateway's own compiled routes, in configuration order. */
export type Routed = { readonly path: PathPattern };

/** The routes of one site by path. Of two routes with the same pattern the first one has it. */
export class Routes<Route extends Routed> {
  readonly #exact = new Map<string, Route>();
  readonly #prefixes = new Map<string, { readonly route: Route; readonly beforeRegex: boolean }>();
  /** The lengths that prefixes have, longest first: a path costs one map lookup for each. */
  readonly #prefixLengths: readonly number[];
  readonly #regexes: { readonly regex: RegExp; readonly route: Route }[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const pattern = route.path;
      switch (pattern.kind) {
        case 'exact':
          if (!this.#exact.has(pattern.path)) this.#exact.set(pattern.path, route);
          break;
        case 'prefix':
          if (!this.#prefixes.has(pattern.path)) {
            this.#prefixes.set(pattern.path, { route, beforeRegex: pattern.beforeRegex });
          }
          break;
        case 'regex':
          this.#regexes.push({ regex: pattern.regex, route });
          break;
      }
    }
    const lengths = new Set(Array.from(this.#prefixes.keys(), (prefix) => prefix.length));
    this.#prefixLengths = [...lengths].sort((a, b) => b - a);
  }

  /** The route of a path as `normalisePath` returns it; undefined when none matches. */
  find(path: string): Route | undefined {
    if (this.#exact.size > 0) {
      const exact = this.#exact.get(path);
      if (exact !== undefined) return exact;
    }
    const prefix = this.#longestPrefix(path);
    if (prefix?.beforeRegex) return prefix.route;
    for (const { regex, route } of this.#regexes) {
      if (regex.test(path)) return route;
    }
    return prefix?.route;
  }

  #longestPrefix(
    path: string,
  ): { readonly route: Route; readonly beforeRegex: boolean } | undefined {
    for (const length of this.#prefixLengths) {
      if (length > path.length) continue;
      const found = this.#prefixes.get(path.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
