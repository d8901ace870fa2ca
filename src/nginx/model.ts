/**
 * What an nginx configuration means, as far as it decides which request goes where: servers, locations, upstreams, maps; with
 * every piece still pointing at the directive that says so. What is in force in a server or location, `effective.ts` answers
 * for its `level`.
 *
 * Which server and location a request gets is not decided here: the gateway does that for its own sites, in nginx's order.
 */
import { check } from './check.ts';
import { specIn } from './directives.ts';
import { formatPlace, type Problem, problemAt } from './errors.ts';
import type { Configuration } from './include.ts';
import { buildLevels, type Level, type Setting, settingsNamed } from './level.ts';
import { type Condition, parseCondition } from './model/condition.ts';
import { conflictsBetween } from './model/conflicts.ts';
import { type Definitions, definitionsIn, undefinedVariables } from './model/definitions.ts';
import { implicitListen, type Listen, parseListen } from './model/listen.ts';
import { formatLocation, type LocationMatch, parseLocation } from './model/location.ts';
import { parseMap, type VariableMap } from './model/map.ts';
import { type ProxyTarget, parseProxyTarget } from './model/proxy-target.ts';
import { parseReturn, parseRewrite } from './model/rewrite.ts';
import { parseServerNames, type ServerName } from './model/server-name.ts';
import { parseUpstream, type Upstream } from './model/upstream.ts';

export type NginxModel = {
  readonly configuration: Configuration;
  /** The whole configuration as blocks. */
  readonly main: Level;
  /** Undefined in a configuration without `http`. */
  readonly http: Level | undefined;
  /** In order. */
  readonly servers: readonly Server[];
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly maps: readonly VariableMap[];
  /** Variables that are not nginx's own. */
  readonly definitions: Definitions;
  /** Everything wrong that was found, unreadable includes first, then in order of place. */
  readonly problems: readonly Problem[];
};

export type Server = {
  readonly level: Level;
  /** At least one. */
  readonly listens: readonly Listen[];
  /** Empty when there is no server_name: only a default server is reached then. */
  readonly names: readonly ServerName[];
  readonly locations: readonly Location[];
  readonly conditions: readonly If[];
};

export type Location = {
  readonly level: Level;
  readonly match: LocationMatch;
  /** Those inside it, in order. */
  readonly locations: readonly Location[];
  readonly conditions: readonly If[];
  /** `limit_except` blocks: for every method but those named. */
  readonly exceptions: readonly LimitExcept[];
  /** The `proxy_pass` of its own. */
  readonly target: ProxyTarget | undefined;
};

/** An `if`: a location of its own for the requests that fulfil the condition. */
export type If = {
  readonly level: Level;
  readonly condition: Condition;
  readonly target: ProxyTarget | undefined;
};

export type LimitExcept = {
  readonly level: Level;
  /** Upper-case. GET includes HEAD. */
  readonly methods: readonly string[];
  readonly target: ProxyTarget | undefined;
};

export type ModelOptions = {
  /** Of nginx: directives that it lacks are then problems. */
  readonly version?: string;
};

/**
 * Throws an `NginxError` only when includes have no end; what is wrong otherwise is in `problems`, and left out of the rest.
 */
export function buildModel(configuration: Configuration, options: ModelOptions = {}): NginxModel {
  const main = buildLevels(configuration);
  const builder = new ModelBuilder();
  const http = main.children.find((level) => level.kind === 'http');
  const inHttp = http?.children ?? [];
  const upstreams = builder.readUpstreams(inHttp);
  const maps = inHttp.filter(isMap).map((level) => builder.collect(parseMap(level)).map);
  const servers = inHttp
    .filter((level) => level.kind === 'server')
    .map((level) => builder.server(level));
  const definitions = definitionsIn(main);
  const found = [
    ...check(main, options),
    ...builder.problems,
    ...conflictsBetween(servers),
    ...undefinedVariables(main, definitions),
  ];
  const problems = [...configuration.problems, ...inOrder(found)];
  return { configuration, main, http, servers, upstreams, maps, definitions, problems };
}

/** A location and all inside it. */
export function* locationsIn(parent: Server | Location): Generator<Location> {
  for (const location of parent.locations) {
    yield location;
    yield* locationsIn(location);
  }
}

