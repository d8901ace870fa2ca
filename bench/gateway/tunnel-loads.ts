/** What is done with tunnels: opening many, holding them, and bytes in one direction as fast as they go. */
import type { Socket } from 'node:net';
import { acknowledgedBytes, bulkFrame, openTunnel } from './handshake.ts';

/** Handshakes under way at a time. */
const parallel = 32;

/** Opens tunnels and closes each at once, for so long. */
export async function handshakes(
  port: number,
  seconds: number,
): Promise<{ readonly count: number; readonly perSecond: number }> {
  const begin = performance.now();
  const end = begin + seconds * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      const { socket } = await openTunnel(port, '/echo');
      // A reset leaves no port in TIME_WAIT: the machine has 28,000 of them, which are used up in seconds.
      socket.resetAndDestroy();
      count++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { count, perSecond: count / ((performance.now() - begin) / 1000) };
}

/** Tunnels that stay open and are silent. */
export async function idleTunnels(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  const worker = async () => {
    while (sockets.length < count) {
      const place = sockets.length;
      sockets.length = place + 1;
      const { socket } = await openTunnel(port, '/echo');
      socket.resume();
      sockets[place] = socket;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return sockets;
}

/** Bytes a second from the upstream to the client. */
export async function downPerSecond(port: number, seconds: number): Promise<number> {
  const { socket, first } = await openTunnel(port, '/flood');
  const begin = performance.now();
  let bytes = first.length;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const took = (performance.now() - begin) / 1000;
  socket.removeAllListeners('data').on('error', () => {});
  socket.resetAndDestroy();
  return bytes / took;
}

/** Bytes a second from the client to the upstream, as far as they have arrived there. */
export async function upPerSecond(port: number, seconds: number): Promise<number> {
  const { socket } = await openTunnel(port, '/sink');
  let acknowledged = 0;
  socket.on('data', (data: Buffer) => {
    acknowledged += data.length;
  });
  socket.resume();
  const begin = performance.now();
  const more = () => {
    while (socket.write(bulkFrame)) {}
  };
  socket.on('drain', more);
  more();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const took = (performance.now() - begin) / 1000;
  socket.removeAllListeners('drain').on('error', () => {});
  socket.resetAndDestroy();
  return (acknowledged * acknowledgedBytes) / took;
}
