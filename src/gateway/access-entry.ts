/** A request as the access log has it. */
import type { Fields } from '../http1/fields.ts';
import type { RequestHead } from '../http1/head.ts';
import { idOfLowerName } from '../http1/known-names.ts';
import type { AccessEntry } from './access-log.ts';

const authorizationId = idOfLowerName('authorization');
const refererId = idOfLowerName('referer');
const userAgentId = idOfLowerName('user-agent');

export function accessEntry(
  remoteAddress: string,
  head: RequestHead,
  status: number,
  bodyBytesSent: number,
): AccessEntry {
  const { method, sentTarget, minor, fields } = head;
  return {
    remoteAddress,
    remoteUser: basicUser(fields),
    request: { method, target: sentTarget, minor },
    status,
    bodyBytesSent,
    referer: fields.getById(refererId),
    userAgent: fields.getById(userAgentId),
  };
}

/** The user of Basic authentication (RFC 7617), whether or not anybody has checked the password. */
function basicUser(fields: Fields): string | undefined {
  const authorization = fields.getById(authorizationId);
  if (authorization === undefined || !/^basic /i.test(authorization)) return undefined;
  const credentials = Buffer.from(authorization.slice(6), 'base64').toString('latin1');
  const colon = credentials.indexOf(':');
  return colon === -1 ? undefined : credentials.slice(0, colon);
}
