/**
 * The admin listener: metrics, health and status over plain HTTP, apart from all sites. It only reads, and answers
 * nobody who came by a name that is not this machine's.
 *
 * It asks for no password: who may reach the address may read it. Knows the gateway only as a view.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { ListenAddress } from '../../config/model.ts';
import { addressName, bind } from '../bind.ts';
import { isAdminHost } from './admin-host.ts';
import type { GatewayView } from './gateway-view.ts';
import { Metrics } from './metrics.ts';
import { statusOf } from './status.ts';

export type AdminServerOptions = {
  readonly address: ListenAddress;
  readonly log: Log;
  /** Names besides `localhost` under which it may be asked; a host name to listen on is one of itself. Default: none. */
  readonly hosts?: readonly string[] | undefined;
};

/** For a request and for its head, in milliseconds: those who ask are near, and ask little. */
const requestMs = 10_000;

/** Clients at a time: a scraper or two and somebody who looks. */
const maxConnections = 64;

type Answer = { readonly status: number; readonly type: string; readonly body: string };

export class AdminServer {
  readonly #view: GatewayView;
  readonly #options: AdminServerOptions;
  readonly #hosts: readonly string[];
  readonly #metrics: Metrics;
  readonly #server: Server;
  #closed: Promise<void> | undefined;

  constructor(view: GatewayView, options: AdminServerOptions) {
    const { address, hosts = [] } = options;
    this.#view = view;
    this.#options = options;
    this.#hosts = [...hosts, ...(address.kind === 'tcp' ? [address.host] : [])].map((host) =>
      host.toLowerCase(),
    );
    this.#metrics = new Metrics(view);
    this.#server = createServer(
      { requestTimeout: requestMs, headersTimeout: requestMs, keepAliveTimeout: requestMs },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = maxConnections;
  }

  /** Starts to serve; the address in fact listened on, port 0 resolved. Rejects with `HW_LISTEN_…`. */
  async listen(): Promise<ListenAddress> {
    const { address, log } = this.#options;
    const bound = await bind(this.#server, address);
    this.#server.on('error', (error) => {
      log.warn({ address: addressName(bound), reason: error.message }, 'admin listener failed');
    });
    return bound;
  }

  /** Closes the address and every connection. Answers under way are cut: whoever asks for health has to know. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
      this.#server.closeAllConnections();
    });
    return this.#closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#answer(request, response);
    } catch (error) {
      this.#options.log.error({ path: request.url, reason: String(error) }, 'admin request failed');
      answer = text(500, 'failed; the log says why');
    }
    response.writeHead(answer.status, {
      'Content-Type': answer.type,
      'Content-Length': Buffer.byteLength(answer.body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // No page of another origin may so much as embed it.
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const { method, headers } = request;
    if (!isAdminHost(headers.host, this.#hosts)) {
      return text(
        403,
        'this listener is asked by address or as localhost; other names have to be allowed',
      );
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return text(405, 'this listener is only read');
    }
    const [path] = (request.url ?? '').split('?');
    switch (path) {
      case '/healthz':
        return text(200, 'ok');
      case '/readyz': {
        const { readiness } = this.#view;
        return readiness.ready ? text(200, 'ready') : text(503, `not ready: ${readiness.why}`);
      }
      case '/metrics':
        return { status: 200, type: this.#metrics.contentType, body: await this.#metrics.text() };
      case '/status':
        return {
          status: 200,
          type: 'application/json',
          body: `${JSON.stringify(statusOf(this.#view), undefined, 2)}\n`,
        };
      case '/':
        return text(200, '/metrics  /status  /healthz  /readyz');
      default:
        return text(404, 'nothing here; there are /metrics, /status, /healthz and /readyz');
    }
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}
