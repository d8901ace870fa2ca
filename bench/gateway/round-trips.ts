/** How long a keystroke takes there and back: one small frame at a time over one WebSocket, on a bare socket. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const request = (port: number) =>
  `GET /echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A binary frame of one byte, masked with zeros (RFC 6455, 5.2), and what comes back: the same without the mask. */
const keystroke = Buffer.from([0x82, 0x81, 0, 0, 0, 0, 0x61]);
const echoBytes = 3;

/** Round trips before those that count. */
const warmUpTrips = 200;

/** Times in microseconds, in the order in which they were measured. */
export async function roundTrips(port: number, seconds: number): Promise<number[]> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    socket.write(request(port));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (!answer.toString('latin1').startsWith('HTTP/1.1 101 ')) {
      throw new Error(`no WebSocket: ${answer}`);
    }
    return await measure(socket, seconds * 1000);
  } finally {
    socket.destroy();
  }
}

function measure(socket: Socket, forMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    const begin = performance.now();
    let trips = 0;
    let sent = begin;
    let received = 0;
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the WebSocket closed')));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received < echoBytes) return;
      received = 0;
      const now = performance.now();
      trips++;
      if (trips > warmUpTrips) times.push((now - sent) * 1000);
      if (now - begin >= forMs) {
        socket.removeAllListeners();
        resolve(times);
        return;
      }
      sent = performance.now();
      socket.write(keystroke);
    });
    socket.write(keystroke);
  });
}
