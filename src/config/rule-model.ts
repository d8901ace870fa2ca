/**
 * What may be computed a request: templates with variables in them, and the rules that are run before and after a route is
 * chosen. The semantics are nginx's (ngx_http_rewrite_module, ngx_http_script.c), and so are the names of variables.
 */

/**
 * Text with variables. Names are lower-case and without `$`; captures of the last regular expression are `1` to `9`.
 * A template without variables is one string, an empty value an empty list.
 */
export type Template = readonly (string | VariableReference)[];

export type VariableReference = {
  readonly variable: string;
  /** Whether the value becomes one of a query's parameters, in which `&`, `%` and the like are escaped. Default false. */
  readonly escaped?: boolean;
};

/** One step; they run in order until one of them answers, ends the list, or starts the choice of a route anew. */
export type RuleModel =
  | { readonly kind: 'set'; readonly variable: string; readonly value: Template }
  | {
      readonly kind: 'rewrite';
      /** Tried on the normalised path. */
      readonly regex: RegExp;
      /** The new path, and a query when it has a `?`; for redirects where to. A `?` at its end drops the request's query. */
      readonly replacement: Template;
      /** `last` chooses a route anew, `break` ends the rules, `redirect` answers 302 and `permanent` 301. */
      readonly flag: 'none' | 'last' | 'break' | 'redirect' | 'permanent';
    }
  | {
      readonly kind: 'return';
      /** 444 closes the connection without an answer. */
      readonly status: number;
      /** Where to for 301, 302, 303, 307 and 308, else the body as `text/plain`. Default: the gateway's own page. */
      readonly text?: Template;
      /** Of the body. Default `text/plain`. */
      readonly type?: string;
      /** Of the body, by the lower-case extension of the path, before `type`. Default: none. */
      readonly types?: Readonly<Record<string, string>>;
    }
  /** Ends the rules of this list and of those around it. */
  | { readonly kind: 'break' }
  | {
      readonly kind: 'if';
      readonly condition: ConditionModel;
      readonly rules: readonly RuleModel[];
    };

export type ConditionModel =
  /** Holds unless the variable is empty or `0`. */
  | { readonly kind: 'variable'; readonly variable: string }
  | {
      readonly kind: 'equals';
      readonly variable: string;
      readonly value: Template;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'matches';
      readonly variable: string;
      readonly regex: RegExp;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'file';
      /** A file, a folder, anything, or something executable. */
      readonly test: 'file' | 'folder' | 'any' | 'executable';
      readonly path: Template;
      readonly negated: boolean;
    };
