/**
 * The upgrade of one request: which protocol, if any, it may change to, and whether the upstream's answer is one.
 *
 * A token that the route does not list is ignored, as RFC 9110, 7.8 allows and nginx does by default; so is a list of
 * several, because upstream and gateway might pick different ones. So, even where it is listed, is an `h2c` with
 * HTTP2-Settings: the request itself would go on in the tunnel, and others behind it, past hosts, routes and limits.
 * Without it (RFC 7540, 3.2) an HTTP server has to refuse; BuildKit, where the engine is the one that asks, does not.
 */
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import {
  checkWebSocketRequest,
  upgradeRefusal,
  type WebSocketOpening,
  webSocketRefusal,
} from '../http1/upgrade.ts';
import { gatewayError } from './errors.ts';

export type Upgrade = {
  /** In lower case. */
  readonly token: string;
  /** What a WebSocket's answer is checked against. */
  readonly opening: WebSocketOpening | undefined;
};

/**
 * The upgrade that a request asks for and its route allows; undefined when it is an ordinary request.
 * Throws `HW_WEBSOCKET_VERSION` or `HW_WEBSOCKET_REQUEST` for a WebSocket that cannot be.
 */
export function upgradeOf(head: RequestHead, allowed: readonly string[]): Upgrade | undefined {
  const token = head.upgrade[0];
  if (token === undefined || head.upgrade.length > 1 || !allowed.includes(token)) return undefined;
  if (token === 'h2c' && head.fields.has('http2-settings')) return undefined;
  if (token !== 'websocket') return { token, opening: undefined };
  const verdict = checkWebSocketRequest(head);
  if (verdict.ok) return { token, opening: verdict.opening };
  throw gatewayError(
    verdict.status === 426 ? 'HW_WEBSOCKET_VERSION' : 'HW_WEBSOCKET_REQUEST',
    `no valid WebSocket handshake: ${verdict.reason}`,
  );
}

/** Why a 101 is not the answer to this upgrade; undefined when it is. */
export function refusalOf(upgrade: Upgrade, response: ResponseHead): string | undefined {
  return upgrade.opening === undefined
    ? upgradeRefusal(upgrade.token, response)
    : webSocketRefusal(upgrade.opening, response);
}
