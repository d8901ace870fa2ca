/**
 * How a connection ends when the other side must not take it for a regular end. A message that says its own length
 * shows by itself that it was cut short; one that lasts until the connection closes, and a tunnel, do not.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { codeOf } from '../base/errors.ts';

/**
 * Ends a connection so that the other side cannot take it for a regular end: by RST on TCP, without close_notify on
 * TLS (RFC 8446, 6.1), by an error inside this process. What was written and not yet taken is lost.
 */
export function reset(socket: Duplex): void {
  if (socket.destroyed) return;
  if (
    !(socket instanceof Socket) ||
    socket instanceof TLSSocket ||
    socket.connecting ||
    isShuttingDown(socket)
  ) {
    socket.destroy();
    return;
  }
  try {
    socket.resetAndDestroy();
  } catch (error) {
    // A Unix socket has no RST. Asking for its port first would cost each TCP socket a system call.
    if (codeOf(error) !== 'ERR_INVALID_HANDLE_TYPE') throw error;
    socket.destroy();
  }
}

/**
 * Its FIN is asked for and not sent yet. libuv refuses to reset such a socket (uv_tcp_close_reset, EINVAL), and Node
 * then reports the error but never closes it; the FIN makes the end a regular one in any case.
 */
function isShuttingDown(socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
