/**
 * Why an upgrade came to nothing, in one sentence for the log: the browser shows its user a closed connection and no
 * reason, so this line is what the operator has. Judges by what passed through the gateway; it asks nobody.
 */
import type { RequestHead } from '../http1/head.ts';

/** Why a request that was meant as an upgrade is passed on as an ordinary one. */
export function explainLostUpgrade(head: RequestHead, allowed: readonly string[]): string {
  const { upgrade, minor, fields } = head;
  if (upgrade.length === 1) {
    return `to ${upgrade[0]} is not allowed on this route; "upgrade: [${[...allowed, upgrade[0]].join(', ')}]" allows it`;
  }
  if (upgrade.length > 1) {
    return `the request names several protocols (${upgrade.join(', ')}), of which upstream and gateway might choose different ones`;
  }
  if (minor === 0) {
    return (
      'a proxy in front of Hatchway forwarded it as HTTP/1.0, which has no upgrade; ' +
      'in nginx: proxy_http_version 1.1, and Upgrade and Connection passed on'
    );
  }
  if (!fields.has('upgrade')) {
    return (
      'a proxy in front of Hatchway dropped the Upgrade field; ' +
      'in nginx: proxy_set_header Upgrade $http_upgrade, and Connection "upgrade"'
    );
  }
  const connection = fields.get('connection');
  return (
    `its Connection field is ${connection === undefined ? 'missing' : `"${connection}"`} ` +
    'instead of "upgrade": a proxy in front of Hatchway replaced it; ' +
    'in nginx: proxy_set_header Connection "upgrade"'
  );
}

/** What is known of an upgrade that the upstream answered with something other than 101. */
export type RefusedUpgrade = {
  readonly status: number;
  readonly host: string | undefined;
  readonly origin: string | undefined;
};

/** The likely cause of an upstream's refusal, by its status. */
export function explainRefusedUpgrade({ status, host, origin }: RefusedUpgrade): string {
  const answered = `the upstream answered ${status} to the handshake`;
  if (status === 401) return `${answered}: the client is not signed in`;
  if (status === 403 || status === 400) {
    const foreign = origin !== undefined && origin !== 'null' && !origin.endsWith(`//${host}`);
    if (foreign) {
      return `${answered}: the Origin ${origin} is not the Host ${host}; a proxy in front of Hatchway changed the Host, or the page is from elsewhere`;
    }
    return status === 403
      ? `${answered}: it does not allow this client or this Origin`
      : `${answered}: it found something wrong in it; its own log says what`;
  }
  if (status === 404) return `${answered}: it has nothing at this path`;
  if (status === 426) return `${answered}: it wants another version of the protocol`;
  if (status === 502 || status === 503 || status === 504) {
    return `${answered}: it is a gateway itself, and what is behind it did not answer`;
  }
  if (status >= 200 && status < 300) {
    return `${answered}: it took it for an ordinary request; it speaks no WebSocket at this path, or only behind another one`;
  }
  if (status >= 300 && status < 400) {
    return `${answered}: it redirects, usually to a sign-in or to https, which no WebSocket follows`;
  }
  return answered;
}
