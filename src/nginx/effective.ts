/**
 * What is in force in a block: its own directives, or those it inherits, by nginx's rule for each directive.
 *
 * The rule that surprises people: a directive that adds up (`proxy_set_header`, `add_header`, `error_page`, …) is inherited as
 * a whole or not at all. One of its own makes a block forget all of those around it.
 */
import type { DirectiveSpec, Inheritance } from './directives/spec.ts';
import { type Default, defaultOf, namesInGroup, specIn } from './directives.ts';
import { type Level, type Setting, settingsNamed } from './level.ts';

export type Effective = {
  /** In the order in which nginx uses them; none when the default holds. */
  readonly settings: readonly Setting[];
  /** The block that they are written in; with `merge`, the innermost. Undefined when the default holds. */
  readonly level: Level | undefined;
  /** What holds when `settings` is empty. */
  readonly default: Default;
};

export type EffectiveOptions = {
  /** Of nginx, for defaults that changed. Default: the newest. */
  readonly version?: string;
};

/** Directives of which a block may keep the inherited ones beside its own, and the directive that says so (1.29.3). */
const mergeable: Readonly<Record<string, string>> = {
  add_header: 'add_header_inherit',
  add_trailer: 'add_trailer_inherit',
};

/** @param name of a directive that may stand in this block or one around it; another one is in force nowhere */
export function effective(level: Level, name: string, options: EffectiveOptions = {}): Effective {
  const spec = specFor(name, level);
  if (spec === undefined) {
    return { settings: [], level: undefined, default: { value: undefined, since: undefined } };
  }
  const fallback = defaultOf(spec, options.version);
  const mergeDirective = mergeable[name];
  if (mergeDirective !== undefined) return withMerge(level, spec, mergeDirective, fallback);
  const holder = holderOf(level, spec.group, spec.inherit);
  const settings = holder === undefined ? [] : settingsNamed(holder, name);
  if (spec.repeat === 'override' && settings.length > 1) {
    return { settings: settings.slice(-1), level: holder, default: fallback };
  }
  return { settings, level: settings.length === 0 ? undefined : holder, default: fallback };
}

/** The arguments of a directive that counts once, or of its default; undefined when neither is there. */
export function effectiveArgs(
  level: Level,
  name: string,
  options: EffectiveOptions = {},
): readonly string[] | undefined {
  const found = effective(level, name, options);
  const setting = found.settings.at(-1);
  if (setting !== undefined) return setting.directive.args.map((arg) => arg.value);
  return found.default.value?.split(' ');
}

/**
 * The blocks around `level` whose directives of this name it does not get, since something nearer takes their place; nearest
 * first. For a directive that adds up, what a person who wrote them there may not expect.
 */
export function shadowed(level: Level, name: string): readonly Level[] {
  const found = effective(level, name);
  const inForce = new Set(found.settings);
  const levels: Level[] = [];
  for (let outer = found.level?.parent; outer !== undefined; outer = outer.parent) {
    const settings = settingsNamed(outer, name);
    if (settings.length > 0 && !settings.some((setting) => inForce.has(setting))) {
      levels.push(outer);
    }
  }
  return levels;
}

/** A directive that may not stand in a block can still be in force there, such as proxy_set_header in an `if`. */
function specFor(name: string, level: Level): DirectiveSpec | undefined {
  for (let at: Level | undefined = level; at !== undefined; at = at.parent) {
    const spec = at.kind === 'data' || at.kind === 'foreign' ? undefined : specIn(name, at.kind);
    if (spec !== undefined) return spec;
  }
  return undefined;
}

/** The nearest level, this one first, that has anything of the group. */
function holderOf(level: Level, group: string, inherit: Inheritance): Level | undefined {
  const names = namesInGroup(group);
  for (let at: Level | undefined = level; at !== undefined; at = at.parent) {
    if (names.some((name) => at.named.has(name))) return at;
    const isPartOfLocation = at.kind === 'location-if' || at.kind === 'limit_except';
    if (inherit === 'none' || (inherit === 'content' && !isPartOfLocation)) return undefined;
  }
  return undefined;
}

/** From the outside in, as nginx merges: what a level has inherited, and then its own. */
function withMerge(
  level: Level,
  spec: DirectiveSpec,
  mergeDirective: string,
  fallback: Default,
): Effective {
  const path: Level[] = [];
  for (let at: Level | undefined = level; at !== undefined; at = at.parent) path.unshift(at);
  let mode = 'on';
  let settings: readonly Setting[] = [];
  let holder: Level | undefined;
  for (const at of path) {
    const own = settingsNamed(at, spec.name);
    const modeHere = settingsNamed(at, mergeDirective).at(-1)?.directive.args[0]?.value;
    mode = modeHere?.toLowerCase() ?? mode;
    if (own.length > 0) {
      settings = mode === 'merge' ? [...own, ...settings] : own;
      holder = at;
    } else if (mode === 'off') {
      settings = [];
      holder = undefined;
    }
  }
  return { settings, level: holder, default: fallback };
}
