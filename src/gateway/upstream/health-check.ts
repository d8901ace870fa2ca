/** One health check of one server: a connection, a request or a WebSocket handshake on it, and what was wrong with the answer. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { HealthModel, UpstreamModel } from '../../config/upstream-model.ts';
import { type ResponseHead, ResponseHeadReader } from '../../http1/head.ts';
import { webSocketRefusal } from '../../http1/upgrade.ts';
import { authorityOf } from './authority.ts';
import { connectFailure } from './connect-failure.ts';
import { type DialOptions, dial, serverName } from './dial.ts';
import type { PoolContext } from './pool.ts';

/** What is meant when nothing is said. */
const defaultTimeoutMs = 5000;
const defaultStatuses: readonly [number, number] = [200, 399];

export type HealthCheckOptions = {
  readonly dial: DialOptions;
  /** For its name, its authority and its TLS. */
  readonly model: UpstreamModel;
  readonly context: PoolContext;
  /** Called once, unless the check is cancelled. @param failure undefined for a server that is up */
  onResult(failure: string | undefined): void;
};

export class HealthCheck {
  readonly #model: HealthModel;
  readonly #options: HealthCheckOptions;
  readonly #socket: Duplex;
  readonly #reader: ResponseHeadReader;
  readonly #timer: NodeJS.Timeout;
  readonly #key = randomBytes(16).toString('base64');
  #isConnected = false;
  #isOver = false;

  /** Begins at once. */
  constructor(model: HealthModel, options: HealthCheckOptions) {
    const { context } = options;
    this.#model = model;
    this.#options = options;
    this.#reader = new ResponseHeadReader(context.limits);
    const timeoutMs = model.timeoutMs ?? defaultTimeoutMs;
    this.#timer = setTimeout(() => this.#end(`no answer within ${timeoutMs} ms`), timeoutMs);
    this.#timer.unref();
    const { socket, readyEvent } = dial(options.dial);
    this.#socket = socket;
    context.sockets.add(socket);
    socket.on('error', (error) => this.#broke(error));
    socket.on('close', () => this.#broke(undefined));
    socket.on('end', () => this.#broke(undefined));
    if (readyEvent === undefined) process.nextTick(() => this.#connected());
    else socket.once(readyEvent, () => this.#connected());
  }

  /** Nobody hears of a result. */
  cancel(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #connected(): void {
    if (this.#isOver) return;
    this.#isConnected = true;
    if (this.#model.kind === 'tcp') {
      this.#end(undefined);
      return;
    }
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.write(this.#request(), 'latin1');
  }

  #request(): string {
    const { path = '/', host = authorityOf(this.#options.model), kind } = this.#model;
    const start = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Hatchway (health check)\r\n`;
    return kind === 'websocket'
      ? `${start}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${this.#key}\r\n\r\n`
      : `${start}Accept: */*\r\nConnection: close\r\n\r\n`;
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      let head = this.#reader.push(chunk);
      // An interim answer says nothing.
      while (head !== undefined && head.status < 200 && head.status !== 101) {
        head = this.#reader.push(this.#reader.rest);
      }
      if (head !== undefined) this.#end(this.#judge(head));
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #judge(head: ResponseHead): string | undefined {
    if (this.#model.kind === 'websocket') {
      const opening = { key: this.#key, protocols: [], extensions: [] };
      const refusal = webSocketRefusal(opening, head);
      return refusal === undefined ? undefined : `it opens no WebSocket: ${refusal}`;
    }
    const [first, last] = this.#model.statuses ?? defaultStatuses;
    const { status } = head;
    return status >= first && status <= last ? undefined : `it answered with ${status}`;
  }

  #broke(error: Error | undefined): void {
    const { model, dial: to } = this.#options;
    this.#end(
      this.#isConnected
        ? `it gave no answer: ${error?.message ?? 'it closed the connection'}`
        : connectFailure(error, model, serverName(to.server)).message,
    );
  }

  #end(failure: string | undefined): void {
    if (this.#isOver) return;
    this.cancel();
    this.#options.onResult(failure);
  }
}
