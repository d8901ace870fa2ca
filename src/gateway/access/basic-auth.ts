/** Basic authentication (RFC 7617) against a password file, as nginx's ngx_http_auth_basic_module. */
import { HatchwayError } from '../../base/errors.ts';
import type { AccessModel } from '../../config/route-model.ts';
import type { Fields } from '../../http1/fields.ts';
import { gatewayError } from '../errors.ts';
import { type CompiledTemplate, compileTemplate, constantOf } from '../template.ts';
import type { PasswordChecks } from './password-checks.ts';
import type { UsersFiles } from './users-files.ts';
import { type AccessRequest, type AccessStep, refused, type Verdict } from './verdict.ts';

type Credentials = { readonly user: string; readonly password: Buffer };

export class BasicAuth implements AccessStep {
  readonly #realm: CompiledTemplate;
  /** Whether the realm depends on the request; only then is `off` a word and no name. */
  readonly #mayBeOff: boolean;
  readonly #usersPath: CompiledTemplate;
  readonly #files: UsersFiles;
  readonly #passwords: PasswordChecks;

  constructor(
    { realm, usersPath }: NonNullable<AccessModel['basic']>,
    files: UsersFiles,
    passwords: PasswordChecks,
  ) {
    this.#realm = compileTemplate(realm);
    this.#mayBeOff = constantOf(realm) === undefined;
    this.#usersPath = compileTemplate(usersPath);
    this.#files = files;
    this.#passwords = passwords;
  }

  check(request: AccessRequest): Verdict | undefined | Promise<Verdict> {
    const realm = this.#realm(request.source);
    if (this.#mayBeOff && realm === 'off') return undefined;
    const credentials = credentialsOf(request.fields);
    if (credentials === undefined) return unauthorized(realm, 'no user and password were sent');
    const { user, password } = credentials;
    try {
      const users = this.#files.users(this.#usersPath(request.source));
      const known = users.hashOf(user);
      const stored = known ?? users.decoyFor(user);
      if (stored === undefined) return unauthorized(realm, `user ${user} is unknown`);
      const { remoteAddress } = request;
      const answer = this.#passwords.check({ user, password, stored, remoteAddress });
      if (typeof answer === 'boolean') return verdictOf(realm, user, known, answer);
      return answer.then((isRight) => verdictOf(realm, user, known, isRight), refusedBy);
    } catch (error) {
      return refusedBy(error);
    }
  }
}

function verdictOf(
  realm: string,
  user: string,
  known: string | undefined,
  isRight: boolean,
): Verdict {
  if (known === undefined) return unauthorized(realm, `user ${user} is unknown`);
  if (!isRight) return unauthorized(realm, `user ${user} sent a wrong password`);
  return { allowed: true, user, variables: [] };
}

function refusedBy(error: unknown): Verdict {
  if (!(error instanceof HatchwayError)) throw error;
  const busy = error.code === 'HW_SIGN_IN_BUSY' || error.code === 'HW_TOO_MANY_SIGN_INS';
  return refused(error, busy ? { fields: [['Retry-After', '1']] } : {});
}

function unauthorized(realm: string, reason: string): Verdict {
  return refused(gatewayError('HW_UNAUTHORIZED', reason), {
    fields: [['WWW-Authenticate', `Basic realm=${quoted(realm)}`]],
  });
}

/** RFC 9110, 5.6.4. Control characters have no place in a field. */
function quoted(text: string): string {
  return `"${text.replace(/[\x00-\x1f\x7f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/** Undefined when there are none, or not exactly one pair that can be read: two of them would let servers disagree. */
function credentialsOf(fields: Fields): Credentials | undefined {
  const [value, ...more] = fields.all('authorization');
  if (value === undefined || more.length > 0) return undefined;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const colon = bytes.indexOf(':');
  if (colon < 1) return undefined;
  return { user: bytes.toString('latin1', 0, colon), password: bytes.subarray(colon + 1) };
}
