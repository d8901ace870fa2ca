/**
 * Asks a server whether a request may be let in, as nginx's ngx_http_auth_request_module; with `passRefusals` its refusals reach the
 * client as those of Traefik's forwardAuth and Caddy's forward_auth do, so that it can lead browsers to where they sign in.
 *
 * Only status and fields of a refusal are passed on. Its body is read and dropped, and the gateway's own takes its place: nothing that
 * frames it comes from that server.
 */
import { HatchwayError } from '../../base/errors.ts';
import type { AccessModel } from '../../config/route-model.ts';
import type { Fields } from '../../http1/fields.ts';
import { gatewayError } from '../errors.ts';
import { isRedirect } from '../rules.ts';
import { type CompiledTemplate, compileTemplate } from '../template.ts';
import type { VariableSource } from '../variables.ts';
import type { SubrequestAnswer } from './subrequest.ts';
import {
  type AccessRequest,
  type AccessStep,
  type Refused,
  refused,
  type SetVariable,
  type Verdict,
} from './verdict.ts';

/** Of a refusal, what tells a browser how to sign in and what it has to remember of it. */
const challenge = ['WWW-Authenticate'];
const redirectFields = ['Location', 'Set-Cookie'];
const refusalFields = ['WWW-Authenticate', 'Set-Cookie'];

export class AuthRequest implements AccessStep {
  readonly #uri: CompiledTemplate;
  readonly #set: readonly { readonly variable: string; readonly value: CompiledTemplate }[];
  readonly #passRefusals: boolean;

  constructor({ uri, set = [], passRefusals = false }: NonNullable<AccessModel['authRequest']>) {
    this.#uri = compileTemplate(uri);
    this.#set = set.map(({ variable, value }) => ({ variable, value: compileTemplate(value) }));
    this.#passRefusals = passRefusals;
  }

  async check({ source, subrequest }: AccessRequest): Promise<Verdict> {
    const uri = this.#uri(source);
    let answer: SubrequestAnswer;
    try {
      answer = await subrequest(uri);
    } catch (cause) {
      if (!(cause instanceof HatchwayError)) throw cause;
      // The reason names the server.
      const message = `nobody could say whether this may be seen: ${cause.message}`;
      return refused(gatewayError('HW_AUTH_REQUEST', message, { cause }));
    }
    const variables = this.#variables(answer, source);
    const { status } = answer;
    return status >= 200 && status < 300
      ? { allowed: true, user: undefined, variables }
      : { ...this.#refusal(answer, answer.server ?? uri), variables };
  }

  #refusal({ status, fields }: SubrequestAnswer, server: string): Refused {
    const passes = this.#passRefusals;
    const message = `${server} was asked whether this may be seen and answered ${status}`;
    if (status === 401) {
      const remedy =
        'Sign in there. For who has done so, look whether the cookie is for this host, too, and into the log of that server.';
      const error = gatewayError('HW_UNAUTHORIZED', message, { remedy });
      return refused(error, { fields: linesOf(fields, passes ? refusalFields : challenge) });
    }
    if (status === 403) {
      const remedy = 'Look into the rules and the log of that server if it should let this in.';
      const error = gatewayError('HW_FORBIDDEN', message, { remedy });
      return refused(error, { fields: passes ? linesOf(fields, refusalFields) : [] });
    }
    if (!isRedirect(status)) return refused(gatewayError('HW_AUTH_REQUEST', message));
    if (!passes) {
      const remedy =
        'Ask that server at its path for nginx, which answers 401; redirects of auth_request go nowhere.';
      return refused(gatewayError('HW_AUTH_REQUEST', message, { remedy }));
    }
    if (!fields.has('location')) {
      return refused(gatewayError('HW_AUTH_REQUEST', `${message} without Location`));
    }
    return refused(gatewayError('HW_SIGN_IN_ELSEWHERE', message, { status }), {
      fields: linesOf(fields, redirectFields),
    });
  }

  #variables(answer: SubrequestAnswer, source: VariableSource): readonly SetVariable[] {
    const both = new AnswerSource(answer, source);
    return this.#set.map(({ variable, value }) => ({ variable, value: value(both) }));
  }
}

/** Each value on a line of its own: cookies cannot be joined (RFC 6265, 3). */
function linesOf(
  fields: Fields,
  names: readonly string[],
): readonly (readonly [name: string, value: string])[] {
  return names.flatMap((name) =>
    fields.all(name.toLowerCase()).map((value) => [name, value] as const),
  );
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
