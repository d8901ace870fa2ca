/**
 * The log: one line of JSON an event on a terminal or file, through pino. Secrets never enter it: callers pass what
 * happened, not whole requests, and `redactUrl` is there for the one secret that travels in a URL.
 */
import { type DestinationStream, pino } from 'pino';

export type Log = {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A log that writes to `destination` (default: standard error, synchronously, so that nothing is lost at exit). */
export function createLog(
  options: { level?: LogLevel; destination?: DestinationStream } = {},
): Log {
  return pino(
    { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

/** A log that says nothing, for tests and for commands that print for themselves. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The ends of names of query parameters that let somebody in: `nomad_token` and `X-Amz-Signature`, too. `ott` is Nomad's one-time
 * token, `tkn` that of code-server, `authSig` Home Assistant's signature of a path, `sig` that of Azure's links.
 */
const secretName =
  '(?:[^=&?#\\s]*[_-])?(?:token|secret|pass(?:word|wd)?|pwd|api[_-]?key|jwt|ott|tkn|(?:auth)?sig|signature)';

const secretParameter = new RegExp(`([?&]${secretName}=)[^&#\\s]*`, 'gi');

const wholeSecretName = new RegExp(`^${secretName}$`, 'i');

/** Whether the value of a query parameter of this name lets somebody in. */
export function isSecretParameter(name: string): boolean {
  return wholeSecretName.test(name);
}

/** `https://ann:secret@host/`, whether at the start or behind a method. */
const userInfo = /(:\/\/)[^/?#@\s]*@/;

/** The same URL or request target, `REDACTED` in place of secret query parameters, user and password. */
export function redactUrl(target: string): string {
  // These tests are cheap and nearly always false; a regex replace a request is not.
  let redacted = target;
  if (redacted.includes('?')) redacted = redacted.replace(secretParameter, '$1REDACTED');
  if (redacted.includes('@')) redacted = redacted.replace(userInfo, '$1REDACTED@');
  return redacted;
}
