/**
 * A configuration as blocks inside blocks, with includes followed: what a directive's place means, no longer in which file it
 * was found. Each directive still knows where it is written and through which includes it came.
 *
 * A file that is only part of a configuration (a `server` block in sites-enabled, a snippet for a location) is put into the
 * blocks it must have been meant for.
 */

import type { Context } from './directives/spec.ts';
import { type BlockKind, insideOf, specIn } from './directives.ts';
import { NginxError } from './errors.ts';
import type { Configuration } from './include.ts';
import type { Directive, Document, Item } from './tree.ts';

/** A directive in force in a block. One that is in a file included twice is two settings. */
export type Setting = {
  readonly directive: Directive;
  /** The `include` directives it came through, outermost first. */
  readonly via: readonly Directive[];
};

/** A block. */
export type Level = {
  readonly kind: BlockKind;
  /** The directive that opens it; undefined for the whole file, and around a fragment. */
  readonly opening: Setting | undefined;
  readonly parent: Level | undefined;
  /** Everything in it, in order, but not the `include`s that were followed. */
  readonly settings: readonly Setting[];
  /** The same by name. */
  readonly named: ReadonlyMap<string, readonly Setting[]>;
  /** Those of its settings that are blocks, in order. */
  readonly children: readonly Level[];
};

/** Includes followed in all. A few files that include each other's snippets many times over could go on for ever. */
const mostIncludes = 50_000;

/** Blocks inside blocks, through includes: one file alone is held to this by the parser. */
const deepest = 200;

/** The whole configuration: a level of kind `main`. Throws an `NginxError` (`HW_NGINX_INCLUDE`) when it has no end. */
export function buildLevels(configuration: Configuration): Level {
  const builder = new LevelBuilder(configuration);
  const settings = builder.settingsOf(configuration.main.items, []);
  const context = likelyContext(settings);
  return builder.around(context, settings);
}

/** The directives of this name in the block itself. */
export function settingsNamed(level: Level, name: string): readonly Setting[] {
  return level.named.get(name) ?? [];
}

/** The level and all below it, each before those inside it. */
export function* levelsIn(level: Level): Generator<Level> {
  yield level;
  for (const child of level.children) yield* levelsIn(child);
}

/** In which block the directives of a file are at home: where most of them are allowed, the outermost of several. */
function likelyContext(settings: readonly Setting[]): Context {
  const candidates = ['main', 'http', 'server', 'location', 'upstream'] as const;
  let best: Context = 'main';
  let most = 0;
  for (const context of candidates) {
    const fitting = settings.filter(
      ({ directive }) => directive.name !== 'include' && fits(directive, context),
    ).length;
    if (fitting > most) {
      best = context;
      most = fitting;
    }
  }
  return best;
}

function fits(directive: Directive, context: Context): boolean {
  const spec = specIn(directive.name, context);
  return spec !== undefined && spec.hasBlock === (directive.body.kind === 'block');
}

type MutableLevel = Level & { children: Level[] };

class LevelBuilder {
  readonly #includes: Configuration['includes'];
  #followed = 0;

  constructor(configuration: Configuration) {
    this.#includes = configuration.includes;
  }

  /** The settings at home in `context`, in the blocks around that. */
  around(context: Context, settings: readonly Setting[]): Level {
    const path = blocksAround(context);
    const [outermost] = path as [Context];
    const main = this.#level(outermost, undefined, undefined, path.length === 1 ? settings : [], 0);
    let parent = main;
    for (const [index, kind] of path.entries()) {
      if (index === 0) continue;
      const isInnermost = index === path.length - 1;
      const level = this.#level(kind, undefined, parent, isInnermost ? settings : [], index);
      parent.children.push(level);
      parent = level;
    }
    return main;
  }

  settingsOf(items: readonly Item[], via: readonly Directive[]): Setting[] {
    const settings: Setting[] = [];
    for (const item of items) {
      if (item.kind === 'comment') continue;
      const included = item.name === 'include' ? this.#includes.get(item) : undefined;
      if (included === undefined) settings.push({ directive: item, via });
      else for (const setting of this.#follow(item, included, via)) settings.push(setting);
    }
    return settings;
  }

  #follow(
    include: Directive,
    documents: readonly Document[],
    via: readonly Directive[],
  ): Setting[] {
    this.#followed += documents.length;
    if (this.#followed > mostIncludes) {
      throw new NginxError(
        'HW_NGINX_INCLUDE',
        include,
        `more than ${mostIncludes} files are included, counting each time`,
      );
    }
    const inner = [...via, include];
    return documents.flatMap((document) => this.settingsOf(document.items, inner));
  }

  #level(
    kind: BlockKind,
    opening: Setting | undefined,
    parent: Level | undefined,
    settings: readonly Setting[],
    depth: number,
  ): MutableLevel {
    if (depth > deepest && opening !== undefined) {
      throw new NginxError(
        'HW_NGINX_INCLUDE',
        opening.directive,
        `blocks are nested more than ${deepest} deep through includes`,
      );
    }
    const named = Map.groupBy(settings, ({ directive }) => directive.name);
    const level: MutableLevel = { kind, opening, parent, settings, named, children: [] };
    if (kind === 'data' || kind === 'foreign') return level;
    for (const setting of settings) {
      const { name, body } = setting.directive;
      if (body.kind !== 'block') continue;
      const inner = this.settingsOf(body.items, setting.via);
      level.children.push(this.#level(insideOf(name, kind), setting, level, inner, depth + 1));
    }
    return level;
  }
}

function blocksAround(context: Context): Context[] {
  switch (context) {
    case 'http':
    case 'server':
    case 'location':
      return (['main', 'http', 'server', 'location'] as const).slice(
        0,
        { http: 2, server: 3, location: 4 }[context],
      );
    case 'upstream':
      return ['main', 'http', 'upstream'];
    default:
      return ['main'];
  }
}
