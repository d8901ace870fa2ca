/** Asks a server whether a request may be let in, as nginx's ngx_http_auth_request_module. */
import type { AccessModel } from '../../config/route-model.ts';
import type { Fields } from '../../http1/fields.ts';
import { gatewayError } from '../errors.ts';
import { type CompiledTemplate, compileTemplate } from '../template.ts';
import type { VariableSource } from '../variables.ts';
import type { SubrequestAnswer } from './subrequest.ts';
import {
  type AccessRequest,
  type AccessStep,
  refused,
  type SetVariable,
  type Verdict,
} from './verdict.ts';

export class AuthRequest implements AccessStep {
  readonly #uri: CompiledTemplate;
  readonly #set: readonly { readonly variable: string; readonly value: CompiledTemplate }[];

  constructor({ uri, set = [] }: NonNullable<AccessModel['authRequest']>) {
    this.#uri = compileTemplate(uri);
    this.#set = set.map(({ variable, value }) => ({ variable, value: compileTemplate(value) }));
  }

  async check({ source, subrequest }: AccessRequest): Promise<Verdict> {
    const uri = this.#uri(source);
    let answer: SubrequestAnswer;
    try {
      answer = await subrequest(uri);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return refused(
        gatewayError('HW_AUTH_REQUEST', `${uri} gave no answer: ${reason}`, { cause }),
      );
    }
    const variables = this.#variables(answer, source);
    const { status, fields } = answer;
    if (status >= 200 && status < 300) return { allowed: true, user: undefined, variables };
    if (status === 401) {
      const challenges = fields
        .all('www-authenticate')
        .map((value) => ['WWW-Authenticate', value] as const);
      const error = gatewayError('HW_UNAUTHORIZED', `${uri} answered 401`);
      return refused(error, { fields: challenges, variables });
    }
    return status === 403
      ? refused(gatewayError('HW_FORBIDDEN', `${uri} answered 403`), { variables })
      : refused(gatewayError('HW_AUTH_REQUEST', `${uri} answered ${status}`), { variables });
  }

  #variables(answer: SubrequestAnswer, source: VariableSource): readonly SetVariable[] {
    const both = new AnswerSource(answer, source);
    return this.#set.map(({ variable, value }) => ({ variable, value: value(both) }));
  }
}

const upstreamField = 'upstream_http_';
const sentField = 'sent_http_';
const upstreamCookie = 'upstream_cookie_';

/** The variables of the answer before those of the request. */
class AnswerSource implements VariableSource {
  readonly #answer: SubrequestAnswer;
  readonly #request: VariableSource;

  constructor(answer: SubrequestAnswer, request: VariableSource) {
    this.#answer = answer;
    this.#request = request;
  }

  variable(name: string): string | undefined {
    const { status, fields } = this.#answer;
    if (name === 'upstream_status' || name === 'status') return String(status);
    if (name.startsWith(upstreamField)) return fieldOf(fields, name.slice(upstreamField.length));
    if (name.startsWith(sentField)) return fieldOf(fields, name.slice(sentField.length));
    if (name.startsWith(upstreamCookie))
      return setCookieOf(fields, name.slice(upstreamCookie.length));
    return this.#request.variable(name);
  }
}

function fieldOf(fields: Fields, variable: string): string | undefined {
  const values = fields.all(variable.replaceAll('_', '-'));
  return values.length === 0 ? undefined : values.join(', ');
}

/** The value of the first cookie of that name that the answer sets; case does not matter, as in nginx. */
function setCookieOf(fields: Fields, lowerName: string): string | undefined {
  for (const value of fields.all('set-cookie')) {
    const [pair = ''] = value.split(';', 1);
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === lowerName) {
      return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
