/**
 * A TCP connection whose writes arrive in pieces that have nothing to do with what was written: beneath TLS, records and
 * their heads are so cut in the middle. Knows nothing of TLS.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class OddSegments extends Duplex {
  readonly #socket: Socket;
  readonly #cuts: readonly number[];

  /**
   * @param socket that sends at once (`noDelay`)
   * @param cuts offsets at which each write is cut
   */
  constructor(socket: Socket, cuts: readonly number[]) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#cuts = [...cuts].sort((a, b) => a - b);
    socket.on('data', (chunk) => this.push(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const ends = [...this.#cuts.filter((cut) => cut > 0 && cut < chunk.length), chunk.length];
    const send = (index: number, start: number) => {
      const end = ends[index];
      if (end === undefined) {
        done();
        return;
      }
      this.#socket.write(chunk.subarray(start, end));
      setImmediate(send, index + 1, end);
    };
    send(0, 0);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
