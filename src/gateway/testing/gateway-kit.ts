/** A gateway in a test: a model from the few things that a test cares about, and the end that leaves nothing open. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { type Log, silentLog } from '../../base/log.ts';
import type {
  AccessLogFormat,
  GatewayModel,
  HostPattern,
  Limits,
  ListenAddress,
  ListenerModel,
  SiteModel,
} from '../../config/model.ts';
import type { RouteModel } from '../../config/route-model.ts';
import type {
  UpstreamModel,
  UpstreamServerModel,
  UpstreamTimeouts,
} from '../../config/upstream-model.ts';
import { Gateway, type OpenCounts } from '../gateway.ts';
import { RawServer, type RawSocket, rawConnect } from './raw-socket.ts';

export type LogLine = {
  readonly level: keyof Log;
  readonly facts: object;
  readonly message: string;
};

export type KitOptions = {
  /** Of the access log. Default combined. */
  readonly accessLog?: AccessLogFormat;
  readonly sites?: readonly SiteModel[];
  readonly server?: UpstreamServerModel;
  readonly timeouts?: Partial<UpstreamTimeouts>;
  readonly upstreamTls?: UpstreamModel['tls'];
  readonly upgradeTokens?: readonly string[];
  /** Of the route of everything. */
  readonly route?: Partial<RouteModel>;
  /** Of the site that has it; `routes` come before it. */
  readonly site?: Partial<SiteModel>;
  readonly maps?: GatewayModel['maps'];
  readonly requestZones?: GatewayModel['requestZones'];
  readonly connectionZones?: GatewayModel['connectionZones'];
  readonly limits?: Partial<Limits>;
  readonly listen?: ListenAddress;
  readonly tls?: boolean;
  /** What is different about the listener. */
  readonly listener?: Partial<ListenerModel>;
  readonly inProcess?: Readonly<Record<string, (connection: Duplex) => void>>;
};

/** Long enough that no test waits for one by accident, short enough that none hangs. */
const patientMs = 20_000;

export const limits: Limits = {
  headBytes: 32 * 1024,
  headFields: 200,
  headMs: patientMs,
  bodyMs: patientMs,
  keepAliveMs: patientMs,
  connections: 1000,
};

export function upstreamModel(
  server: UpstreamServerModel,
  timeouts: Partial<UpstreamTimeouts> = {},
): UpstreamModel {
  return {
    name: 'http://upstream.test',
    servers: [server],
    timeouts: { connectMs: patientMs, readMs: patientMs, sendMs: patientMs, ...timeouts },
  };
}

export function tcpServer(port: number): UpstreamServerModel {
  return { kind: 'tcp', host: '127.0.0.1', port };
}

export function routeModel(
  path: string,
  upstream: UpstreamModel,
  upgradeTokens: readonly string[] = ['websocket'],
): RouteModel {
  return { path: { kind: 'prefix', path, beforeRegex: false }, upstream, upgradeTokens };
}

export function siteModel(
  host: string | undefined,
  routes: readonly RouteModel[],
  more: Partial<SiteModel> = {},
): SiteModel {
  const hosts: HostPattern[] = host === undefined ? [] : [{ kind: 'exact', host }];
  return { name: host ?? 'test', hosts, routes, accessLog: { kind: 'off' }, ...more };
}

/** A gateway that listens, in front of an upstream that the test plays by hand. */
export class GatewayKit {
  readonly gateway: Gateway;
  readonly upstream: RawServer;
  readonly address: ListenAddress;
  /** What the gateway has logged. */
  readonly lines: LogLine[];
  readonly #folder: string;
  readonly #clients: RawSocket[] = [];

  private constructor(
    gateway: Gateway,
    upstream: RawServer,
    address: ListenAddress,
    lines: LogLine[],
    folder: string,
  ) {
    this.gateway = gateway;
    this.upstream = upstream;
    this.address = address;
    this.lines = lines;
    this.#folder = folder;
  }

