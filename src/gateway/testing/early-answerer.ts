/**
 * A server in a thread of its own that answers every request before it has read its body, and closes at once: the kernel resets
 * the connection, whenever that happens to be noticed. Tells its port when it listens.
 */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';

export type EarlyAnswererData = {
  /** PEM, for TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
};

const { tls } = workerData as EarlyAnswererData;

/** By the request's path. */
const answers: Readonly<Record<string, string>> = {
  length: 'HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much',
  chunked:
    'HTTP/1.1 413 Too Much\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ntoo much\r\n0\r\n\r\n',
  close: 'HTTP/1.1 413 Too Much\r\nConnection: close\r\n\r\ntoo much',
  long: `HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 30000\r\n\r\n${'x'.repeat(30_000)}`,
};

function answer(socket: Socket): void {
  socket.on('error', () => {});
  let text = '';
  const onData = (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const path = /^PUT \/(\w+) .*?\r\n\r\n/s.exec(text)?.[1];
    if (path === undefined) return;
    socket.off('data', onData);
    socket.pause();
    socket.write(answers[path] ?? '', () => socket.destroy());
  };
  socket.on('data', onData);
}

const server = tls === undefined ? createServer(answer) : createTlsServer({ ...tls }, answer);
server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()));
