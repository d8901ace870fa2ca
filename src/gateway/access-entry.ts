/** A request as the access log has it. */
import type { Fields } from '../http1/fields.ts';
import type { RequestHead } from '../http1/head.ts';
import type { AccessEntry } from './access-log.ts';

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
    requestLine: `${method} ${sentTarget} HTTP/1.${minor}`,
    status,
    bodyBytesSent,
    referer: fields.get('referer'),
    userAgent: fields.get('user-agent'),
  };
}

/** The user of Basic authentication (RFC 7617), whether or not anybody has checked the password. */
function basicUser(fields: Fields): string | undefined {
  const authorization = fields.get('authorization');
  if (authorization === undefined || !/^basic /i.test(authorization)) return undefined;
  const credentials = Buffer.from(authorization.slice(6), 'base64').toString('latin1');
  const colon = credentials.indexOf(':');
  return colon === -1 ? undefined : credentials.slice(0, colon);
}
