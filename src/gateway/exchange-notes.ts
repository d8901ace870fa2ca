/** What the log says about single requests: those that fail, and upgrades that come to nothing. */
import type { HatchwayError } from '../base/errors.ts';
import { redactUrl } from '../base/log.ts';
import type { RequestHead } from '../http1/head.ts';
import { idOfLowerName } from '../http1/known-names.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Route, Site } from './serving.ts';
import type { Upgrade } from './upgrade.ts';
import { explainLostUpgrade, explainRefusedUpgrade } from './upgrade-cause.ts';

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
  const { log } = request.client.serving;
  const { code, remedy, message, status } = error;
  const facts = { ...factsOf(request), requestId, code, remedy };
  if (status >= 500) log.warn(facts, message);
  else log.info(facts, message);
}

/** A request that is passed on as an ordinary one, if it was meant as an upgrade. */
export function noteLostUpgrade(request: Noted, { upgradeTokens }: Route): void {
  const { head, client } = request;
  if (head.upgrade.length === 0 && head.fields.getById(webSocketKeyId) === undefined) return;
  client.serving.log.info(
    factsOf(request),
    `passed on without upgrade: ${explainLostUpgrade(head, upgradeTokens)}`,
  );
}

/** An upgrade that the upstream answered with something other than 101. */
export function noteRefusedUpgrade(request: Noted, status: number): void {
  const { host, fields } = request.head;
  const cause = explainRefusedUpgrade({ status, host, origin: fields.get('origin') });
  request.client.serving.log.warn({ ...factsOf(request), status }, `upgrade refused: ${cause}`);
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
