import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import type { ListenAddress } from '../../config/model.ts';
import { AdminServer, type AdminServerOptions } from './admin-server.ts';
import type { GatewayView, Readiness } from './gateway-view.ts';
import { Totals } from './totals.ts';

/** A gateway by hand. */
class View implements GatewayView {
  readonly version = '1.2.3';
  readonly startedAt = new Date('2026-11-21T01:00:00Z');
  readonly configPath = '/etc/hatchway.yaml';
  readonly lastReload = {
    at: new Date('2026-11-21T02:00:00Z'),
    succeeded: false,
    message: 'line 3: upstream is missing',
  };
  readonly open = { clients: 4, upstreams: 3, tunnels: 2 };
  readonly totals = new Totals();
  readiness: Readiness = { ready: true };

  listeners() {
    return [{ address: '0.0.0.0:443', tls: true, http2: true }];
  }

  sites() {
    const certificateEnds = new Date('2027-01-01T00:00:00Z');
    return [{ name: 'a.example', listeners: ['0.0.0.0:443'], routes: 2, certificateEnds }];
  }

  upstreams() {
    const server = { address: '127.0.0.1:9000', backup: false, weight: 1, busy: 2, idle: 1 };
    return [{ name: 'http://app:9000', servers: [{ ...server, state: 'failing' as const }] }];
  }
}

const loopback: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

type Asked = { status: number; headers: IncomingHttpHeaders; body: string };

async function start(context: TestContext, options: Partial<AdminServerOptions> = {}) {
  const view = new View();
  const server = new AdminServer(view, { address: loopback, log: silentLog, ...options });
  const bound = await server.listen();
  context.after(() => server.close());
  const ask = async (
    path: string,
    { method = 'GET', host = 'localhost' }: { method?: string; host?: string } = {},
  ): Promise<Asked> => {
    const target =
      bound.kind === 'unix' ? { socketPath: bound.path } : { host: bound.host, port: bound.port };
    const sent = request({ ...target, path, method, headers: { Host: host }, agent: false }).end();
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = await response.toArray();
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.concat(chunks).toString(),
    };
  };
  return { view, server, ask };
}

test('it lives as long as it answers, and is ready only when new clients should come', async (context) => {
  const { view, ask } = await start(context);
  assert.equal((await ask('/healthz')).status, 200);
  assert.equal((await ask('/readyz')).status, 200);
  view.readiness = { ready: false, why: 'it is draining' };
  const { status, body } = await ask('/readyz');
  assert.equal(status, 503);
  assert.equal(body, 'not ready: it is draining\n');
  assert.equal((await ask('/healthz')).status, 200);
});

test('only addresses, localhost and names that are allowed are answered', async (context) => {
  const { ask } = await start(context, { hosts: ['Hatchway.internal'] });
  const open = ['localhost:9', 'a.localhost', '127.0.0.1:9', '[::1]:9', 'hatchway.INTERNAL.:9'];
  for (const host of open) assert.equal((await ask('/status', { host })).status, 200, host);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '[::1']) {
    const { status, body } = await ask('/status', { host });
    assert.equal(status, 403, host);
    assert.ok(!body.includes('a.example'));
  }
});

test('it is only read, and no answer is kept or embedded', async (context) => {
  const { ask } = await start(context);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const { status, headers } = await ask('/status', { method });
    assert.equal(status, 405, method);
    assert.equal(headers.allow, 'GET, HEAD');
  }
  const head = await ask('/status', { method: 'HEAD' });
  assert.equal(head.body, '');
  assert.ok(Number(head.headers['content-length']) > 100);
  assert.equal(head.headers['cache-control'], 'no-store');
  assert.equal(head.headers['x-content-type-options'], 'nosniff');
  assert.equal((await ask('/other')).status, 404);
  assert.match((await ask('/')).body, /\/metrics/);
});

