/** Keys of the console. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { dockerHost, duration, filePath, flag, hostNames, mapping } from '../values/kinds.ts';
import { formatDuration } from '../values/quantity.ts';
import { key } from './key.ts';
import { listenAddresses } from './listen.ts';
import { certificateKeys } from './tls-keys.ts';

const targetsSchema = mapping({
  docker: key(
    z
      .union(
        [
          z.literal(false),
          mapping({
            host: key(dockerHost().optional(), {
              description: 'Where the Docker engine listens.',
              defaultText: `DOCKER_HOST of the environment, else \`${defaults.dockerHost}\``,
              aka: ['socket', 'url', 'endpoint', 'socketPath'],
            }),
            certs: key(filePath().optional(), {
              description:
                'Folder with `ca.pem`, `cert.pem` and `key.pem`. With it `tcp:` speaks TLS, and the engine knows who we are.',
              defaultText: 'DOCKER_CERT_PATH of the environment when `host` comes from there, too',
              aka: ['tls', 'certPath', 'certificates', 'tlsCertPath'],
            }),
          }),
        ],
        { error: () => 'false or a mapping' },
      )
      .default({}),
    {
      description: 'Containers of a Docker engine. `false` leaves them out.',
      defaultText: 'offered, and shown as unreachable while no engine answers',
    },
  ),
  local: key(flag().default(true), {
    description: 'Shells on this machine, as the user that Hatchway runs as.',
    defaultText: '`true`',
    aka: ['shell', 'host', 'machine'],
  }),
});

export const consoleSchema = mapping({
  enabled: key(flag().default(true), {
    description: 'Whether the console is served.',
    defaultText: '`true`',
    aka: ['enable', 'on'],
  }),
  host: key(hostNames().optional(), {
    description: 'Names that the console answers to, written as those of a site.',
    defaultText: 'every host that no site names on its addresses',
    aka: ['server_name', 'hosts', 'hostname', 'domain'],
  }),
  listen: key(listenAddresses().optional(), {
    description: 'Addresses that the console is served on.',
    defaultText: 'the `listen` of the file',
    aka: ['port', 'bind', 'address'],
  }),
  ...certificateKeys,
  grace: key(duration().default(defaults.graceMs), {
    description:
      'How long a shell lives on while nobody looks at it: a browser may be away that long and come back to it.',
    defaultText: `\`${formatDuration(defaults.graceMs)}\``,
    aka: ['graceTime', 'timeout', 'keep', 'detach'],
  }),
  targets: key(targetsSchema.prefault({}), {
    description: 'Where shells can be opened.',
  }),
});
