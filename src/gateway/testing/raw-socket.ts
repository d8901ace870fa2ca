/** One end of a connection in a test, byte by byte: what no HTTP library would send, and exactly what came back. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export class RawSocket {
  readonly socket: Duplex;
  #read: Buffer = Buffer.alloc(0);
  #ended = false;
  #closed = false;
  #error: NodeJS.ErrnoException | undefined;
  #wake: () => void = () => {};

  constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#read = Buffer.concat([this.#read, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  write(data: string | Buffer): void {
    this.socket.write(data, 'latin1');
  }

  end(data?: string): void {
    if (data === undefined) this.socket.end();
    else this.socket.end(data, 'latin1');
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    (this.socket as Socket).resetAndDestroy();
  }

  /** What has come up to and with `marker`, which is taken out. Rejects when the connection ends before. */
  async until(marker: string): Promise<string> {
    for (;;) {
      const at = this.#read.indexOf(marker, 0, 'latin1');
      if (at !== -1) return this.#take(at + marker.length).toString('latin1');
      await this.#more(`"${marker}"`);
    }
  }

  /** A head: everything up to and with the empty line. */
  head(): Promise<string> {
    return this.until('\r\n\r\n');
  }

  /** The next `count` bytes. */
  async bytes(count: number): Promise<string> {
    while (this.#read.length < count) await this.#more(`${count} bytes`);
    return this.#take(count).toString('latin1');
  }

  /** Everything up to the other side's regular end. Rejects when the connection is cut instead. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#more('the end');
    return this.#take(this.#read.length).toString('latin1');
  }

  /** Waits until nothing more can come, whether the other side ended or cut. Gives the error's code when it cut. */
  async gone(): Promise<string | undefined> {
    while (!this.#ended && !this.#closed) await this.#wait();
    return this.#error?.code;
  }

  /** What has come and was not taken. */
  get pending(): string {
    return this.#read.toString('latin1');
  }

  #take(count: number): Buffer {
    const taken = this.#read.subarray(0, count);
    this.#read = this.#read.subarray(count);
    return taken;
  }

  async #more(wanted: string): Promise<void> {
    if (this.#ended || this.#closed) {
      const reason = this.#error?.code ?? (this.#ended ? 'end' : 'close');
      throw new Error(`${reason} before ${wanted}, after ${JSON.stringify(this.pending)}`);
    }
    await this.#wait();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A client connection to a port, or to a socket file. */
export async function rawConnect(to: number | string): Promise<RawSocket> {
  const socket =
    typeof to === 'number'
      ? connect({ host: '127.0.0.1', port: to, allowHalfOpen: true, noDelay: true })
      : connect({ path: to, allowHalfOpen: true });
  await once(socket, 'connect');
  return new RawSocket(socket);
}

/** A server whose connections the test answers by hand. */
export class RawServer {
  readonly #server: Server;
  readonly #arrived: RawSocket[] = [];
  readonly #all: RawSocket[] = [];
  #wake: () => void = () => {};

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      const raw = new RawSocket(socket);
      this.#arrived.push(raw);
      this.#all.push(raw);
      this.#wake();
    });
  }

  static async listen(path?: string): Promise<RawServer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    if (path === undefined) server.listen(0, '127.0.0.1');
    else server.listen(path);
    await once(server, 'listening');
    return new RawServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#all.length;
  }

  /** The next connection that nobody has taken yet. */
  async accept(): Promise<RawSocket> {
    for (;;) {
      const next = this.#arrived.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    for (const raw of this.#all) raw.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
