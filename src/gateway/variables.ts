/**
 * Where templates find their variables: the request, its connection, what rules and maps have set, the answer. Names are
 * nginx's, lower-case and without `$`.
 */
export interface VariableSource {
  /** Undefined for one that has no value, which is written as nothing. */
  variable(name: string): string | undefined;
}
