/**
 * Why an upgrade came to nothing, in one sentence for the log: the browser shows its user a closed connection and no
 * reason, so this line is what the operator has. Judges by what passed through the gateway; it asks nobody.
 *
 * Every cause has a section of docs/websocket-failures.md under its id.
 */
import type { RequestHead } from '../http1/head.ts';

/** Stable: they are in logs, metrics, and links to the page. */
export const upgradeCauses = [
  // It arrived as no upgrade.
  'http-1-0',
  'http2-in-front',
  'upgrade-dropped',
  'connection-replaced',
  'several-protocols',
  'protocol-not-allowed',
  // The gateway refused it.
  'websocket-version',
  'bad-handshake',
  'foreign-origin',
  'not-let-in',
  'limit-reached',
  'no-route',
  // The upstream refused it.
  'origin-is-not-host',
  'plain-http-to-tls',
  'refused-400',
  'refused-401',
  'refused-403',
  'refused-404',
  'refused-405',
  'refused-426',
  'refused-429',
  'refused-500',
  'refused-502',
  'refused-otherwise',
  'ordinary-answer',
  'redirected',
  // The upstream did not get as far.
  'bad-101',
  'no-answer-in-time',
  'closed-unanswered',
  'upstream-unreachable',
  'upstream-tls',
  'not-http',
  'failed-otherwise',
] as const;

export type UpgradeCause = (typeof upgradeCauses)[number];

export type ExplainedUpgrade = {
  readonly cause: UpgradeCause;
  /** What happened and what to do, without a full stop. */
  readonly sentence: string;
};

/** Where an operator reads on. */
export function pageOf(cause: UpgradeCause): string {
  return `docs/websocket-failures.md#${cause}`;
}

/**
 * Why a request that was meant as an upgrade is passed on as an ordinary one.
 *
 * @param protocol what the client speaks when it is not HTTP/1
 */
export function explainLostUpgrade(
  head: Pick<RequestHead, 'upgrade' | 'minor' | 'fields'>,
  allowed: readonly string[],
  protocol?: string,
): ExplainedUpgrade {
  const { upgrade, minor, fields } = head;
  if (upgrade.length === 1 && upgrade[0] === 'h2c' && fields.has('http2-settings')) {
    return {
      cause: 'protocol-not-allowed',
      sentence: 'to h2c is never allowed with HTTP2-Settings; with TLS, HTTP/2 needs no upgrade',
    };
  }
  if (upgrade.length === 1) {
    return {
      cause: 'protocol-not-allowed',
      sentence: `to ${upgrade[0]} is not allowed on this route; "upgrade: [${[...allowed, upgrade[0]].join(', ')}]" allows it`,
    };
  }
  if (upgrade.length > 1) {
    return {
      cause: 'several-protocols',
      sentence: `the request names several protocols (${upgrade.join(', ')}), of which upstream and gateway might choose different ones`,
    };
  }
  if (protocol !== undefined) {
    return {
      cause: 'http2-in-front',
      sentence:
        `it came over ${protocol} as an ordinary request: a proxy in front of Hatchway speaks HTTP/2 to it and does not ` +
        'translate upgrades; let it speak HTTP/1.1 to Hatchway',
    };
  }
  if (minor === 0) {
    return {
      cause: 'http-1-0',
      sentence:
        'a proxy in front of Hatchway forwarded it as HTTP/1.0, which has no upgrade; ' +
        'in nginx: proxy_http_version 1.1, and Upgrade and Connection passed on',
    };
  }
  if (!fields.has('upgrade')) {
    return {
      cause: 'upgrade-dropped',
      sentence:
        'a proxy in front of Hatchway dropped the Upgrade field; ' +
        'in nginx: proxy_set_header Upgrade $http_upgrade, and Connection "upgrade"',
    };
  }
  const connection = fields.get('connection');
  return {
    cause: 'connection-replaced',
    sentence:
      `its Connection field is ${connection === undefined ? 'missing' : `"${connection}"`} ` +
      'instead of "upgrade": a proxy in front of Hatchway replaced it; ' +
      'in nginx: proxy_set_header Connection "upgrade"',
  };
}

/** What is known of an upgrade that the upstream answered with something other than 101. */
export type RefusedUpgrade = {
  readonly status: number;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** What came of the answer's body together with its head. Default: nothing. */
  readonly body?: Buffer | undefined;
};

/** What servers say to plain HTTP on a port of TLS: Go, nginx, Apache, Hatchway. */
const tlsWanted =
  /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled|speaks HTTPS, and the request came as plain HTTP/i;

/** As much of a body as is looked at, in bytes: those sentences stand at its start. */
const bodyStartBytes = 1024;

