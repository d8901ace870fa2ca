/**
 * Waits at a socket that was just accepted for its PROXY protocol header, before anybody else reads from it. Knows
 * neither TLS nor HTTP.
 */
import type { Socket } from 'node:net';
import type { ProxyProtocolFacts } from '../accepted-socket.ts';
import { gatewayError } from '../errors.ts';
import { ProxyProtocolReader } from './proxy-protocol.ts';

export interface ProxyHeaderUser {
  /** The header was read; the socket still has all that follows, and flows when this returns. */
  onProxyHeader(socket: Socket, facts: ProxyProtocolFacts): void;
  /** There is none, or it did not come in time. The socket is destroyed. */
  onProxyHeaderFailure(socket: Socket, error: Error): void;
}

/** @param limitMs for the whole header, however slowly it comes */
export function awaitProxyHeader(socket: Socket, limitMs: number, user: ProxyHeaderUser): void {
  const reader = new ProxyProtocolReader();
  let silent = true;

  const stop = () => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', stop);
  };
  const fail = (error: Error) => {
    stop();
    user.onProxyHeaderFailure(socket, error);
    socket.destroy();
  };
  const onData = (chunk: Buffer) => {
    silent = false;
    try {
      const header = reader.push(chunk);
      if (header === undefined) return;
      stop();
      socket.pause();
      if (header.rest.length > 0) socket.unshift(header.rest);
      user.onProxyHeader(socket, header.facts);
      socket.resume();
    } catch (error) {
      fail(error as Error);
    }
  };
  const onEnd = () => {
    // Who connects and says nothing only wanted to know whether somebody listens.
    if (silent) socket.destroy();
    else
      fail(
        gatewayError('HW_PROXY_PROTOCOL', 'a connection ended within its PROXY protocol header'),
      );
  };
  const timer = setTimeout(
    () =>
      fail(gatewayError('HW_PROXY_PROTOCOL', `no PROXY protocol header came within ${limitMs} ms`)),
    limitMs,
  );
  timer.unref();
  socket.on('data', onData).on('end', onEnd).on('close', stop).on('error', ignore);
}

/** An error is followed by the end of the socket, which its owner sees. */
function ignore(): void {}
