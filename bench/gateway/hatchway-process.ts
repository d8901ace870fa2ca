/**
 * A gateway in a process of its own: `node hatchway-process.ts <upstream port> <access log>`. Says where it listens,
 * ends with SIGTERM.
 */
import { createLog } from '../../src/base/log.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { SiteModel } from '../../src/config/model.ts';
import { Gateway } from '../../src/gateway/gateway.ts';

const [upstreamPort, accessLog] = process.argv.slice(2);
const site: SiteModel = {
  name: 'bench',
  hosts: [{ kind: 'exact', host: '127.0.0.1' }],
  accessLog: { kind: 'file', path: accessLog as string },
  routes: [
    {
      path: { kind: 'prefix', path: '/', beforeRegex: false },
      upgradeTokens: defaults.upgradeTokens,
      upstream: {
        name: 'upstream',
        servers: [{ kind: 'tcp', host: '127.0.0.1', port: Number(upstreamPort) }],
        timeouts: defaults.timeouts,
      },
    },
  ],
};
const gateway = new Gateway(
  {
    listeners: [
      {
        address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
        tls: false,
        sites: [site],
        defaultSite: site,
      },
    ],
    limits: defaults.limits,
  },
  { log: createLog({ level: 'warn' }) },
);
process.once('SIGTERM', () => void gateway.close({ drainMs: 0 }));
const [address] = await gateway.listen();
if (address?.kind === 'tcp') console.log(`listening on ${address.port}`);
