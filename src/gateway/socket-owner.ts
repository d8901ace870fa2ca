/**
 * Who is told what happens at a socket. A socket changes hands – request, next request, tunnel – but its listeners
 * are put on once and shared by all sockets: no closure a request, and nothing to take off and forget.
 *
 * Works for anything that is a Duplex: a TCP or TLS socket, a Unix socket, an end inside this process. All of them
 * must allow half-open: the owner decides what the end of the other side means.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaultBearer } from './fault.ts';
import { endLoan, lend } from './read-memory.ts';

export interface SocketOwner extends FaultBearer {
  /** Bytes came. They may be kept; whoever is done with all of them at once says so by `giveBack`. */
  onData(chunk: Buffer): void;
  /** All that was written has been taken. */
  onDrain(): void;
  /** The other side will send no more. */
  onEnd(): void;
  /** The socket is gone, by either side or by `error`. Called once, last. */
  onClose(error: NodeJS.ErrnoException | undefined): void;
}

const owner = Symbol('owner');
const failure = Symbol('failure');

type OwnedSocket = Duplex & {
  [owner]?: SocketOwner;
  [failure]?: NodeJS.ErrnoException;
};

/** Gives a socket to its first owner; from now on it flows unless it is paused. */
export function own(socket: Duplex, by: SocketOwner): void {
  (socket as OwnedSocket)[owner] = by;
  socket
    .on('data', socket instanceof Socket ? onSocketData : onData)
    .on('drain', onDrain)
    .on('end', onEnd)
    .on('error', onError)
    .on('close', onClose);
}

/** Gives an owned socket to its next owner. Whether it flows stays as it is. */
export function handOver(socket: Duplex, to: SocketOwner): void {
  (socket as OwnedSocket)[owner] = to;
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  try {
    this[owner]?.onData(chunk);
  } catch (error) {
    onFault(this, error);
  }
}

function onSocketData(this: OwnedSocket, chunk: Buffer): void {
  lend(chunk);
  onData.call(this, chunk);
  endLoan();
}

function onDrain(this: OwnedSocket): void {
  try {
    this[owner]?.onDrain();
  } catch (error) {
    onFault(this, error);
  }
}

function onEnd(this: OwnedSocket): void {
  try {
    this[owner]?.onEnd();
  } catch (error) {
    onFault(this, error);
  }
}

function onError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  this[failure] = error;
}

function onClose(this: OwnedSocket): void {
  try {
    this[owner]?.onClose(this[failure]);
  } catch (error) {
    onFault(this, error);
  }
}

/** A mistake ends what it happened to. If that fails, too, the socket at least is not left open. */
function onFault(socket: OwnedSocket, error: unknown): void {
  try {
    socket[owner]?.onFault(error);
  } catch {
    socket.destroy();
  }
}
