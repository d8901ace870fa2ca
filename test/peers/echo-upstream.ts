/** An upstream that says what it was asked, and answers as the request's own fields tell it to. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from '../kit/certificate.ts';
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
  return await listening(scope, createServer(answers(name)));
}

/** The same over TLS, with a certificate of its own; says the name it was called by and whose certificate it was shown. */
export async function startTlsEchoUpstream(
  scope: Scope,
  name: string,
  certificate: Certificate,
): Promise<number> {
  const answer = answers(name);
  const server = createTlsServer(
    {
      cert: readFileSync(certificate.certPath),
      key: readFileSync(certificate.keyPath),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const socket = request.socket as TLSSocket & { readonly servername?: string | false };
      const shown = socket.getPeerCertificate().subject?.CN ?? 'none';
      request.rawHeaders.push('tls-name', socket.servername || 'none');
      request.rawHeaders.push('tls-certificate', String(shown));
      answer(request, response);
    },
  );
  return await listening(scope, server);
}

/** Takes connections and says nothing. Resolves with its port. */
export async function startSilentUpstream(scope: Scope): Promise<number> {
  return await listening(
    scope,
    createServer(() => {}),
  );
}

function answers(name: string): RequestListener {
  return (request, response) => {
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
  };
}

async function listening(scope: Scope, server: Server | TlsServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(scope, () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
