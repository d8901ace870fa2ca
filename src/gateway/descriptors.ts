/**
 * Whether this process is about to run out of file descriptors. Without the last few of them it can neither reach upstreams
 * nor open files, and libuv closes new connections without a word to anybody.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Descriptors kept for upstream connections of clients that are in, name look-ups and files. */
const reserved = 64;

/** Of a small limit not more than this share is kept. */
const reservedShare = 1 / 4;

export class Descriptors {
  /** The lowest number that only comes when nearly all are taken: the kernel gives out the lowest that is free. */
  readonly #firstOfReserve: number;

  /** @param limit of open files of this process; default as the system says, no limit where it does not */
  constructor(limit = limitOfProcess()) {
    this.#firstOfReserve = limit - Math.min(reserved, limit * reservedShare);
  }

  /** Whether only the reserve was left when `socket` was accepted. */
  areShortFor(socket: Socket): boolean {
    return (descriptorOf(socket) ?? -1) >= this.#firstOfReserve;
  }
}

/** The number by which the kernel knows the socket. Node has it only on the handle, and not on Windows. */
function descriptorOf(socket: Socket): number | undefined {
  return (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle?.fd;
}

/** `ulimit -n` as it was at the start; Node has raised it as far as it may (proc(5), limits). */
function limitOfProcess(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
