/** What applications are known to need of a proxy, as settings that every written key wins over. */
import { defaults } from '../defaults.ts';
import type { ServerOptions, UpstreamTimeouts } from '../upstream-model.ts';

export type Profile = {
  readonly timeouts: UpstreamTimeouts;
  readonly server: Pick<ServerOptions, 'maxConnections'>;
  /** How one of several servers is chosen. */
  readonly balance: 'round_robin' | 'ip_hash';
};

const minute = 60_000;

const generic: Profile = { timeouts: defaults.timeouts, server: {}, balance: 'round_robin' };

export const profileOf = {
  generic,
  nomad: {
    timeouts: {
      ...defaults.timeouts,
      /** The longest `wait` of a blocking query is 10 min, and Nomad adds up to a sixteenth of it at random. */
      readMs: 11 * minute,
    },
    server: {
      /** `limits.http_max_conns_per_client`; all clients of a proxy have one address. */
      maxConnections: 100,
    },
    /** An exec session is in the memory of the server that began it. */
    balance: 'ip_hash',
  },
  portainer: {
    ...generic,
    /** It says nothing while it deploys a stack, and passes on logs that may be silent. */
    timeouts: { ...defaults.timeouts, readMs: 60 * minute },
  },
} as const satisfies Record<string, Profile>;
