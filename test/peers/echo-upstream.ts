/** An upstream that says what it was asked, and answers as the request's own fields tell it to. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd, type Scope } from '../kit/scope.ts';

/** Fields that differ between any two proxies and say nothing of the request. */
const ofTheHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * `X-Answer-Status: 404`, `X-Answer-Field: Location: /x` (may be repeated, separated by ` || `) and `X-Answer-Body` decide
 * about the answer. Resolves with its port.
 *
 * @param name what it calls itself in its answers
 */
export async function startEchoUpstream(scope: Scope, name: string): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers, rawHeaders } = request;
      const lines: string[] = [];
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const field = (rawHeaders[i] ?? '').toLowerCase();
        if (!ofTheHop.has(field)) lines.push(`${field}: ${rawHeaders[i + 1]}`);
      }
      const body = Buffer.concat(chunks).toString('latin1');
      const said = [
        `upstream ${name} was asked: ${request.method} ${request.url}`,
        ...lines.sort(),
        ...(body === '' ? [] : [`body: ${body}`]),
      ].join('\n');
      response.statusCode = Number(headers['x-answer-status'] ?? 200);
      for (const field of String(headers['x-answer-field'] ?? '').split(' || ')) {
        const colon = field.indexOf(':');
        if (colon !== -1)
          response.appendHeader(field.slice(0, colon), field.slice(colon + 1).trim());
      }
      response.sendDate = false;
      const own = headers['x-answer-body'];
      response.end(own === undefined ? `${said}\n` : own);
    });
  });
  return await listening(scope, server);
}

async function listening(scope: Scope, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
