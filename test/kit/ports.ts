/** Ports for programs that cannot say which one they were given. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that Linux gives away by itself (ip_local_port_range, from 32768), to listeners on port 0 and to whoever connects: only
 * somebody who asks here, too, can be given the same one before it is listened on.
 */
const first = 15_000;
const last = 32_000;

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. Somebody may the next, though hardly: be ready to ask again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
