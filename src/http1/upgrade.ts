/**
 * The opening handshake of a changed protocol, seen from between: is the client's request one, and is the upstream's
 * 101 the answer to it? Only a 101 that was asked for and checked makes a tunnel (RFC 9110, 7.8; RFC 6455, 4).
 *
 * A WebSocket's key, subprotocols and extensions belong to the two ends; nothing here changes them.
 */
import { hash } from 'node:crypto';
import { tokensOf, trimOws } from './fields.ts';
import type { RequestHead, ResponseHead } from './head.ts';

/** What of a client's opening request the upstream's answer is compared with. */
export type WebSocketOpening = {
  readonly key: string;
  /** Subprotocols offered, in the case sent. */
  readonly protocols: readonly string[];
  /** Names of extensions offered, in lower case. */
  readonly extensions: readonly string[];
};

export type WebSocketVerdict =
  | { readonly ok: true; readonly opening: WebSocketOpening }
  /** 426 is answered with `Sec-WebSocket-Version: 13`. */
  | { readonly ok: false; readonly status: 400 | 426; readonly reason: string };

/** RFC 6455, 1.3: makes sure that who answers knows what a WebSocket is. */
const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 16 bytes in base64: 22 digits, the last of which has 2 bits of use, and the padding. */
const keyPattern = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** The one version there is. */
const version = '13';

/** Whether a request that asks to upgrade to a WebSocket may (RFC 6455, 4.2.1). */
export function checkWebSocketRequest(head: RequestHead): WebSocketVerdict {
  const { fields } = head;
  if (head.method !== 'GET') return bad(`the method is ${head.method}, not GET`);
  if (head.minor !== 1) return bad('the version is HTTP/1.0');
  if (head.upgrade.length !== 1 || head.upgrade[0] !== 'websocket') {
    return bad('it does not ask for websocket and nothing else');
  }
  if (
    head.framing.kind === 'chunked' ||
    (head.framing.kind === 'length' && head.framing.length > 0)
  ) {
    return bad('it has a body');
  }
  const versions = fields.all('sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== version) {
    return { ok: false, status: 426, reason: `its Sec-WebSocket-Version is not ${version}` };
  }
  const keys = fields.all('sec-websocket-key');
  const key = keys[0];
  if (keys.length !== 1 || key === undefined || !keyPattern.test(key)) {
    return bad('its Sec-WebSocket-Key is not 16 bytes in base64');
  }
  return {
    ok: true,
    opening: {
      key,
      protocols: listOf(fields.all('sec-websocket-protocol')),
      extensions: extensionNames(fields.all('sec-websocket-extensions')),
    },
  };
}

/** The `Sec-WebSocket-Accept` that answers a key. */
export function webSocketAccept(key: string): string {
  return hash('sha1', key + acceptGuid, 'base64');
}

/** Why an upstream's response does not open the WebSocket that was asked for; undefined when it does. */
export function webSocketRefusal(
  opening: WebSocketOpening,
  response: ResponseHead,
): string | undefined {
  const refusal = upgradeRefusal('websocket', response);
  if (refusal !== undefined) return refusal;
  const { fields } = response;
  const accepts = fields.all('sec-websocket-accept');
  if (accepts.length !== 1 || accepts[0] !== webSocketAccept(opening.key)) {
    return 'its Sec-WebSocket-Accept is not the one of the key';
  }
  const protocols = fields.all('sec-websocket-protocol');
  if (protocols.length > 1 || protocols.some((protocol) => !opening.protocols.includes(protocol))) {
    return 'its Sec-WebSocket-Protocol was not offered';
  }
  const extensions = extensionNames(fields.all('sec-websocket-extensions'));
  if (extensions.some((extension) => !opening.extensions.includes(extension))) {
    return 'its Sec-WebSocket-Extensions were not offered';
  }
  return undefined;
}

/** Why an upstream's response does not switch to `token` (lower case), as was asked for; undefined when it does. */
export function upgradeRefusal(token: string, response: ResponseHead): string | undefined {
  if (response.status !== 101) return `its status is ${response.status}, not 101`;
  if (response.upgrade.length !== 1 || response.upgrade[0] !== token) {
    return `its Upgrade and Connection do not say ${token}`;
  }
  return undefined;
}

function bad(reason: string): WebSocketVerdict {
  return { ok: false, status: 400, reason };
}

/** Elements of a list, trimmed; the case of a subprotocol counts. */
function listOf(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => value.split(','))
    .map(trimOws)
    .filter((element) => element !== '');
}

/** `permessage-deflate; client_max_window_bits, x` gives `permessage-deflate`, `x`. */
function extensionNames(values: readonly string[]): readonly string[] {
  return tokensOf(values).map((element) => trimOws(element.split(';', 1)[0] as string));
}
