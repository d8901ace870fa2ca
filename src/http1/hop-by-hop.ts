/**
 * Which fields of a message are for the next hop only and are not passed on (RFC 9110, 7.6.1).
 *
 * Besides a fixed list, these are the fields that `Connection` names. It may not name those that everybody behind
 * relies on (`Connection: X-Forwarded-For, Cookie` is an attack): such names in it are ignored. Every field in
 * `known-names.ts` counts as one of those, and so do all names with the prefixes below.
 */
import { FieldNameSet, type Fields, tokensOf } from './fields.ts';
import { idOfLowerName, nameIds } from './known-names.ts';

/**
 * `HTTP2-Settings` is among them because it has no meaning without an upgrade to h2c, which is never passed on; the
 * `Proxy-…` credentials because they are meant for a proxy the client knows of, and this is none.
 */
const fixed = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
] as const;

const hopByHop = new FieldNameSet(fixed);

/** For messages that cannot have a body. */
const hopByHopAndLength = new FieldNameSet([...fixed, 'content-length']);

/** No `Connection` option removes a field that begins so. */
const protectedPrefixes = ['x-forwarded-', 'sec-', 'access-control-', 'content-'] as const;

/**
 * The lines of the fields to pass on, `Name: value` and CRLF each, in the order, the case and the number they came in.
 * The caller adds `Connection`, `Upgrade` and `Transfer-Encoding` of its own.
 *
 * @param replaced names that the caller writes itself, such as `x-forwarded-for`: they are left out too
 * @param mayHaveLength whether Content-Length passes; default true
 */
export function forwardableLines(
  fields: Fields,
  replaced: FieldNameSet = noNames,
  mayHaveLength = true,
): string {
  const fixedNames = mayHaveLength ? hopByHop : hopByHopAndLength;
  return fields.linesWithout(fixedNames, replaced, namedByConnection(fields));
}

const noNames = new FieldNameSet([]);

/** The trailers to pass on: without those that frame, route or authenticate a message (RFC 9110, 6.5.1). */
export function forwardableTrailers(trailers: Fields): string[] {
  const flat = trailers.flat;
  const kept: string[] = [];
  for (let i = 0; i < trailers.count; i++) {
    if (hopByHop.hasAt(trailers, i) || notInTrailers.hasAt(trailers, i)) continue;
    kept.push(flat[i * 2] as string, flat[i * 2 + 1] as string);
  }
  return kept;
}

const notInTrailers = new FieldNameSet([
  'host',
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'trailer',
  'expect',
  'max-forwards',
  'cache-control',
  'authorization',
  'www-authenticate',
  'cookie',
  'set-cookie',
  'origin',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
]);

/** The names that `Connection` removes beyond the fixed ones; undefined, without any work, for usual values. */
function namedByConnection(fields: Fields): FieldNameSet | undefined {
  const connection = fields.getById(nameIds.connection);
  if (connection === undefined) return undefined;
  if (!fields.isRepeated(nameIds.connection) && isUsual(connection)) return undefined;
  const options = tokensOf(fields.all('connection'));
  const names = options.map((option) => option.replaceAll('_', '-')).filter(mayBeNamed);
  return names.length === 0 ? undefined : new FieldNameSet(names);
}

function isUsual(connection: string): boolean {
  switch (connection) {
    case 'keep-alive':
    case 'Keep-Alive':
    case 'close':
    case 'Upgrade':
    case 'upgrade':
    case 'keep-alive, Upgrade':
      return true;
    default:
      return false;
  }
}

function mayBeNamed(name: string): boolean {
  return idOfLowerName(name) === 0 && !protectedPrefixes.some((prefix) => name.startsWith(prefix));
}
