/**
 * Frees what a socket has read as soon as it has been passed on, instead of leaving it to the garbage collector.
 *
 * Node reads into a new ArrayBuffer each time. In bulk that is a gigabyte a second outside V8's heap, for which V8 marks
 * the whole heap again and again, and every read touches pages that are in no cache. Detached, the memory is free at once
 * and the next read gets it again, still warm. Even a keystroke's is freed for less than collecting it costs.
 *
 * Bytes that anybody might still look at are never freed: only the chunk that is being delivered at the moment, which
 * fills its ArrayBuffer alone, and whose receiver says that it is done with it. Chunks of other streams than sockets
 * belong to whoever wrote them.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The memory of the chunk that is being delivered; undefined when it must stay. */
let lent: ArrayBuffer | undefined;

/** Begins the delivery of a chunk that a TCP, TLS or Unix socket has read. */
export function lend({ buffer, length }: Buffer): void {
  // What was put back in front of a stream may be part of memory that others use, such as Node's pool for small buffers.
  lent = length === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : undefined;
}

/** Ends the delivery: whatever was not given back stays. */
export function endLoan(): void {
  lent = undefined;
}

/**
 * Frees the chunk that is being delivered, given it or any part of it. Nobody may need any byte of it from here on. Does
 * nothing for other buffers.
 */
export function giveBack({ buffer }: Buffer): void {
  if (buffer !== lent) return;
  lent.transfer(0);
  lent = undefined;
}

/** Whether a stream has nothing left of what was written to it; known of sockets only, since others may pass it on later. */
export function hasTakenAll(stream: Duplex): boolean {
  return stream.writableLength === 0 && stream instanceof Socket;
}
