/** A WebSocket server of `ws` that sends back what it gets: says where it listens, ends with SIGTERM. */
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.once('listening', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`listening on ${address?.port}`);
});
process.once('SIGTERM', () => process.exit(0));
