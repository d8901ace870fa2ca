/**
 * Why a WebSocket did not open, from what arrived here of the attempt. The browser tells a page nothing about that, but
 * the server saw the request: with its Upgrade or without, or not at all.
 *
 * Facts about proxies: https://nginx.org/en/docs/http/websocket.html,
 * https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#protoupgrade.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TransportReport } from '../wire/api.ts';

/** What arrived of one attempt. */
export type Arrival = {
  /** `1.0`, `1.1`, `2`: the version that the hop in front of us spoke. */
  readonly version: string;
  /** Upgrade, as received; undefined when there was none. */
  readonly upgrade: string | undefined;
  /** Connection, as received. */
  readonly connection: string | undefined;
  /** What it was answered: 101, or the refusal with its sentence. */
  readonly answer: { status: number; sentence: string };
};

/** A page names its attempts with 16 digits. */
export const maxAttemptLength = 64;

/** Attempts remembered, and for how long: a page asks within seconds. */
const maxAttempts = 500;
const memoryMs = 60_000;

export class TransportReports {
  readonly #arrivals = new Map<string, Arrival & { at: number }>();

  remember(attempt: string, arrival: Arrival): void {
    const now = Date.now();
    for (const [key, { at }] of this.#arrivals) {
      if (this.#arrivals.size < maxAttempts && now - at < memoryMs) break;
      this.#arrivals.delete(key);
    }
    this.#arrivals.set(attempt, { ...arrival, at: now });
  }

  /** @param server the Server field that the page got with an answer: it names the proxy nearest to the browser */
  report(attempt: string, server: string | undefined): TransportReport {
    return reportOf(this.#arrivals.get(attempt), server);
  }
}

/** What the gateway tells of a request (it removes hop-by-hop fields), else what the request itself says. */
export function arrivedFields(
  headers: IncomingHttpHeaders,
  httpVersion: string,
): Pick<Arrival, 'version' | 'upgrade' | 'connection'> {
  const via = /^(?:HTTP\/)?(\d(?:\.\d)?) hatchway\b/i.exec(lastOf(headers.via))?.[1];
  if (via === undefined) {
    return { version: httpVersion, upgrade: headers.upgrade, connection: headers.connection };
  }
  return {
    version: via,
    upgrade: fieldOf(headers, 'x-hatchway-upgrade'),
    connection: fieldOf(headers, 'x-hatchway-connection'),
  };
}

/** The sentence and the lines for what arrived, or did not. */
export function reportOf(
  arrival: Arrival | undefined,
  server: string | undefined,
): TransportReport {
  const proxy = proxyOf(server);
  if (arrival === undefined) {
    return {
      verdict: 'never-arrived',
      sentence: `The request for a WebSocket never reached Hatchway: ${proxy.name} in front of it answered by itself, so this terminal runs over streaming HTTP.`,
      ...fixOf(proxy, ['version', 'upgrade', 'connection']),
    };
  }
  const missing: Missing[] = [];
  if (arrival.version === '1.0') missing.push('version');
  if (!hasToken(arrival.upgrade, 'websocket')) missing.push('upgrade');
  if (!hasToken(arrival.connection, 'upgrade')) missing.push('connection');
  if (missing.length > 0) {
    return {
      verdict: 'upgrade-dropped',
      sentence: `${capital(proxy.name)} between this page and Hatchway ${didWhat(missing)}, so no WebSocket can open; this terminal runs over streaming HTTP.`,
      ...fixOf(proxy, missing),
    };
  }
  if (arrival.answer.status !== 101) {
    return {
      verdict: 'refused',
      sentence: `Hatchway refused the WebSocket: ${arrival.answer.sentence}`,
    };
  }
  return {
    verdict: 'answer-lost',
    sentence: `Hatchway accepted the WebSocket, but ${proxy.name} in between did not pass the answer on, so this terminal runs over streaming HTTP.`,
    ...fixOf(proxy, ['version', 'upgrade', 'connection']),
  };
}

type Missing = 'version' | 'upgrade' | 'connection';

type Proxy = { kind: 'nginx' | 'apache' | 'openresty' | 'unknown'; name: string };

function proxyOf(server: string | undefined): Proxy {
  const product = /^[\w.!#$%&'*+^`|~/-]{1,60}/.exec(server ?? '')?.[0] ?? '';
  if (/^openresty/i.test(product)) return { kind: 'openresty', name: `the proxy (${product})` };
  if (/^nginx/i.test(product)) return { kind: 'nginx', name: `the proxy (${product})` };
  if (/^apache/i.test(product)) return { kind: 'apache', name: `the proxy (${product})` };
  if (product !== '') return { kind: 'unknown', name: `the proxy (${product})` };
  return { kind: 'unknown', name: 'a proxy' };
}

function didWhat(missing: readonly Missing[]): string {
  const fields = [
    ...(missing.includes('upgrade') ? ['Upgrade'] : []),
    ...(missing.includes('connection') ? ['Connection: upgrade'] : []),
  ];
  const dropped = fields.length > 0 ? `dropped ${fields.join(' and ')}` : '';
  const spoke = missing.includes('version') ? 'spoke HTTP/1.0' : '';
  return [dropped, spoke].filter((part) => part !== '').join(' and ');
}

function fixOf(proxy: Proxy, missing: readonly Missing[]): Pick<TransportReport, 'fix'> {
  if (proxy.kind === 'apache') {
    return {
      fix: {
        where: 'Apache 2.4.47 or later: on the ProxyPass line of this site',
        lines: ['ProxyPass "/" "http://127.0.0.1:8022/" upgrade=websocket'],
      },
    };
  }
  const lines = [
    ...(missing.includes('version') ? ['proxy_http_version 1.1;'] : []),
    ...(missing.includes('upgrade') ? ['proxy_set_header Upgrade $http_upgrade;'] : []),
    ...(missing.includes('connection') ? ['proxy_set_header Connection "upgrade";'] : []),
  ];
  switch (proxy.kind) {
    case 'nginx':
      return { fix: { where: 'nginx: in the location that has proxy_pass', lines } };
    case 'openresty':
      return {
        fix: {
          where:
            'Nginx Proxy Manager: switch on "Websockets Support" of this proxy host. Plain OpenResty: in the location that has proxy_pass',
          lines,
        },
      };
    default:
      return {
        fix: { where: 'If that proxy is nginx: in the location that has proxy_pass', lines },
      };
  }
}

function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lastOf(value: string | undefined): string {
  return value?.split(',').at(-1)?.trim() ?? '';
}

function fieldOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
