/**
 * A connection that never leaves this process: two streams, each the other's peer, that behave as the two ends of a
 * TCP connection do. Half-close, back-pressure and a cut all arrive at the other end, always in a later tick.
 *
 * Node's `stream.duplexPair` is not enough: there, destroying one end looks like a clean end of the stream to the
 * other, a write that waits for a destroyed reader waits for ever, and data arrives while `write` still runs, which
 * no socket does. Knows nothing of HTTP.
 */
import { Duplex } from 'node:stream';

/** The two ends of a new connection. */
export function inProcessConnection(): [Duplex, Duplex] {
  const left = new InProcessEnd();
  const right = new InProcessEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class InProcessEnd extends Duplex {
  peer: InProcessEnd | undefined;
  /** The write of the peer that filled this end's buffer; called when this end reads again or is gone. */
  peerWaits: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    const resume = this.peerWaits;
    this.peerWaits = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    process.nextTick(deliver, this.peer, chunk, done);
  }

  override _final(done: () => void): void {
    process.nextTick(deliverEnd, this.peer, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Whoever waits for this end to read must not wait for ever; what it wrote is lost, as in a closed socket.
    this._read();
    process.nextTick(this.writableFinished ? forget : reset, this.peer, this);
    done(error);
  }
}

function deliver(to: InProcessEnd | undefined, chunk: Buffer, done: () => void): void {
  // To an end that has gone, writes succeed and lead nowhere: the writer learns it by reading, as with TCP.
  if (to === undefined || to.destroyed || to.push(chunk)) done();
  else to.peerWaits = done;
}

function deliverEnd(to: InProcessEnd | undefined, done: () => void): void {
  if (to !== undefined && !to.destroyed) to.push(null);
  done();
}

/** The peer ended what it had to say before it went: what it said can still be read. */
function forget(end: InProcessEnd | undefined): void {
  if (end !== undefined) end.peer = undefined;
}

function reset(end: InProcessEnd | undefined): void {
  if (end === undefined || end.destroyed) return;
  end.peer = undefined;
  end.destroy(Object.assign(new Error('the other end closed'), { code: 'ECONNRESET' }));
}
