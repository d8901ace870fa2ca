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

/** `short`: new clients can still be told that there is no room; `severe`: even that would take what others need. */
export type Shortage = 'none' | 'short' | 'severe';

export class Descriptors {
  /** The lowest numbers that only come when nearly all are taken: the kernel gives out the lowest that is free. */
  readonly #short: number;
  readonly #severe: number;

  /** @param limit of open files of this process; default as the system says, no limit where it does not */
  constructor(limit = limitOfProcess()) {
    const reserve = Math.min(reserved, limit * reservedShare);
    this.#short = limit - reserve;
    this.#severe = limit - reserve / 2;
  }

  /** How things stood when `socket` was accepted. */
  shortageFor(socket: Socket): Shortage {
    const descriptor = descriptorOf(socket) ?? -1;
    if (descriptor < this.#short) return 'none';
    return descriptor < this.#severe ? 'short' : 'severe';
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
