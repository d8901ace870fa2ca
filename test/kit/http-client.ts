/**
 * One HTTP request a call, exactly as the test words it: any Host, any Origin, no cookie jar, no kept connection.
 * fetch() would decide about some of these itself.
 */
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';

export type HttpRequest = {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Connects here instead of to the URL's host. */
  socketPath?: string;
  /** Connects to this port of 127.0.0.1, whatever name the URL has. */
  port?: number;
};

export type HttpResponse = {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
};

/** The whole response to one request. Certificates are not verified: the servers of a test vouch for themselves. */
export function httpRequest(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const target = new URL(url);
  const options: https.RequestOptions = {
    method: request.method ?? 'GET',
    agent: false,
    rejectUnauthorized: false,
    headers: { host: target.host, ...request.headers },
    // An address is no server name (RFC 6066 section 3).
    servername: isIP(target.hostname) === 0 ? target.hostname : '',
    ...(request.socketPath === undefined ? {} : { socketPath: request.socketPath }),
    ...(request.port === undefined ? {} : { hostname: '127.0.0.1', port: request.port }),
  };
  const send = target.protocol === 'https:' ? https.request : http.request;
  const outgoing = send(target, options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const body = Buffer.concat(chunks);
      const status = response.statusCode ?? 0;
      resolve({ status, headers: response.headers, body, text: body.toString() });
    });
  });
  outgoing.on('error', reject);
  // A 101 ends the HTTP part; whoever wants a tunnel uses another client.
  outgoing.on('upgrade', (response, socket) => {
    socket.destroy();
    resolve({ status: 101, headers: response.headers, body: Buffer.alloc(0), text: '' });
  });
  outgoing.end(request.body);
  return promise;
}
