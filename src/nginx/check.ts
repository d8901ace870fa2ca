/**
 * What nginx refuses in a configuration before it looks at what the values mean: unknown directives, directives in the wrong
 * block, too many or too few arguments, missing or surplus blocks, duplicates, and values that are no number, time or size.
 *
 * Unlike nginx it does not stop at the first. What the values mean is checked by `model.ts`.
 */
import type { Context, DirectiveSpec } from './directives/spec.ts';
import { isIn, isWordIn, nearestDirective, otherModuleOf, specIn, specsOf } from './directives.ts';
import { formatPlace, type Problem, problemAt } from './errors.ts';
import { type Level, levelsIn, type Setting } from './level.ts';
import { type Directive, placeOfWord } from './tree.ts';
import { parseNumber, parseSize, parseTime } from './units.ts';

export type CheckOptions = {
  /** Of nginx; given, directives that this version lacks are errors too. */
  readonly version?: string;
};

/** Everything wrong in `level` and below. A directive in a file that is included several times is reported once. */
export function check(level: Level, options: CheckOptions = {}): Problem[] {
  const problems = new Map<string, Problem>();
  for (const at of levelsIn(level)) {
    // What stands in `map` and the like are no directives, and `stream` and `mail` have their own.
    if (at.kind === 'data' || at.kind === 'foreign') continue;
    for (const problem of checkLevel(at, at.kind, options)) {
      problems.set(`${formatPlace(problem.place)} ${problem.message}`, problem);
    }
  }
  return [...problems.values()];
}

function* checkLevel(level: Level, context: Context, options: CheckOptions): Generator<Problem> {
  const seen = new Map<string, Setting>();
  for (const setting of level.settings) {
    const { directive } = setting;
    const spec = specIn(directive.name, context);
    if (spec === undefined) {
      yield misplaced(directive, context);
      continue;
    }
    const problem = checkDirective(directive, spec, options);
    if (problem !== undefined) yield problem;
    const earlier = seen.get(spec.group);
    seen.set(spec.group, setting);
    if (earlier !== undefined && excludes(spec, earlier.directive, directive)) {
      yield duplicate(directive, earlier.directive, spec);
    }
  }
}

/** Whether the second of two directives does not simply add to the first. */
function excludes(spec: DirectiveSpec, first: Directive, second: Directive): boolean {
  switch (spec.repeat) {
    case 'add':
      return false;
    case 'add-or-off':
      return [first, second].some((directive) => directive.args[0]?.value === 'off');
    case 'error':
    case 'override':
      return true;
  }
}

function checkDirective(
  directive: Directive,
  spec: DirectiveSpec,
  options: CheckOptions,
): Problem | undefined {
  const { name, args } = directive;
  const hasBlock = directive.body.kind === 'block';
  if (spec.hasBlock !== hasBlock) {
    return problemAt(
      'HW_NGINX_ARGUMENTS',
      directive,
      hasBlock
        ? `directive "${name}" is not terminated by ";" and takes no block`
        : `directive "${name}" has no opening "{"`,
    );
  }
  if (args.length < spec.minArgs || args.length > spec.maxArgs) {
    return problemAt(
      'HW_NGINX_ARGUMENTS',
      directive,
      `invalid number of arguments in "${name}": it takes ${formatCount(spec)}, here are ${args.length}`,
    );
  }
  if (options.version !== undefined && !isIn(spec, options.version)) {
    return problemAt(
      'HW_NGINX_UNKNOWN_DIRECTIVE',
      directive,
      spec.since !== undefined
        ? `directive "${name}" came with nginx ${spec.since}, this is ${options.version}`
        : `directive "${name}" is gone since nginx ${spec.until}, this is ${options.version}`,
    );
  }
  return checkValue(directive, spec, options.version);
}

function checkValue(
  directive: Directive,
  spec: DirectiveSpec,
  version: string | undefined,
): Problem | undefined {
  const { name } = directive;
  for (const [index, arg] of directive.args.entries()) {
    const expected = objection(spec, index, arg.value, version);
    if (expected === undefined) continue;
    return problemAt(
      'HW_NGINX_VALUE',
      placeOfWord(directive, arg),
      `invalid value "${arg.value}" in "${name}", it must be ${expected}`,
    );
  }
  return undefined;
}

