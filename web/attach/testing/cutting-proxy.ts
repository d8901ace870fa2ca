/** A TCP proxy that cuts connections after so many bytes: the bad line between a viewer and its session. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections cut so far. */
  cuts = 0;

  /** @param nextCut bytes, both ways together, after which a new connection is cut; undefined: never */
  private constructor(targetPort: number, nextCut: () => number | undefined) {
    this.#server = createServer((client) => {
      const upstream = connect(targetPort, '127.0.0.1');
      let left = nextCut();
      const pass = (to: Socket) => (chunk: Buffer) => {
        if (left === undefined) {
          to.write(chunk);
          return;
        }
        // What still fits gets through: a cut leaves half a frame behind.
        if (chunk.length >= left && !client.destroyed) {
          this.cuts++;
          to.write(chunk.subarray(0, left), () => this.#end(client, upstream));
        } else {
          left -= chunk.length;
          to.write(chunk);
        }
      };
      this.#sockets.add(client).add(upstream);
      client.on('data', pass(upstream));
      upstream.on('data', pass(client));
      for (const socket of [client, upstream]) {
        socket.on('error', () => this.#end(client, upstream));
        socket.on('close', () => this.#end(client, upstream));
      }
    });
  }

  static async start(
    targetPort: number,
    nextCut: () => number | undefined = () => undefined,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort, nextCut);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts everything that is connected now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #end(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      socket.destroy();
      this.#sockets.delete(socket);
    }
  }
}
