/**
 * The proxies that are measured, each with one process or worker and set up as its own documentation advises: keep-alive towards
 * the upstream, WebSockets passed on, an access log where it writes one to a file by itself.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../../test/kit/child.ts';
import { freePort } from '../../test/kit/ports.ts';
import type { Scope } from '../../test/kit/scope.ts';
import { tempFolder } from '../../test/kit/temp.ts';

export type ContestantName = 'hatchway' | 'nginx' | 'haproxy' | 'caddy' | 'http-proxy-3';

/** A program that is measured. */
export type Contestant = {
  readonly name: ContestantName;
  readonly port: number;
  /** HTTPS; undefined where it was not asked for. */
  readonly tlsPort: number | undefined;
  /** The process that does the work: its CPU time and memory count. */
  readonly pid: number;
  stop(): Promise<void>;
};

/** Certificate and key of the TLS port, PEM files; `bundlePath` has both. */
export type BenchCertificate = {
  readonly certPath: string;
  readonly keyPath: string;
  readonly bundlePath: string;
};

const here = import.meta.dirname;

/** More than any case opens on either side. */
const mostConnections = 18_000;

type Start = (
  scope: Scope,
  upstreamPort: number,
  certificate: BenchCertificate,
) => Promise<Contestant>;

export const contestants: Readonly<Record<ContestantName, Start>> = {
  hatchway: async (scope, upstreamPort, { certPath, keyPath }) => {
    const log = join(tempFolder(scope, 'bench'), 'access.log');
    return await nodeContestant(
      scope,
      'hatchway',
      'hatchway-process.ts',
      [String(upstreamPort), log, certPath, keyPath],
      launcherFlags(),
    );
  },

  'http-proxy-3': async (scope, upstreamPort, { certPath, keyPath }) =>
    await nodeContestant(scope, 'http-proxy-3', 'http-proxy-3-process.ts', [
      ...[String(upstreamPort), certPath, keyPath],
    ]),

  nginx: async (scope, upstreamPort, { certPath, keyPath }) => {
    const folder = tempFolder(scope, 'bench');
    const [port, tlsPort] = [await freePort(), await freePort()];
    const path = join(folder, 'nginx.conf');
    writeFileSync(
      path,
      `daemon off;
worker_processes 1;
worker_rlimit_nofile ${mostConnections + 1000};
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr notice;
events { worker_connections ${mostConnections}; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  access_log ${folder}/access.log combined buffer=64k flush=1s;
  keepalive_requests 100000000;
  proxy_read_timeout 1h;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream behind { server 127.0.0.1:${upstreamPort}; keepalive 600; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certPath};
    ssl_certificate_key ${keyPath};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
    }
  }
}
`,
    );
    const child = startChild(scope, '/usr/sbin/nginx', ['-p', folder, '-c', path, '-e', 'stderr']);
    const [, worker] = await child.said(/start worker process (\d+)/);
    return contestant('nginx', port, tlsPort, child, Number(worker));
  },

  haproxy: async (scope, upstreamPort, { bundlePath }) => {
    const folder = tempFolder(scope, 'bench');
    const [port, tlsPort] = [await freePort(), await freePort()];
    const path = join(folder, 'haproxy.cfg');
    writeFileSync(
      path,
      `global
  nbthread 1
  maxconn ${mostConnections / 2}
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend front
  bind 127.0.0.1:${port}
  bind 127.0.0.1:${tlsPort} ssl crt ${bundlePath}
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  default_backend behind
backend behind
  server one 127.0.0.1:${upstreamPort}
`,
    );
    const child = startChild(scope, '/usr/sbin/haproxy', ['-db', '-f', path]);
    await listens(port);
    return contestant('haproxy', port, tlsPort, child, child.pid);
  },

  caddy: async (scope, upstreamPort, { certPath, keyPath }) => {
    const folder = tempFolder(scope, 'bench');
    const [port, tlsPort] = [await freePort(), await freePort()];
    const path = join(folder, 'Caddyfile');
    const site = (tls: string) => `{
  bind 127.0.0.1
  log {
    output file ${folder}/access.log
  }
  ${tls}
  reverse_proxy 127.0.0.1:${upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 600
    }
  }
}`;
    writeFileSync(
      path,
      `{
  admin off
  auto_https off
  storage file_system ${folder}
}
http://:${port} ${site('')}
https://:${tlsPort} ${site(`tls ${certPath} ${keyPath}`)}
`,
    );
    const child = startChild(
      scope,
      '/usr/bin/caddy',
      ['run', '--config', path, '--adapter', 'caddyfile'],
      {
        env: {
          ...process.env,
          GOMAXPROCS: '1',
          HOME: folder,
          XDG_DATA_HOME: folder,
          XDG_CONFIG_HOME: folder,
        },
      },
    );
    await listens(port);
    return contestant('caddy', port, tlsPort, child, child.pid);
  },
};

/** A key for TLS and its own certificate, for 127.0.0.1: ECDSA, as most certificates of today. */
export function benchCertificate(scope: Scope): BenchCertificate {
  const folder = tempFolder(scope, 'bench');
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', keyPath, '-out', certPath, '-days', '2', '-subj', '/CN=bench'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
  const bundlePath = join(folder, 'bundle.pem');
  execFileSync('sh', ['-c', 'cat "$1" "$2" > "$3"', 'sh', certPath, keyPath, bundlePath]);
  return { certPath, keyPath, bundlePath };
}

/** What `bin/hatchway` tells Node. */
export function launcherFlags(): readonly string[] {
  const launcher = readFileSync(join(here, '../../bin/hatchway'), 'utf8');
  const flags = /^exec "\$node" (--\S+(?: --\S+)*) "/m.exec(launcher)?.[1];
  if (flags === undefined)
    throw new Error('bin/hatchway starts Node in a way that is not known here');
  return flags.split(' ');
}

/** A program of this folder that says `listening on <port> [<TLS port>]`. */
export async function startNode(
  scope: Scope,
  file: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<{ child: Child; port: number; tlsPort: number | undefined }> {
  const child = startChild(scope, process.execPath, [...flags, join(here, file), ...args]);
  const [, port, tlsPort] = await child.said(/listening on (\d+)(?: (\d+))?/);
  return {
    child,
    port: Number(port),
    tlsPort: tlsPort === undefined ? undefined : Number(tlsPort),
  };
}

async function nodeContestant(
  scope: Scope,
  name: ContestantName,
  file: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<Contestant> {
  const { child, port, tlsPort } = await startNode(scope, file, args, flags);
  return contestant(name, port, tlsPort, child, child.pid);
}

function contestant(
  name: ContestantName,
  port: number,
  tlsPort: number | undefined,
  child: Child,
  pid: number,
): Contestant {
  return { name, port, tlsPort, pid, stop: () => child.stop() };
}

/** Resolves when the port answers; neither HAProxy nor Caddy says so. */
async function listens(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
