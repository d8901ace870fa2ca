/**
 * A request that the gateway makes to the same site on behalf of another one, to ask whether that may be let in. The
 * exchange does it; here is only what it is asked for and what it tells.
 */
import type { Fields } from '../../http1/fields.ts';

/**
 * Sends GET for a path of the same site through its routes, `internal` ones too, past their own access checks as nginx
 * does, with the fields of the request and without its body. Rejects when no answer came.
 */
export type Subrequest = (uri: string) => Promise<SubrequestAnswer>;

/** The head of the answer; its body is thrown away. */
export type SubrequestAnswer = {
  readonly status: number;
  readonly fields: Fields;
  /** Who gave it, for the log: the upstream's name. Undefined when a rule of the gateway did. */
  readonly server?: string;
};
