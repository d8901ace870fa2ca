/**
 * Who may make requests of a route: addresses, Basic authentication, and a server that is asked, in the order and with the
 * meaning of nginx's access phase (ngx_http_core_access_phase). Requests that the gateway itself makes do not come here.
 */
import type { AccessModel } from '../../config/route-model.ts';
import { AddressRules } from './address-rules.ts';
import { AuthRequest } from './auth-request.ts';
import { BasicAuth } from './basic-auth.ts';
import type { PasswordChecks } from './password-checks.ts';
import type { UsersFiles } from './users-files.ts';
import {
  type AccessRequest,
  type AccessStep,
  letIn,
  type Refused,
  type SetVariable,
  type Verdict,
} from './verdict.ts';

/** One of each for a gateway: they remember, and one of them has a thread. */
export type AccessDependencies = {
  readonly files: UsersFiles;
  readonly passwords: PasswordChecks;
};

/** What the steps so far have found out. */
type Progress = {
  user: string | undefined;
  variables: readonly SetVariable[];
  /** With `any`: the answer if no other step lets the request in. */
  refusal: Refused | undefined;
};

export class Access {
  readonly #steps: readonly AccessStep[];
  readonly #any: boolean;

  /** Throws `HW_NETWORK`. */
  constructor(model: AccessModel, { files, passwords }: AccessDependencies) {
    const { addresses = [], basic, authRequest } = model;
    const steps: AccessStep[] = [];
    if (addresses.length > 0) steps.push(new AddressRules(addresses));
    if (basic !== undefined) steps.push(new BasicAuth(basic, files, passwords));
    if (authRequest !== undefined) steps.push(new AuthRequest(authRequest));
    this.#steps = steps;
    this.#any = model.satisfy === 'any';
  }

  /** At once unless something has to be waited for. Never throws for what a client sent. */
  check(request: AccessRequest): Verdict | Promise<Verdict> {
    return this.#from(0, request, {
      user: undefined,
      variables: letIn.variables,
      refusal: undefined,
    });
  }

  #from(first: number, request: AccessRequest, progress: Progress): Verdict | Promise<Verdict> {
    for (let i = first; i < this.#steps.length; i++) {
      const outcome = (this.#steps[i] as AccessStep).check(request);
      if (outcome instanceof Promise) {
        return outcome.then(
          (verdict) => this.#decide(verdict, progress) ?? this.#from(i + 1, request, progress),
        );
      }
      const verdict = this.#decide(outcome, progress);
      if (verdict !== undefined) return verdict;
    }
    const { user, variables, refusal } = progress;
    return refusal === undefined ? letInAs(user, variables) : { ...refusal, variables };
  }

  /** The verdict when no other step can change it. */
  #decide(verdict: Verdict | undefined, progress: Progress): Verdict | undefined {
    if (verdict === undefined) return undefined;
    progress.variables = joined(progress.variables, verdict.variables);
    const { variables } = progress;
    if (verdict.allowed) {
      progress.user = verdict.user ?? progress.user;
      return this.#any ? letInAs(progress.user, variables) : undefined;
    }
    const { status } = verdict.error;
    if (!this.#any || (status !== 401 && status !== 403)) return { ...verdict, variables };
    // Whoever may sign in is asked to, even if another step said no for good.
    if (progress.refusal?.error.status !== 401) progress.refusal = verdict;
    return undefined;
  }
}

function letInAs(user: string | undefined, variables: readonly SetVariable[]): Verdict {
  return user === undefined && variables.length === 0 ? letIn : { allowed: true, user, variables };
}

function joined(a: readonly SetVariable[], b: readonly SetVariable[]): readonly SetVariable[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...a, ...b];
}
