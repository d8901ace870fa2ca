/**
 * Which route of a site serves a path: nginx's order of locations.
 *
 *   exact → longest prefix, and in it the same anew → unless that forbids regexes: first regex, and in it the same anew
 *         → longest prefix
 *
 * Knows nothing of hosts or upstreams. Text is one character a byte. Source: nginx, `location`, and
 * `ngx_http_core_find_location`.
 */
import type { PathPattern } from '../config/route-model.ts';
import { byteRegex } from './byte-regex.ts';
import { utf8Bytes } from './request-uri.ts';

/** Anything that has a path pattern; the gateway's own compiled routes, in configuration order. */
export type Routed = {
  readonly path: PathPattern;
  /** The path that is for this route, too, since it only lacks the slash at the end of the pattern; one character a byte. */
  readonly slashless?: string | undefined;
};

/** A route with those inside it. */
export type Nested<Route extends Routed> = {
  readonly route: Route;
  /** Undefined when there are none. */
  readonly routes?: Routes<Route> | undefined;
};

/** Is told what a regex has matched. */
export interface MatchSink {
  matched(match: RegExpExecArray): void;
}

type Prefix<Route extends Routed> = Nested<Route> & {
  readonly beforeRegex: boolean;
  /** Made once: what most searches find. */
  readonly found: Search<Route>;
};

/** The routes of one level by path. Of two routes with the same pattern the first one has it. */
export class Routes<Route extends Routed> {
  readonly #exact = new Map<string, Route>();
  readonly #prefixes = new Map<string, Prefix<Route>>();
  /** The lengths that prefixes have, longest first: a path costs one map lookup for each. */
  readonly #prefixLengths: readonly number[];
  /** By the path that lacks their slash. */
  readonly #withoutSlash = new Map<string, Route>();
  readonly #regexes: (Nested<Route> & { readonly regex: RegExp })[] = [];

  constructor(routes: readonly Nested<Route>[]) {
    for (const nested of routes) {
      const { path: pattern, slashless } = nested.route;
      switch (pattern.kind) {
        case 'exact':
          addFirst(this.#exact, utf8Bytes(pattern.path), nested.route);
          if (slashless !== undefined) this.#withoutSlash.set(slashless, nested.route);
          break;
        case 'prefix':
          addFirst(this.#prefixes, utf8Bytes(pattern.path), {
            ...nested,
            beforeRegex: pattern.beforeRegex,
            found: { route: nested.route, isFinal: false },
          });
          if (slashless !== undefined) addFirst(this.#withoutSlash, slashless, nested.route);
          break;
        case 'regex':
          this.#regexes.push({ ...nested, regex: byteRegex(pattern.regex) });
          break;
      }
    }
    const lengths = new Set(Array.from(this.#prefixes.keys(), (prefix) => prefix.length));
    this.#prefixLengths = [...lengths].sort((a, b) => b - a);
  }

  /**
   * The route of a path as `normalisePath` returns it; undefined when none matches.
   *
   * @param sink is told the match of the regex that won, if one did
   */
  find(path: string, sink: MatchSink): Route | undefined {
    return this.#search(path, sink).route;
  }

  #search(path: string, sink: MatchSink): Search<Route> {
    if (this.#exact.size > 0) {
      const exact = this.#exact.get(path);
      if (exact !== undefined) return { route: exact, isFinal: true };
    }
    if (this.#withoutSlash.size > 0 && !this.#prefixes.has(path)) {
      const lacking = this.#withoutSlash.get(path);
      if (lacking !== undefined) return { route: lacking, isFinal: true };
    }
    const prefix = this.#longestPrefix(path);
    let found = prefix?.found ?? nothing;
    if (prefix?.routes !== undefined) {
      const inner = prefix.routes.#search(path, sink);
      if (inner.isFinal) return inner;
      if (inner.route !== undefined) found = inner;
    }
    if (!prefix?.beforeRegex) {
      for (const nested of this.#regexes) {
        const match = nested.regex.exec(path);
        if (match === null) continue;
        sink.matched(match);
        const inner = nested.routes === undefined ? nothing : nested.routes.#search(path, sink);
        return { route: inner.route ?? nested.route, isFinal: true };
      }
    }
    return found;
  }

  #longestPrefix(path: string): Prefix<Route> | undefined {
    for (const length of this.#prefixLengths) {
      if (length > path.length) continue;
      const found = this.#prefixes.get(path.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

type Search<Route> = {
  readonly route: Route | undefined;
  /** Whether nothing further out may be preferred. */
  readonly isFinal: boolean;
};

const nothing: Search<never> = { route: undefined, isFinal: false };

function addFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
