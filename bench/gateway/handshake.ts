/** Both sides of a WebSocket handshake, on bare sockets, so that what is measured is the proxy. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** RFC 6455, 4.2.2. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Bytes that the sink has taken for each byte it sends back. */
export const acknowledgedBytes = 1024 * 1024;

/** One binary frame of 64 KiB, as a server sends it; proxies do not look whether it is masked. */
export const bulkFrame: Buffer = Buffer.concat([
  Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
  Buffer.alloc(64 * 1024, 0x61),
]);

export function acceptFor(sentKey: string): string {
  return createHash('sha1')
    .update(sentKey + guid)
    .digest('base64');
}

export function upgradeRequest(port: number, path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
  );
}

/** An open WebSocket as a bare socket, paused; `first` is what came behind the 101. */
export async function openTunnel(
  port: number,
  path: string,
): Promise<{ socket: Socket; first: Buffer }> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  socket.write(upgradeRequest(port, path), 'latin1');
  let received: Buffer = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end === -1) continue;
    socket.pause();
    const status = received.toString('latin1', 9, 12);
    if (status !== '101') throw new Error(`no WebSocket: ${received.toString('latin1', 0, end)}`);
    return { socket, first: received.subarray(end + 4) };
  }
}
