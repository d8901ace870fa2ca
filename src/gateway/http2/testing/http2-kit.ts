/** A gateway in a test whose clients speak HTTP/2, and such clients, by Node's own library. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { TestContext } from 'node:test';
import type { TestCertificates } from '../../testing/certificates.ts';
import { GatewayKit, type KitOptions } from '../../testing/gateway-kit.ts';

export const testHost = 'site.test';

/** A gateway with HTTP/2 and a certificate for `testHost`. */
export function startHttp2Gateway(
  context: TestContext,
  certificates: TestCertificates,
  options: KitOptions = {},
): Promise<GatewayKit> {
  return GatewayKit.start(context, {
    ...options,
    tls: true,
    listener: { ...options.listener, http2: true },
    site: { certificate: certificates.make(testHost), ...options.site },
  });
}

export type Answer = {
  readonly status: number;
  readonly fields: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
  /** Statuses of what came before. */
  readonly interim: readonly number[];
};

export class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  /** Destroyed with the test. Resolves when the gateway's settings have come. */
  static async connect(
    context: TestContext,
    port: number,
    options: ClientSessionOptions & { readonly servername?: string } = {},
  ): Promise<Http2Client> {
    const session = connect(`https://127.0.0.1:${port}`, {
      servername: testHost,
      rejectUnauthorized: false,
      ...options,
    });
    context.after(() => session.destroy());
    session.on('error', () => {});
    await once(session, 'remoteSettings');
    return new Http2Client(session);
  }

  /** Sends a head; the caller ends the stream unless nothing is to follow. */
  open(
    fields: OutgoingHttpHeaders = {},
    options?: { endStream?: boolean; waitForTrailers?: boolean },
  ): ClientHttp2Stream {
    const isConnect = fields[':method'] === 'CONNECT' && fields[':protocol'] === undefined;
    const usual = isConnect ? {} : { ':path': '/', ':scheme': 'https' };
    return this.session.request({ ':authority': testHost, ...usual, ...fields }, options);
  }

  /** Sends a whole request and reads the whole answer. */
  ask(fields: OutgoingHttpHeaders = {}, body?: string | Buffer): Promise<Answer> {
    const stream = this.open(fields, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    return answerOf(stream);
  }

  /** A WebSocket's stream; its answer is for the caller to wait for. */
  openWebSocket(fields: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    return this.open({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      'sec-websocket-version': '13',
      ...fields,
    });
  }
}

/** Reads an answer to its end. Rejects when the stream is reset before. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const interim: number[] = [];
  let fields: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const chunks: Buffer[] = [];
  stream.on('headers', (head) => interim.push(Number(head[':status'])));
  stream.on('response', (head) => {
    fields = head;
  });
  stream.on('trailers', (head) => {
    trailers = head;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'close');
  if (stream.rstCode !== 0) throw new Error(`the stream was reset with ${stream.rstCode}`);
  return {
    status: Number(fields[':status']),
    fields,
    body: Buffer.concat(chunks),
    trailers,
    interim,
  };
}
