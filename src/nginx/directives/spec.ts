/**
 * What there is to know about one directive, and short ways to write it down in the tables beside this file.
 *
 * The facts are nginx's: contexts and argument counts as in its command tables, repetition and inheritance as in the setters
 * and merge functions of its modules, defaults and versions as in its documentation and CHANGES. A test holds the tables
 * against the command tables of an installed nginx.
 */

/** A kind of block, and the top of a file. `server-if` is an `if` in a server, `location-if` one in a location. */
export type Context =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'server-if'
  | 'location'
  | 'location-if'
  | 'limit_except'
  | 'upstream';

/** What nginx checks of the arguments before it looks at their meaning. */
export type ValueKind =
  /** `on` or `off`. */
  | { readonly kind: 'flag' }
  /** Milliseconds when the unit says so: `500ms`, `60s`, `1h 30m`. */
  | { readonly kind: 'time' }
  /** Whole seconds at the finest. */
  | { readonly kind: 'seconds' }
  /** Bytes, `8k`, `1m`. */
  | { readonly kind: 'size' }
  /** The same, and `1g`. */
  | { readonly kind: 'offset' }
  | { readonly kind: 'number' }
  /** A count of buffers and the size of one. */
  | { readonly kind: 'buffers' }
  /** One of these words, in any case. */
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  /** Any of these words, in any case. */
  | { readonly kind: 'set'; readonly words: readonly string[] }
  /** A size, or a template that becomes one. */
  | { readonly kind: 'size-template' }
  /** Anything; the model looks at what matters. */
  | { readonly kind: 'text' };

/** What a second directive of the same name in the same block does. */
export type Repeat =
  /** nginx refuses it: "is duplicate". */
  | 'error'
  /** Both count. */
  | 'add'
  /** Both count, but nginx refuses `off` beside anything. */
  | 'add-or-off'
  /** The last one counts. */
  | 'override';

/** How a block comes to a directive that it does not hold itself. */
export type Inheritance =
  /** From the nearest block around it that holds any; for a directive that adds up, all of that block's, and none of its own. */
  | 'nearest'
  /** The same, but only an `if` or `limit_except` from its location: the answer to a request, such as proxy_pass. */
  | 'content'
  /** It does not. */
  | 'none';

export type DirectiveSpec = {
  readonly name: string;
  readonly contexts: readonly Context[];
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly hasBlock: boolean;
  readonly value: ValueKind;
  readonly repeat: Repeat;
  readonly inherit: Inheritance;
  /** Directives that are inherited or not as one: `allow` and `deny`, `root` and `alias`. Default: the name. */
  readonly group: string;
  /** Arguments, counted from 0 (or from the end: -1), that are templates with variables. */
  readonly templates: 'all' | readonly number[];
  /** As it would be written; undefined when nothing is done unless it is said. */
  readonly defaultValue: string | undefined;
  /** Where a newer version took another default. Oldest first. */
  readonly laterDefaults: readonly { readonly since: string; readonly value: string | undefined }[];
  /** Words that a `choice` or `set` takes since a version. */
  readonly laterWords: readonly { readonly since: string; readonly word: string }[];
  /** First version that knows the directive, when that is later than 1.18. */
  readonly since: string | undefined;
  /** First version that no longer knows it. */
  readonly until: string | undefined;
};

export type SpecOptions = Partial<
  Pick<
    DirectiveSpec,
    | 'repeat'
    | 'inherit'
    | 'group'
    | 'templates'
    | 'laterDefaults'
    | 'laterWords'
    | 'since'
    | 'until'
  >
> & { readonly default?: string };

/** How many arguments: exactly, or from and to. */
export type Count = number | readonly [min: number, max: number];

export const many = Number.POSITIVE_INFINITY;

export const http: readonly Context[] = ['http'];
export const httpServer: readonly Context[] = ['http', 'server'];
/** http, server, location: where most directives may stand. */
export const everywhere: readonly Context[] = ['http', 'server', 'location'];
export const everywhereAndIf: readonly Context[] = [...everywhere, 'location-if'];
export const location: readonly Context[] = ['location'];
export const serverLocation: readonly Context[] = ['server', 'location'];
export const upstream: readonly Context[] = ['upstream'];
export const main: readonly Context[] = ['main'];

/** A directive with free arguments. By default it may stand once and is inherited. */
export function text(
  name: string,
  contexts: readonly Context[],
  count: Count,
  options: SpecOptions = {},
): DirectiveSpec {
  return spec(name, contexts, count, { kind: 'text' }, options);
}

/** A directive that adds up within its block. */
export function list(
  name: string,
  contexts: readonly Context[],
  count: Count,
  options: SpecOptions = {},
): DirectiveSpec {
  return text(name, contexts, count, { repeat: 'add', ...options });
}

/** A directive of one argument that is a template. */
export function template(
  name: string,
  contexts: readonly Context[],
  options: SpecOptions = {},
): DirectiveSpec {
  return text(name, contexts, 1, { templates: 'all', ...options });
}

export function flag(
  name: string,
  contexts: readonly Context[],
  options: SpecOptions = {},
): DirectiveSpec {
  return spec(name, contexts, 1, { kind: 'flag' }, options);
}

/** A directive of one argument that nginx reads as a quantity. */
export function quantity(
  kind: 'time' | 'seconds' | 'size' | 'offset' | 'number' | 'size-template',
  name: string,
  contexts: readonly Context[],
  options: SpecOptions = {},
): DirectiveSpec {
  const templates = kind === 'size-template' ? ({ templates: 'all' } as const) : {};
  return spec(name, contexts, 1, { kind }, { ...templates, ...options });
}

export function buffers(
  name: string,
  contexts: readonly Context[],
  options: SpecOptions = {},
): DirectiveSpec {
  return spec(name, contexts, 2, { kind: 'buffers' }, options);
}

export function choice(
  name: string,
  contexts: readonly Context[],
  words: readonly string[],
  options: SpecOptions = {},
): DirectiveSpec {
  return spec(name, contexts, 1, { kind: 'choice', words }, options);
}

export function set(
  name: string,
  contexts: readonly Context[],
  words: readonly string[],
  options: SpecOptions & { readonly count?: Count } = {},
): DirectiveSpec {
  const { count = [1, many], ...rest } = options;
  return spec(name, contexts, count, { kind: 'set', words }, { repeat: 'add', ...rest });
}

export function block(
  name: string,
  contexts: readonly Context[],
  count: Count,
  options: SpecOptions = {},
): DirectiveSpec {
  const base = text(name, contexts, count, { repeat: 'add', inherit: 'none', ...options });
  return { ...base, hasBlock: true };
}

function spec(
  name: string,
  contexts: readonly Context[],
  count: Count,
  value: ValueKind,
  options: SpecOptions,
): DirectiveSpec {
  const [minArgs, maxArgs] = typeof count === 'number' ? [count, count] : count;
  return {
    name,
    contexts,
    minArgs,
    maxArgs,
    hasBlock: false,
    value,
    repeat: options.repeat ?? 'error',
    inherit: options.inherit ?? 'nearest',
    group: options.group ?? name,
    templates: options.templates ?? [],
    defaultValue: options.default,
    laterDefaults: options.laterDefaults ?? [],
    laterWords: options.laterWords ?? [],
    since: options.since,
    until: options.until,
  };
}