test('the status says what is served and how it went', async (context) => {
  const { view, ask } = await start(context);
  const site = view.totals.site('a.example');
  site.requestEnded('GET', 200, 3, 100, 0);
  site.requestEnded('POST', 204, 3, 0, 50);
  site.requestEnded('GET', 502, 3, 10, 0);
  site.tunnelOpened();
  site.tunnelEnded('upstream', 60_000, 7, 8);
  view.totals.failed('HW_FORBIDDEN');
  view.totals.upgradeLost('redirected');
  view.totals.upstreamFailed('http://app:9000', 'HW_UPSTREAM_TIMEOUT');
  const { headers, body } = await ask('/status?x=1');
  assert.equal(headers['content-type'], 'application/json');
  const { uptimeSeconds, ...status } = JSON.parse(body);
  assert.equal(typeof uptimeSeconds, 'number');
  assert.deepEqual(status, {
    version: '1.2.3',
    startedAt: '2026-11-21T01:00:00.000Z',
    config: '/etc/hatchway.yaml',
    lastReload: {
      at: '2026-11-21T02:00:00.000Z',
      succeeded: false,
      message: 'line 3: upstream is missing',
    },
    ready: true,
    open: { clients: 4, upstreams: 3, tunnels: 2 },
    listeners: [{ address: '0.0.0.0:443', tls: true, http2: true }],
    sites: [
      {
        name: 'a.example',
        listeners: ['0.0.0.0:443'],
        routes: 2,
        certificateEnds: '2027-01-01T00:00:00.000Z',
        requests: { none: 0, '1xx': 0, '2xx': 2, '3xx': 0, '4xx': 0, '5xx': 1 },
        bytesSent: 110,
        bytesReceived: 50,
        tunnels: {
          opened: 1,
          endedBy: { client: 0, upstream: 1, gateway: 0 },
          bytesToClient: 7,
          bytesToUpstream: 8,
        },
      },
    ],
    upstreams: [
      {
        name: 'http://app:9000',
        servers: [
          {
            address: '127.0.0.1:9000',
            backup: false,
            weight: 1,
            busy: 2,
            idle: 1,
            state: 'failing',
          },
        ],
        failures: { HW_UPSTREAM_TIMEOUT: 1 },
      },
    ],
    totals: {
      connectionsAccepted: 0,
      tlsHandshakesFailed: 0,
      failures: { HW_FORBIDDEN: 1 },
      upgradesLost: { redirected: 1 },
    },
  });
});