/** The likely cause of an upstream's refusal, by its status. */
export function explainRefusedUpgrade(refused: RefusedUpgrade): ExplainedUpgrade {
  const { status, host, origin, body } = refused;
  const because = (cause: UpgradeCause, reason: string): ExplainedUpgrade => ({
    cause,
    sentence: `the upstream answered ${status} to the handshake: ${reason}`,
  });
  if (status < 300) {
    return because(
      'ordinary-answer',
      'it took it for an ordinary request; it speaks no WebSocket at this path, or only behind another one',
    );
  }
  if (status < 400) {
    return because(
      'redirected',
      'it redirects, usually to a sign-in or to https, which no WebSocket follows',
    );
  }
  if (status === 400 && body !== undefined) {
    if (tlsWanted.test(body.toString('latin1', 0, bodyStartBytes))) {
      return because(
        'plain-http-to-tls',
        'its port speaks TLS and was spoken to without; name the upstream with https:// instead of http://',
      );
    }
  }
  if ((status === 400 || status === 403) && isForeign(origin, host)) {
    return because(
      'origin-is-not-host',
      `the Origin ${origin} is not the Host ${host}; a proxy in front of Hatchway changed the Host, or the page is from elsewhere`,
    );
  }
  switch (status) {
    case 400:
      return because('refused-400', 'it found something wrong in it; its own log says what');
    case 401:
      return because('refused-401', 'the client is not signed in');
    case 403:
      return because('refused-403', 'it does not allow this client or this Origin');
    case 404:
      return because('refused-404', 'it has nothing at this path');
    case 405:
      return because(
        'refused-405',
        'it takes no GET at this path; another one is for the WebSocket',
      );
    case 426:
      return because(
        'refused-426',
        'it wants another version of the protocol, or did not see the upgrade',
      );
    case 429:
      return because('refused-429', 'this client, or the gateway, asks it too often');
    case 500:
      return because(
        'refused-500',
        'it failed while it opened the WebSocket; its own log says why',
      );
    case 502:
    case 503:
    case 504:
      return because('refused-502', 'it is a gateway itself, and what is behind it did not answer');
    default:
      return because('refused-otherwise', 'its own log says why');
  }
}

function isForeign(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || origin === 'null') return false;
  return !origin.toLowerCase().endsWith(`//${host?.toLowerCase()}`);
}

/** Why an upgrade was ended by an error of the gateway. @param code `HW_…` */
export function explainFailedUpgrade(code: string): ExplainedUpgrade {
  switch (code) {
    case 'HW_WEBSOCKET_VERSION':
      return {
        cause: 'websocket-version',
        sentence: 'the client speaks another version of the WebSocket protocol than 13',
      };
    case 'HW_WEBSOCKET_REQUEST':
      return {
        cause: 'bad-handshake',
        sentence:
          'what arrived is no valid handshake: a broken client, or a proxy in front changed it',
      };
    case 'HW_FOREIGN_ORIGIN':
      return {
        cause: 'foreign-origin',
        sentence:
          'the page is from another origin, and with "origin: upstream" the gateway has to tell; "allowedOrigins" lets it in',
      };
    case 'HW_FORBIDDEN':
    case 'HW_UNAUTHORIZED':
    case 'HW_SIGN_IN_ELSEWHERE':
    case 'HW_USERS_FILE_MISSING':
    case 'HW_USERS_FILE':
    case 'HW_PASSWORD_HASH':
    case 'HW_AUTH_REQUEST':
      return {
        cause: 'not-let-in',
        sentence:
          'an access rule of the route keeps the client out; browsers ask for no password for a WebSocket',
      };
    case 'HW_RATE_LIMITED':
    case 'HW_REQUESTS_LIMITED':
    case 'HW_CONNECTIONS_LIMITED':
    case 'HW_TOO_MANY_TUNNELS':
    case 'HW_TOO_MANY_CONNECTIONS':
    case 'HW_TOO_MANY_FROM_ADDRESS':
    case 'HW_TOO_MANY_SIGN_INS':
    case 'HW_SIGN_IN_BUSY':
      return { cause: 'limit-reached', sentence: 'a limit of the gateway is reached' };
    case 'HW_NO_ROUTE':
    case 'HW_BAD_PATH':
    case 'HW_METHOD_NOT_ALLOWED':
    case 'HW_CONFIGURED_STATUS':
      return {
        cause: 'no-route',
        sentence:
          'the configuration leads it nowhere: the path of the WebSocket has no route to an upstream',
      };
    case 'HW_UPSTREAM_BAD_UPGRADE':
      return {
        cause: 'bad-101',
        sentence:
          'the 101 is not the answer to this handshake: something between gateway and upstream answers from a cache, or the upstream computes it wrongly',
      };
    case 'HW_UPSTREAM_TIMEOUT':
      return {
        cause: 'no-answer-in-time',
        sentence:
          'the upstream took the handshake and did not answer: it hangs, or waits for what it opens',
      };
    case 'HW_UPSTREAM_CLOSED':
      return {
        cause: 'closed-unanswered',
        sentence:
          'the upstream closed the connection without an answer: it crashed, was restarted, or speaks TLS on this port',
      };
    case 'HW_UPSTREAM_UNREACHABLE':
    case 'HW_UPSTREAM_URL':
    case 'HW_NO_LIVE_UPSTREAM':
    case 'HW_UPSTREAM_CONNECT_TIMEOUT':
      return {
        cause: 'upstream-unreachable',
        sentence: 'there is no connection to the upstream, for WebSockets or anything else',
      };
    case 'HW_UPSTREAM_TLS':
      return {
        cause: 'upstream-tls',
        sentence:
          'TLS to the upstream failed: its certificate, its name, or a port that speaks plain HTTP',
      };
    case 'HW_HTTP_RESPONSE':
    case 'HW_HTTP_RESPONSE_TOO_LARGE':
      return {
        cause: 'not-http',
        sentence:
          'what the upstream answered is no clear HTTP/1.1: another protocol on this port, or TLS',
      };
    default:
      return {
        cause: 'failed-otherwise',
        sentence: `it ended with ${code}, which docs/errors.md explains`,
      };
  }
}
