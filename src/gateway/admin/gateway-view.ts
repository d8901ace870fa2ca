/**
 * What the admin listener sees of a gateway: facts as plain data, put together when somebody asks. None of it is
 * secret: no keys, no contents of requests, no passwords in URLs.
 */
import type { OpenCounts } from '../gateway.ts';
import type { Totals } from './totals.ts';

export interface GatewayView {
  readonly version: string;
  readonly startedAt: Date;
  /** Undefined where there is none: everything was said on the command line. */
  readonly configPath: string | undefined;
  /** The first load at the start is none. Undefined before the first one. */
  readonly lastReload: ReloadFacts | undefined;
  readonly readiness: Readiness;
  readonly open: OpenCounts;
  readonly totals: Totals;
  listeners(): readonly ListenerFacts[];
  sites(): readonly SiteFacts[];
  upstreams(): readonly UpstreamFacts[];
}

/** Whether new clients should be sent here, and why not. */
export type Readiness =
  | { readonly ready: true }
  /** In words that end a sentence: `it is draining`. */
  | { readonly ready: false; readonly why: string };

export type ReloadFacts = {
  readonly at: Date;
  readonly succeeded: boolean;
  /** What was wrong with the file; undefined when nothing was. */
  readonly message?: string | undefined;
};

export type ListenerFacts = {
  /** As listened on: `0.0.0.0:443`, `unix:/run/hatchway.sock`. */
  readonly address: string;
  readonly tls: boolean;
  readonly http2: boolean;
};

export type SiteFacts = {
  readonly name: string;
  readonly listeners: readonly string[];
  readonly routes: number;
  /** When the first of its certificates ends; undefined without TLS. */
  readonly certificateEnds?: Date | undefined;
};

export type UpstreamFacts = {
  /** Its URL as the configuration has it. */
  readonly name: string;
  readonly servers: readonly UpstreamServerFacts[];
};

export type UpstreamServerFacts = {
  /** `127.0.0.1:9000`, `unix:/run/app.sock`. */
  readonly address: string;
  /**
   * `up`: gets requests. `failing`: left alone for a while after failed requests. `unhealthy`: its health check fails.
   * `down`: the configuration says so.
   */
  readonly state: 'up' | 'failing' | 'unhealthy' | 'down';
  readonly backup: boolean;
  readonly weight: number;
  /** Connections with a request under way, tunnels included. */
  readonly busy: number;
  /** Connections kept for the next request. */
  readonly idle: number;
};