test('metrics are what was counted, in Prometheus’ words, and the process’s own', async (context) => {
  const { view, ask } = await start(context);
  const site = view.totals.site('a.example');
  for (const ms of [1, 5, 6, 1_000_000]) site.requestEnded('GET', 200, ms, 10, 1);
  site.requestEnded('BREW', 0, 1, 0, 0);
  site.tunnelOpened();
  site.tunnelEnded('client', 61_000, 7, 8);
  view.totals.connectionAccepted();
  view.totals.tlsHandshakeFailed();
  view.totals.failed('HW_FOREIGN_ORIGIN');
  view.totals.failed('HW_UPSTREAM_TIMEOUT');
  view.totals.upgradeLost('redirected');
  view.totals.upstreamFailed('http://app:9000', 'HW_UPSTREAM_TIMEOUT');
  // Asked twice: nothing adds up from scrape to scrape.
  await ask('/metrics');
  const { headers, body } = await ask('/metrics');
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n');
  const expected = [
    'hatchway_requests_total{site="a.example",method="GET",status="2xx"} 4',
    'hatchway_requests_total{site="a.example",method="other",status="none"} 1',
    'hatchway_body_bytes_total{site="a.example",direction="sent"} 40',
    'hatchway_body_bytes_total{site="a.example",direction="received"} 4',
    'hatchway_request_duration_seconds_bucket{site="a.example",le="0.005"} 3',
    'hatchway_request_duration_seconds_bucket{site="a.example",le="0.01"} 4',
    'hatchway_request_duration_seconds_bucket{site="a.example",le="330"} 4',
    'hatchway_request_duration_seconds_bucket{site="a.example",le="+Inf"} 5',
    'hatchway_request_duration_seconds_sum{site="a.example"} 1000.013',
    'hatchway_request_duration_seconds_count{site="a.example"} 5',
    'hatchway_tunnels_opened_total{site="a.example"} 1',
    'hatchway_tunnels_ended_total{site="a.example",ended_by="client"} 1',
    'hatchway_tunnel_bytes_total{site="a.example",direction="sent"} 7',
    'hatchway_tunnel_duration_seconds_bucket{site="a.example",le="60"} 0',
    'hatchway_tunnel_duration_seconds_bucket{site="a.example",le="300"} 1',
    'hatchway_upstream_failures_total{upstream="http://app:9000",code="HW_UPSTREAM_TIMEOUT"} 1',
    'hatchway_upstream_server_state{upstream="http://app:9000",server="127.0.0.1:9000",state="up"} 0',
    'hatchway_upstream_server_state{upstream="http://app:9000",server="127.0.0.1:9000",state="failing"} 1',
    'hatchway_upstream_server_connections{upstream="http://app:9000",server="127.0.0.1:9000",use="idle"} 1',
    'hatchway_failures_total{code="HW_FOREIGN_ORIGIN"} 1',
    'hatchway_access_refusals_total{reason="origin"} 1',
    'hatchway_upgrades_lost_total{cause="redirected"} 1',
    'hatchway_tls_handshake_failures_total 1',
    'hatchway_connections_accepted_total 1',
    'hatchway_connections{side="client"} 4',
    'hatchway_tunnels 2',
    'hatchway_ready 1',
    'hatchway_config_last_reload_successful 0',
    `hatchway_config_last_reload_timestamp_seconds ${Date.UTC(2026, 10, 21, 2) / 1000}`,
    `hatchway_certificate_end_timestamp_seconds{site="a.example"} ${Date.UTC(2027, 0, 1) / 1000}`,
    'hatchway_build_info{version="1.2.3"} 1',
  ];
  for (const line of expected) assert.ok(lines.includes(line), line);
  assert.ok(lines.filter((line) => /^hatchway_access_refusals_total\{/.test(line)).length === 1);
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
    assert.ok(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    );
  }
});

test('the page about metrics lists all of them, and no other', async (context) => {
  const { ask } = await start(context);
  const { body } = await ask('/metrics');
  const served = Array.from(body.matchAll(/^# TYPE (hatchway_\w+) /gm), ([, name]) => name);
  const page = readFileSync(join(import.meta.dirname, '../../../docs/observing.md'), 'utf8');
  const listed = Array.from(page.matchAll(/^\| `(hatchway_\w+)` \|/gm), ([, name]) => name);
  assert.deepEqual(listed.sort(), served.sort());
});

test('two gateways of one process have metrics of their own', async (context) => {
  const first = await start(context);
  const second = await start(context);
  first.view.totals.connectionAccepted();
  assert.match((await first.ask('/metrics')).body, /^hatchway_connections_accepted_total 1$/m);
  assert.match((await second.ask('/metrics')).body, /^hatchway_connections_accepted_total 0$/m);
});

test('it listens on a socket file, and says why it cannot listen', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'hatchway-admin-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const address: ListenAddress = { kind: 'unix', path: join(folder, 'admin.sock') };
  const { ask } = await start(context, { address });
  assert.equal((await ask('/healthz')).status, 200);
  const second = new AdminServer(new View(), { address, log: silentLog });
  await assert.rejects(second.listen(), { code: 'HW_LISTEN_IN_USE' });
  await second.close();
});

test('closing waits for nobody', async (context) => {
  const { server, ask } = await start(context);
  await ask('/healthz');
  await Promise.all([server.close(), server.close()]);
  await assert.rejects(ask('/healthz'), { code: 'ECONNREFUSED' });
});
