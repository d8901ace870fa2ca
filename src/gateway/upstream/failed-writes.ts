/**
 * Keeps a socket readable after the other side has stopped reading. A server that does not want a body answers and closes
 * while the rest is still on its way; the kernel then refuses the next write (EPIPE, ECONNRESET) but still has the answer.
 * Node destroys a socket whose write has failed, and what it had not read is lost.
 *
 * So such a write is left unfinished instead, as if the other side were slow: nothing more is written, reading goes on, and the
 * socket ends as any other does, by the end of what can be read. The kernel has that ready once it has refused a write.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

type WriteCallback = (error?: Error | null) => void;

class HeldWrites {
  readonly #onHeld: () => void;
  /** Of the write under way; a stream has one at a time. */
  #written: WriteCallback | undefined;

  constructor(onHeld: () => void) {
    this.#onHeld = onHeld;
  }

  /** Takes a write's callback. What is returned is called in its place, and is the same for all. */
  begin(written: WriteCallback): WriteCallback {
    this.#written = written;
    return this.#end;
  }

  readonly #end = (error?: NodeJS.ErrnoException | null): void => {
    if (error?.code === 'EPIPE' || error?.code === 'ECONNRESET') this.#onHeld();
    else this.#written?.(error);
  };
}

/**
 * To be called once in a socket's life. Does nothing for streams inside this process, which lose nothing.
 *
 * @param onHeld the other side takes nothing more; what it has sent still comes. May be called during a write
 */
export function holdFailedWrites(socket: Duplex, onHeld: () => void): void {
  if (!(socket instanceof Socket)) return;
  const held = new HeldWrites(onHeld);
  const { _write, _writev } = socket;
  socket._write = (chunk, encoding, written) => {
    _write.call(socket, chunk, encoding, held.begin(written));
  };
  if (_writev === undefined) return;
  socket._writev = (chunks, written) => {
    _writev.call(socket, chunks, held.begin(written));
  };
}
