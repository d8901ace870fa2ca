/** The other end of a WebSocket in a test, byte by byte: opens it as an upstream does. */
import { webSocketAccept } from '../../../http1/upgrade.ts';
import type { RawSocket } from '../../testing/raw-socket.ts';

/** Answers the opening request that comes next with a 101. Returns that request's head. */
export async function openWebSocket(upstream: RawSocket, lines = ''): Promise<string> {
  const head = await upstream.head();
  const key = /^sec-websocket-key: (.*)\r$/im.exec(head)?.[1] ?? '';
  upstream.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${webSocketAccept(key)}\r\n${lines}\r\n`,
  );
  return head;
}