/** The settings of this name that have as many arguments as they need; check.ts tells of the others. */
function usable(level: Level, name: string): readonly Setting[] {
  return settingsNamed(level, name).filter((setting) => isUsable(setting, level));
}

function isUsable({ directive }: Setting, level: Level): boolean {
  if (level.kind === 'data' || level.kind === 'foreign') return false;
  const spec = specIn(directive.name, level.kind);
  const { length } = directive.args;
  return (
    spec !== undefined &&
    spec.hasBlock === (directive.body.kind === 'block') &&
    length >= spec.minArgs &&
    length <= spec.maxArgs
  );
}

function isMap(level: Level): boolean {
  const { opening, parent } = level;
  return opening?.directive.name === 'map' && parent !== undefined && isUsable(opening, parent);
}

class ModelBuilder {
  readonly problems: Problem[] = [];
  readonly #upstreams = new Map<string, Upstream>();

  collect<Result extends { readonly problems: readonly Problem[] }>(result: Result): Result {
    for (const problem of result.problems) this.problems.push(problem);
    return result;
  }

  /** To be called first: what `proxy_pass` names is looked up in them. */
  readUpstreams(levels: readonly Level[]): ReadonlyMap<string, Upstream> {
    for (const level of levels) {
      // A part of an upstream has no name to be found by.
      if (level.kind !== 'upstream' || level.opening === undefined) continue;
      if (!this.#isComplete(level)) continue;
      const { upstream } = this.collect(parseUpstream(level));
      const earlier = this.#upstreams.get(upstream.name);
      if (earlier === undefined) this.#upstreams.set(upstream.name, upstream);
      else this.#duplicate(`upstream "${upstream.name}"`, upstream.setting, earlier.setting);
    }
    return this.#upstreams;
  }

  server(level: Level): Server {
    this.#checkRewriting(level);
    const listens = usable(level, 'listen').flatMap((setting) => this.#read(parseListen(setting)));
    const names = usable(level, 'server_name').flatMap(
      (setting) => this.collect(parseServerNames(setting)).names,
    );
    return {
      level,
      listens: listens.length === 0 ? [implicitListen] : listens,
      names,
      locations: this.#locations(level, undefined),
      conditions: this.#conditions(level),
    };
  }

  /** Nothing here keeps them; whoever does reads them again with the same functions. */
  #checkRewriting(level: Level): void {
    for (const setting of usable(level, 'return')) this.#read(parseReturn(setting));
    for (const setting of usable(level, 'rewrite')) this.#read(parseRewrite(setting));
  }

  #locations(level: Level, outer: LocationMatch | undefined): Location[] {
    const locations: Location[] = [];
    const seen = new Map<string, Setting>();
    for (const child of level.children) {
      if (child.kind !== 'location') continue;
      const match = this.#matchOf(child);
      if (match === undefined) continue;
      const { opening } = child;
      if (opening !== undefined) {
        const key = locationKey(match);
        const earlier = key === undefined ? undefined : seen.get(key);
        if (earlier !== undefined) {
          this.#duplicate(
            `location "${formatLocation(match)}"`,
            opening,
            earlier,
            match.kind === 'named' ? 'warning' : 'error',
          );
        } else if (key !== undefined) {
          seen.set(key, opening);
        }
        this.#checkNesting(match, outer, opening);
      }
      this.#checkRewriting(child);
      locations.push({
        level: child,
        match,
        locations: this.#locations(child, match),
        conditions: this.#conditions(child),
        exceptions: this.#exceptions(child),
        target: this.#target(child, match.kind),
      });
    }
    return locations;
  }

  /** Around a fragment of a location, whose path nobody has said, it is `/`. */
  #matchOf(level: Level): LocationMatch | undefined {
    const { opening } = level;
    if (opening === undefined) return { kind: 'prefix', path: '/', beforeRegex: false };
    if (!this.#isComplete(level)) return undefined;
    const [match] = this.#read(parseLocation(opening.directive));
    return match;
  }

  #checkNesting(
    match: LocationMatch,
    outer: LocationMatch | undefined,
    { directive }: Setting,
  ): void {
    if (outer === undefined) return;
    const inner = `location "${formatLocation(match)}"`;
    const around = `"${formatLocation(outer)}"`;
    const refuse = (reason: string) =>
      this.problems.push(problemAt('HW_NGINX_VALUE', directive, `${inner} ${reason}`));
    if (match.kind === 'named') refuse('has a name, and may be on the server level only');
    else if (outer.kind === 'exact') refuse(`cannot be inside the exact location ${around}`);
    else if (outer.kind === 'named') refuse(`cannot be inside the named location ${around}`);
    else if (
      outer.kind === 'prefix' &&
      (match.kind === 'prefix' || match.kind === 'exact') &&
      !match.path.startsWith(outer.path)
    ) {
      refuse(`is outside of the location ${around} it stands in`);
    }
  }

  #conditions(level: Level): If[] {
    return level.children
      .filter((child) => child.kind === 'server-if' || child.kind === 'location-if')
      .filter((child) => this.#isComplete(child))
      .flatMap((child) => {
        const [condition] = this.#read(parseCondition((child.opening as Setting).directive));
        if (condition === undefined) return [];
        this.#checkRewriting(child);
        return [{ level: child, condition, target: this.#target(child, 'if') }];
      });
  }

  #exceptions(level: Level): LimitExcept[] {
    return level.children
      .filter((child) => child.kind === 'limit_except' && this.#isComplete(child))
      .map((child) => {
        const methods = (child.opening as Setting).directive.args.map((arg) =>
          arg.value.toUpperCase(),
        );
        return { level: child, methods, target: this.#target(child, 'limit_except') };
      });
  }

  #target(
    level: Level,
    kind: LocationMatch['kind'] | 'if' | 'limit_except',
  ): ProxyTarget | undefined {
    const [setting] = usable(level, 'proxy_pass');
    if (setting === undefined) return undefined;
    const [target] = this.#read(parseProxyTarget(setting));
    if (target === undefined || target.isTemplate) return target;
    const { directive } = setting;
    if (target.uri !== undefined && kind !== 'prefix' && kind !== 'exact') {
      this.problems.push(
        problemAt(
          'HW_NGINX_VALUE',
          directive,
          `"proxy_pass" cannot have the URI "${target.uri}" in a location given by regular expression or name, in "if" or in "limit_except"`,
          { remedy: `write proxy_pass ${target.scheme}://${target.authority};` },
        ),
      );
    }
    if (target.host !== undefined && target.hasPort && this.#upstreams.has(target.host)) {
      this.problems.push(
        problemAt(
          'HW_NGINX_VALUE',
          directive,
          `upstream "${target.host}" may not have port ${target.port}: its servers have theirs`,
        ),
      );
    }
    return target;
  }

  #isComplete(level: Level): boolean {
    const { opening, parent } = level;
    return opening === undefined || parent === undefined || isUsable(opening, parent);
  }

  /** The result in a list, or an empty list when it is a problem. */
  #read<Result extends object>(result: Result | Problem): Result[] {
    if (!isProblem(result)) return [result];
    this.problems.push(result);
    return [];
  }

  /** @param severity `warning` where nginx starts, and lets one of the two be */
  #duplicate(
    noun: string,
    setting: Setting,
    earlier: Setting,
    severity: Problem['severity'] = 'error',
  ): void {
    const message = `duplicate ${noun}: also at ${formatPlace(earlier.directive)}`;
    this.problems.push(problemAt('HW_NGINX_DUPLICATE', setting.directive, message, { severity }));
  }
}

function isProblem(result: object): result is Problem {
  return 'severity' in result;
}

/** Two locations of one key exclude each other. */
function locationKey(match: LocationMatch): string | undefined {
  switch (match.kind) {
    case 'exact':
      return `= ${match.path}`;
    case 'prefix':
      return match.path;
    case 'named':
      return match.name;
    case 'predicate':
    case 'regex':
      return undefined;
  }
}

/** File by file and from top to bottom, each once: a file that is included twice has its mistakes once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(
    problems.map((problem) => [`${formatPlace(problem.place)} ${problem.message}`, problem]),
  );
  const byFile = Map.groupBy(unique.values(), ({ place }) => place.file);
  return [...byFile.values()].flatMap((group) =>
    group.sort(({ place: a }, { place: b }) => a.line - b.line || a.column - b.column),
  );
}