/** What an argument should have been; undefined when it is that. */
function objection(
  spec: DirectiveSpec,
  index: number,
  value: string,
  version: string | undefined,
): string | undefined {
  const { value: kind } = spec;
  switch (kind.kind) {
    case 'flag':
      return /^(?:on|off)$/i.test(value) ? undefined : '"on" or "off"';
    case 'time':
      return parseTime(value) === undefined ? 'a time, such as 60s or 500ms' : undefined;
    case 'seconds':
      return parseTime(value, 's') === undefined
        ? 'a time in whole seconds, such as 60s'
        : undefined;
    case 'size':
      return parseSize(value) === undefined ? 'a size, such as 8k or 1m' : undefined;
    case 'offset':
      return parseSize(value, true) === undefined ? 'a size, such as 8k, 1m or 1g' : undefined;
    case 'size-template':
      return value.includes('$') || parseSize(value) !== undefined
        ? undefined
        : 'a size, such as 8k or 1m, or a variable';
    case 'number':
      return parseNumber(value) === undefined ? 'a number' : undefined;
    case 'buffers':
      if (index === 0) return Number(parseNumber(value)) > 0 ? undefined : 'a number of buffers';
      return Number(parseSize(value)) > 0 ? undefined : 'the size of a buffer, such as 8k';
    case 'choice':
    case 'set': {
      const words = kind.words.filter((word) => isWordIn(spec, word, version));
      return words.some((word) => word.toLowerCase() === value.toLowerCase())
        ? undefined
        : `one of ${words.join(', ')}`;
    }
    case 'text':
      return undefined;
  }
}

function misplaced(directive: Directive, context: Context): Problem {
  const { name } = directive;
  const elsewhere = [...new Set(specsOf(name).flatMap((spec) => spec.contexts))];
  if (elsewhere.length > 0) {
    return problemAt(
      'HW_NGINX_CONTEXT',
      directive,
      `directive "${name}" is not allowed ${inWords(context)}`,
      { remedy: `nginx allows it ${elsewhere.map(inWords).join(', ')}` },
    );
  }
  const module = otherModuleOf(name);
  if (module !== undefined) {
    return problemAt(
      'HW_NGINX_UNKNOWN_DIRECTIVE',
      directive,
      `directive "${name}" belongs to ${module}, which Hatchway does not know`,
      { severity: 'warning', remedy: 'nothing to do when nginx itself starts with it' },
    );
  }
  const meant = nearestDirective(name);
  return problemAt(
    'HW_NGINX_UNKNOWN_DIRECTIVE',
    directive,
    `unknown directive "${name}"`,
    meant === undefined ? {} : { remedy: `did you mean "${meant}"?` },
  );
}

function duplicate(directive: Directive, earlier: Directive, spec: DirectiveSpec): Problem {
  const { name } = directive;
  const before = `the one at ${formatPlace(earlier)}`;
  return spec.repeat !== 'override'
    ? problemAt(
        'HW_NGINX_DUPLICATE',
        directive,
        earlier.name === name
          ? `directive "${name}" is duplicate: ${before} is in the same block`
          : `directive "${name}" does not go together with "${earlier.name}", ${before}`,
      )
    : problemAt(
        'HW_NGINX_DUPLICATE',
        directive,
        earlier.name === name
          ? `directive "${name}" stands twice in this block: ${before} has no effect`
          : `directive "${name}" takes the place of "${earlier.name}", ${before}`,
        { severity: 'warning' },
      );
}

function formatCount(spec: DirectiveSpec): string {
  const { minArgs, maxArgs } = spec;
  if (maxArgs === Number.POSITIVE_INFINITY) return `at least ${minArgs}`;
  if (minArgs === maxArgs) return minArgs === 0 ? 'none' : `${minArgs}`;
  return `${minArgs} to ${maxArgs}`;
}

function inWords(context: Context): string {
  switch (context) {
    case 'main':
      return 'outside of all blocks';
    case 'server-if':
      return 'in "if" in "server"';
    case 'location-if':
      return 'in "if" in "location"';
    default:
      return `in "${context}"`;
  }
}
