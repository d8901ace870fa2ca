/** Listening for the command line: the next free port when nobody chose one, and in words who has it when one did. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { codeOf, HatchwayError } from '../base/errors.ts';
import type { LoadOptions, LoadResult } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import type { ListenAddress } from '../config/model.ts';
import { cliError } from './errors.ts';
import { ownerOfPort } from './port-owner.ts';

/** How many ports are tried, the default one included. More are taken only where something is wrong. */
const portsTried = 100;

type Loaded = LoadResult & { readonly ok: true };

/**
 * Calls `start` with the configuration; while its default port is taken by others, with the next port. Everything else
 * that `start` throws flies, `HW_LISTEN_IN_USE` with the program that has the address.
 */
export async function startOnFreePort<Started>(
  loaded: Loaded,
  options: LoadOptions,
  start: (loaded: Loaded) => Promise<Started>,
): Promise<Started> {
  const [first] = loaded.listen;
  if (!loaded.listenIsDefault || first?.kind !== 'tcp') {
    return await start(loaded).catch((error: unknown) => {
      throw withOwner(error, loaded);
    });
  }
  for (let port = first.port; port < first.port + portsTried; port++) {
    const address = { ...first, port };
    if (!(await isFree(address))) continue;
    // Loaded anew, since a site of the file may be on that very port.
    const moved = port === first.port ? loaded : loadConfig({ ...options, listen: [address] });
    if (!moved.ok) continue;
    try {
      return await start(moved);
    } catch (error) {
      const wasQuicker = codeOf(error) === 'HW_LISTEN_IN_USE' && !(await isFree(address));
      if (!wasQuicker) throw withOwner(error, moved);
    }
  }
  const last = first.port + portsTried - 1;
  throw cliError('HW_NO_FREE_PORT', `no port from ${first.port} to ${last} is free`);
}

async function isFree(address: ListenAddress & { kind: 'tcp' }): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(address.port, address.host);
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}

/** Adds the program that has the address, where the system says it. */
function withOwner(error: unknown, { model }: Loaded): unknown {
  if (!(error instanceof HatchwayError) || error.code !== 'HW_LISTEN_IN_USE') return error;
  const owners = model.listeners.flatMap(({ address }) => {
    if (address.kind === 'unix' || address.port === 0) return [];
    const owner = ownerOfPort(address.port);
    return owner === undefined ? [] : [`port ${address.port} belongs to ${owner}`];
  });
  if (owners.length === 0) return error;
  return new HatchwayError(error.code, `${error.message}: ${owners.join(', ')}`, {
    status: error.status,
    remedy: error.remedy,
    cause: error,
  });
}
