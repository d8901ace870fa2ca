/**
 * The far end of tunnels: takes any WebSocket handshake on a bare socket and then, by its path, floods (`/flood`), swallows
 * (`/sink`, one byte back for every MiB) or sends back (`/echo`). Other requests, without a body, get a short answer. Ends with
 * SIGTERM.
 */
import { createServer } from 'node:net';
import { acceptFor, acknowledgedBytes, bulkFrame } from './handshake.ts';

const smallAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  let head = '';
  const onHead = (data: Buffer) => {
    head += data.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const key = /^sec-websocket-key: *(.*)\r$/im.exec(head)?.[1];
    if (key === undefined) {
      const heads = head.split('\r\n\r\n');
      head = heads.pop() ?? '';
      socket.write(smallAnswer.repeat(heads.length));
      return;
    }
    socket.off('data', onHead);
    const path = head.split(' ')[1];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
    );
    if (path === '/flood') {
      const more = () => {
        while (socket.writable && socket.write(bulkFrame)) {}
      };
      socket.on('drain', more).on('end', () => socket.destroy());
      socket.resume();
      more();
    } else if (path === '/sink') {
      let bytes = 0;
      socket.on('data', (data: Buffer) => {
        bytes += data.length;
        const acknowledged = Math.floor(bytes / acknowledgedBytes);
        if (acknowledged > 0) socket.write(Buffer.alloc(acknowledged));
        bytes -= acknowledged * acknowledgedBytes;
      });
      socket.on('end', () => socket.destroy());
    } else {
      socket.on('data', (data: Buffer) => socket.write(data));
      socket.on('end', () => socket.end());
    }
  };
  socket.on('data', onHead);
});
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`listening on ${address?.port}`);
});
process.once('SIGTERM', () => process.exit(0));
