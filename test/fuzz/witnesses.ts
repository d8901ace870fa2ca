/**
 * Upstreams that write down which requests they understood, and say so in their answers: one strict (node:http), others
 * careless (`lenient-reader.ts`). Knows nothing of the gateway but that X-Forwarded-For names the client.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { atEnd, type Scope } from '../kit/scope.ts';
import { type Dialect, type LenientMessage, readRequest, valuesOf } from './lenient-reader.ts';

/** A request as an upstream understood it, complete with its body. Text is one character a byte. */
export type Seen = {
  /** All there is of X-Forwarded-For. */
  readonly client: string;
  readonly method: string;
  readonly target: string;
  readonly body: string;
};

/** No status that anybody else answers with. */
export const seenStatus = 242;

/** Upstreams that can change the protocol do so on these paths. */
export const tunnelPath = '/tunnel';

export class Witness {
  readonly name: string;
  readonly seen: Seen[] = [];
  /** What came through tunnels, by client. */
  readonly tunnels = new Map<string, string>();
  /** Where the bytes made no sense to it. */
  readonly complaints: string[] = [];
  port = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Writes a request down and gives the body of its answer. */
  note(seen: Seen): string {
    this.seen.push(seen);
    return `request ${this.seen.length - 1} of ${this.name}`;
  }
}

/** What is seen of a connection that ends in the middle of a request or an answer. */
const givenUpCodes: readonly string[] = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE'];

/** node:http as it is. */
export async function startStrictWitness(scope: Scope): Promise<Witness> {
  const witness = new Witness('strict');
  const server = createHttpServer();
  server.on('request', (request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { method = '', url: target = '', headersDistinct } = request;
      const client = (headersDistinct['x-forwarded-for'] ?? []).join(' and ');
      response.statusCode = seenStatus;
      response.end(witness.note({ client, method, target, body }));
    });
  });
  // Of itself it would answer 417, and read no body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The gateway gives a request up by closing its connection in the middle of it.
    if (!givenUpCodes.includes(error.code ?? ''))
      witness.complaints.push(error.code ?? error.message);
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  witness.port = await listening(scope, server);
  return witness;
}

/** One that makes sense of whatever comes, and changes the protocol when asked for `/tunnel…`. */
export async function startLenientWitness(
  scope: Scope,
  name: string,
  dialect: Dialect,
): Promise<Witness> {
  const witness = new Witness(name);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let text = '';
    let tunnelOf: string | undefined;
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
      while (tunnelOf === undefined) {
        const request = readRequest(text, dialect);
        if (request === undefined) return;
        text = text.slice(request.end);
        const seen = seenIn(request);
        const body = witness.note(seen);
        if (asksForTunnel(request)) {
          tunnelOf = seen.client;
          socket.write(switchingProtocols(request));
        } else {
          const ending = seen.method === 'HEAD' ? '' : body;
          socket.write(
            `HTTP/1.1 ${seenStatus} Seen\r\nContent-Length: ${body.length}\r\n\r\n${ending}`,
          );
        }
      }
    });
    socket.on('end', () => {
      if (tunnelOf !== undefined) witness.tunnels.set(tunnelOf, text);
      socket.end();
    });
    // The gateway gives requests up by closing.
    socket.on('error', () => {});
  });
  witness.port = await listening(scope, server);
  return witness;
}

function seenIn(request: LenientMessage): Seen {
  const [method = '', target = ''] = request.startLine.split(/\s+/);
  const client = valuesOf(request, 'x-forwarded-for').join(' and ');
  return { client, method, target, body: request.body };
}

function asksForTunnel(request: LenientMessage): boolean {
  const upgrade = valuesOf(request, 'upgrade').join();
  return request.startLine.includes(` ${tunnelPath}`) && /websocket/i.test(upgrade);
}

function switchingProtocols(request: LenientMessage): string {
  const key = valuesOf(request, 'sec-websocket-key')[0] ?? '';
  // RFC 6455, 4.2.2.
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

async function listening(scope: Scope, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}
