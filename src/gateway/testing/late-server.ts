/** A TLS server in a test whose connections come up when the test wants: until then whoever connects waits for the handshake. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';
import type { UpstreamServerModel } from '../../config/upstream-model.ts';
import type { CertificatePaths } from './certificates.ts';
import { tcpServer } from './gateway-kit.ts';
import { RawSocket } from './raw-socket.ts';

export class LateServer {
  readonly model: UpstreamServerModel;
  readonly #sockets: Socket[] = [];
  readonly #accepted: Socket[] = [];
  readonly #key: Buffer;
  readonly #cert: Buffer;
  #wake: () => void = () => {};

  private constructor(server: Server, port: number, { keyPath, certPath }: CertificatePaths) {
    this.model = tcpServer(port);
    this.#key = readFileSync(keyPath);
    this.#cert = readFileSync(certPath);
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      this.#sockets.push(socket);
      this.#accepted.push(socket);
      this.#wake();
    });
  }

  /** Closes with the test. */
  static async listen(context: TestContext, certificate: CertificatePaths): Promise<LateServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const late = new LateServer(server, port, certificate);
    context.after(() => {
      server.close();
      for (const socket of late.#sockets) socket.destroy();
    });
    return late;
  }

  /** The next connection, which is not up yet. */
  async accept(): Promise<Socket> {
    for (;;) {
      const socket = this.#accepted.shift();
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets it come up. */
  bringUp(socket: Socket): RawSocket {
    return new RawSocket(
      new TLSSocket(socket, { isServer: true, key: this.#key, cert: this.#cert }),
    );
  }
}
