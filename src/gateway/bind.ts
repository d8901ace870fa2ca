/**
 * Listening on an address: a Unix socket that a dead process left behind is replaced, and what goes wrong is said so that somebody
 * can put it right. Knows nothing of clients.
 */
import { unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { codeOf, type HatchwayError } from '../base/errors.ts';
import type { ListenAddress } from '../config/model.ts';
import { gatewayError } from './errors.ts';

export type BindOptions = {
  /** Whether `::` leaves IPv4 alone. Default: it takes both. */
  readonly ipv6Only?: boolean | undefined;
  /** Whether other processes may listen on the same port, SO_REUSEPORT. Default: they may not. */
  readonly reusePort?: boolean | undefined;
};

/** Listens, and says where in fact. Rejects with `HW_LISTEN_…` saying which address and why. */
export async function bind(
  server: Server,
  address: ListenAddress,
  options: BindOptions = {},
): Promise<ListenAddress> {
  try {
    await listenOn(server, address, options);
  } catch (error) {
    if (
      address.kind !== 'unix' ||
      codeOf(error) !== 'EADDRINUSE' ||
      !(await isDead(address.path))
    ) {
      throw explainListenFailure(address, error);
    }
    // Left behind by a process that could not clean up.
    unlinkSync(address.path);
    await listenOn(server, address, options).catch((reason) => {
      throw explainListenFailure(address, reason);
    });
  }
  const bound = server.address();
  return address.kind === 'tcp' && typeof bound === 'object' && bound !== null
    ? { ...address, port: bound.port }
    : address;
}

function listenOn(
  server: Server,
  address: ListenAddress,
  { ipv6Only = false, reusePort = false }: BindOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      address.kind === 'unix'
        ? { path: address.path }
        : { host: address.host, port: address.port, ipv6Only, reusePort },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
}

/** Whether nobody listens on a socket file that exists. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED'));
  });
}

function explainListenFailure(address: ListenAddress, error: unknown): HatchwayError {
  const name = addressName(address);
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return gatewayError('HW_LISTEN_IN_USE', `${name} is taken by another program`, options);
    case 'EACCES':
    case 'EPERM':
      return gatewayError('HW_LISTEN_DENIED', `this user may not listen on ${name}`, options);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return gatewayError('HW_LISTEN_FAILED', `${name} is no address of this machine`, options);
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return gatewayError('HW_LISTEN_FAILED', `${name} cannot be listened on: ${reason}`, options);
    }
  }
}

/** `127.0.0.1:8022`, `[::1]:8022`, `unix:/run/hatchway.sock` */
export function addressName(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
