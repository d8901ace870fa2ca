/** What becomes of a request that asks to be let in, and what is asked of it. */
import type { HatchwayError } from '../../base/errors.ts';
import type { Fields } from '../../http1/fields.ts';
import type { VariableSource } from '../variables.ts';
import type { Subrequest } from './subrequest.ts';

export type AccessRequest = {
  /** The client's, as far as trusted proxies say. */
  readonly remoteAddress: string;
  readonly fields: Fields;
  readonly source: VariableSource;
  readonly subrequest: Subrequest;
};

export type SetVariable = { readonly variable: string; readonly value: string };

export type Verdict = LetIn | Refused;

export type LetIn = {
  readonly allowed: true;
  /** Who signed in, one character a byte; undefined when nobody had to. */
  readonly user: string | undefined;
  /** To be set before anything else happens. */
  readonly variables: readonly SetVariable[];
};

export type Refused = {
  readonly allowed: false;
  /** Its status is 302 or another redirect, 401, 403, 429, 500 or 503; its message is for the log. */
  readonly error: HatchwayError;
  /** To be added to the answer. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** To be set before the error's page is made. */
  readonly variables: readonly SetVariable[];
};

/** One kind of check. Undefined: it has nothing to say of this request. */
export interface AccessStep {
  check(request: AccessRequest): Verdict | undefined | Promise<Verdict | undefined>;
}

const nothing: readonly never[] = [];

export const letIn: LetIn = { allowed: true, user: undefined, variables: nothing };

export function refused(
  error: HatchwayError,
  more: Partial<Pick<Refused, 'fields' | 'variables'>> = {},
): Refused {
  return {
    allowed: false,
    error,
    fields: more.fields ?? nothing,
    variables: more.variables ?? nothing,
  };
}
