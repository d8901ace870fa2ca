/**
 * A gateway in a process of its own: `node hatchway-process.ts <upstream port> <access log> <cert> <key> [<sites>]`. Says where
 * it listens, plain and with TLS, ends with SIGTERM.
 */
import { createLog } from '../../src/base/log.ts';
import { defaults } from '../../src/config/defaults.ts';
import type { ListenerModel, SiteModel } from '../../src/config/model.ts';
import { Gateway } from '../../src/gateway/gateway.ts';

const [upstreamPort, accessLog, certPath, keyPath, siteCount = '1'] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string?,
];

/** As for the other contestants: one for each client of the largest measure. */
const mostIdle = 600;

function site(host: string): SiteModel {
  return {
    name: host,
    hosts: [{ kind: 'exact', host }],
    accessLog: { kind: 'file', path: accessLog },
    certificate: { certPath, keyPath },
    routes: [
      {
        path: { kind: 'prefix', path: '/', beforeRegex: false },
        upgradeTokens: defaults.upgradeTokens,
        upstream: {
          name: 'http://upstream',
          servers: [{ kind: 'tcp', host: '127.0.0.1', port: Number(upstreamPort) }],
          timeouts: defaults.timeouts,
          keepAlive: { connections: mostIdle },
        },
      },
    ],
  };
}

const others = Array.from({ length: Number(siteCount) - 1 }, (_, i) => site(`site${i}.example`));
const own = site('127.0.0.1');
const listener = (tls: boolean, sites: readonly SiteModel[]): ListenerModel => ({
  address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  tls,
  sites,
  defaultSite: own,
});
const gateway = new Gateway(
  {
    listeners: [listener(false, [...others, own]), listener(true, [own])],
    limits: defaults.limits,
  },
  { log: createLog({ level: 'warn' }) },
);
process.once('SIGTERM', () => void gateway.close({ drainMs: 0 }));
const ports = (await gateway.listen()).map((address) =>
  address.kind === 'tcp' ? address.port : 0,
);
console.log(`listening on ${ports.join(' ')}`);