  /** Ends with the test, and then checks that no socket is left. */
  static async start(context: TestContext, options: KitOptions = {}): Promise<GatewayKit> {
    const folder = mkdtempSync(join(tmpdir(), 'hatchway-gateway-'));
    const upstream = await RawServer.listen();
    const lines: LogLine[] = [];
    let gateway: Gateway | undefined;
    try {
      gateway = new Gateway(modelOf(options, upstream.port, join(folder, 'access.log')), {
        log: logInto(lines),
        ...(options.inProcess === undefined ? {} : { inProcess: options.inProcess }),
      });
      const [address] = await gateway.listen();
      const kit = new GatewayKit(gateway, upstream, address as ListenAddress, lines, folder);
      context.after(() => kit.#end());
      return kit;
    } catch (error) {
      await gateway?.close({ drainMs: 0 });
      await upstream.close();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  get port(): number {
    return this.address.kind === 'tcp' ? this.address.port : 0;
  }

  /** A client's connection. */
  async connect(): Promise<RawSocket> {
    const client = await rawConnect(
      this.address.kind === 'tcp' ? this.address.port : this.address.path,
    );
    this.#clients.push(client);
    return client;
  }

  /** A client that has sent `request`, and the upstream's connection that has got its head. */
  async ask(request: string): Promise<{ client: RawSocket; upstream: RawSocket; head: string }> {
    const client = await this.connect();
    client.write(request);
    const upstream = await this.upstream.accept();
    return { client, upstream, head: await upstream.head() };
  }

  /** Waits until this many sockets are open; what is not named does not matter. */
  async opened(wanted: Partial<OpenCounts>): Promise<void> {
    const deadline = Date.now() + patientMs;
    for (;;) {
      const open = this.gateway.open;
      const keys = Object.keys(wanted) as (keyof OpenCounts)[];
      if (keys.every((key) => open[key] === wanted[key])) return;
      if (Date.now() > deadline) assert.deepEqual(open, { ...open, ...wanted });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits for a line of the log that matches. */
  async logged(pattern: RegExp): Promise<LogLine> {
    const deadline = Date.now() + patientMs;
    for (;;) {
      const line = this.lines.find(({ message }) => pattern.test(message));
      if (line !== undefined) return line;
      if (Date.now() > deadline) {
        assert.fail(`${pattern} is not in the log: ${JSON.stringify(this.lines)}`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Closes the gateway and gives the access log's lines, without address and time. */
  async accessLines(): Promise<string[]> {
    await this.gateway.close({ drainMs: 0 });
    return readFileSync(join(this.#folder, 'access.log'), 'latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^.*?\] /, ''));
  }

  async #end(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.upstream.close();
    await this.gateway.close({ drainMs: 2000 });
    assert.deepEqual(this.gateway.open, { clients: 0, upstreams: 0, tunnels: 0 });
    rmSync(this.#folder, { recursive: true });
  }
}

function modelOf(options: KitOptions, upstreamPort: number, accessLog: string): GatewayModel {
  const server = options.server ?? tcpServer(upstreamPort);
  const upstream: UpstreamModel = {
    ...upstreamModel(server, options.timeouts),
    ...(options.upstreamTls === undefined ? {} : { tls: options.upstreamTls }),
  };
  const sites = options.sites ?? [
    siteModel(undefined, [], {
      accessLog: { kind: 'file', path: accessLog, ...options.accessLog },
      ...options.site,
      routes: [
        ...(options.site?.routes ?? []),
        { ...routeModel('/', upstream, options.upgradeTokens), ...options.route },
      ],
    }),
  ];
  const address = options.listen ?? { kind: 'tcp', host: '127.0.0.1', port: 0 };
  const defaultSite = sites[0] as SiteModel;
  return {
    listeners: [{ address, tls: options.tls ?? false, sites, defaultSite, ...options.listener }],
    limits: { ...limits, ...options.limits },
    ...(options.maps === undefined ? {} : { maps: options.maps }),
    requestZones: options.requestZones ?? [],
    connectionZones: options.connectionZones ?? [],
  };
}

function logInto(lines: LogLine[]): Log {
  const keep = (level: keyof Log) => (facts: object, message: string) => {
    lines.push({ level, facts, message });
  };
  return { ...silentLog, info: keep('info'), warn: keep('warn'), error: keep('error') };
}
