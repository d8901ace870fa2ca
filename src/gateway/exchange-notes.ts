/**
 * What the log and the totals say about single requests: those that fail, upgrades that come to nothing, and tunnels.
 * None of it is for requests that go well.
 */
import type { HatchwayError } from '../base/errors.ts';
import { type Log, redactUrl } from '../base/log.ts';
import type { RequestHead } from '../http1/head.ts';
import { idOfLowerName } from '../http1/known-names.ts';
import type { ClientConnection } from './client-connection.ts';
import { placeOf } from './fault.ts';
import { LimitError } from './rate/route-limits.ts';
import type { Route, Site } from './serving.ts';
import type { Upgrade } from './upgrade.ts';
import {
  type ExplainedUpgrade,
  explainFailedUpgrade,
  explainLostUpgrade,
  explainRefusedUpgrade,
  pageOf,
} from './upgrade-cause.ts';

const webSocketKeyId = idOfLowerName('sec-websocket-key');

/** What a line is about. */
export interface Noted {
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly site: Site;
  readonly upgrade: Upgrade | undefined;
}

/** An error that ended a request; the answer, if there was one, has the same id. */
export function noteFailure(request: Noted, error: HatchwayError, requestId: string): void {
  const { log, refusals, totals } = request.client.serving;
  const { code, remedy, message, status } = error;
  totals.failed(code);
  const explained = isUpgrade(request, code) ? explainFailedUpgrade(code) : undefined;
  const isFault = code === 'HW_GATEWAY_FAULT';
  const place = isFault ? placeOf(error) : {};
  const facts = {
    ...factsOf(request),
    requestId,
    code,
    remedy,
    ...place,
    ...causeOf(explained),
  };
  const text =
    explained === undefined
      ? message
      : `upgrade failed: ${message}: ${explained.sentence}; see ${pageOf(explained.cause)}`;
  if (explained !== undefined) totals.upgradeLost(explained.cause);
  const limitLevel =
    error instanceof LimitError ? error.level : code === 'HW_RATE_LIMITED' ? 'info' : undefined;
  // Every upgrade has its line, also in a flood.
  if (limitLevel !== undefined && explained !== undefined) log[limitLevel](facts, text);
  else if (limitLevel !== undefined)
    refusals.write(`${code} ${request.site.name}`, limitLevel, facts, text);
  else if (isFault) log.error(facts, text);
  else if (status >= 500) log.warn(facts, text);
  else log.info(facts, text);
}

/** A request that has to wait, or would have been refused. */
export function noteLimit(request: Noted, level: keyof Log, message: string): void {
  const { site, client } = request;
  client.serving.refusals.write(`limits of ${site.name}`, level, factsOf(request), message);
}

/** A try that failed, after which another server was asked. */
export function noteRetry(request: Noted, error: HatchwayError): void {
  const { log } = request.client.serving;
  log.info({ ...factsOf(request), code: error.code }, `asked another server: ${error.message}`);
}

/** A request that is passed on as an ordinary one, if it was meant as an upgrade. */
export function noteLostUpgrade(request: Noted, { upgradeTokens }: Route): void {
  if (!isMeantAsUpgrade(request.head)) return;
  const { accepted, serving } = request.client;
  const explained = explainLostUpgrade(request.head, upgradeTokens, accepted.protocol);
  serving.totals.upgradeLost(explained.cause);
  serving.log.info(
    { ...factsOf(request), ...causeOf(explained) },
    `passed on without upgrade: ${explained.sentence}; see ${pageOf(explained.cause)}`,
  );
}

/**
 * An upgrade that the upstream answered with something other than 101.
 *
 * @param bodyStart what came together with the head of the answer
 */
export function noteRefusedUpgrade(request: Noted, status: number, bodyStart?: Buffer): void {
  const { host, fields } = request.head;
  const origin = fields.get('origin');
  const explained = explainRefusedUpgrade({ status, host, origin, body: bodyStart });
  const { log, totals } = request.client.serving;
  totals.upgradeLost(explained.cause);
  log.warn(
    { ...factsOf(request), status, ...causeOf(explained) },
    `upgrade refused: ${explained.sentence}; see ${pageOf(explained.cause)}`,
  );
}

/** Codes of errors that an upgrade meets before it is known to be one. */
const beforeUpgrade =
  /^HW_(?:WEBSOCKET_|FOREIGN_ORIGIN|FORBIDDEN|UNAUTHORIZED|USERS_FILE|PASSWORD_HASH|AUTH_REQUEST|RATE_|REQUESTS_LIMITED|CONNECTIONS_LIMITED|TOO_MANY_|SIGN_IN_|NO_ROUTE|BAD_PATH|METHOD_|CONFIGURED_STATUS)/;

/** One that was passed on as an ordinary request has had its line, and fails like any other. */
function isUpgrade({ upgrade, head }: Noted, code: string): boolean {
  return upgrade !== undefined || (beforeUpgrade.test(code) && isMeantAsUpgrade(head));
}

function isMeantAsUpgrade({ upgrade, fields }: RequestHead): boolean {
  return upgrade.length > 0 || fields.getById(webSocketKeyId) !== undefined;
}

function causeOf(explained: ExplainedUpgrade | undefined): object {
  return explained === undefined ? {} : { cause: explained.cause };
}

function factsOf({ client, head, site, upgrade }: Noted): object {
  return {
    client: client.remoteAddress,
    site: site.name,
    host: head.host,
    request: `${head.method} ${redactUrl(head.target)}`,
    ...(upgrade === undefined ? {} : { upgrade: upgrade.token }),
  };
}
