/**
 * Every default that is a value, in one place: the schema fills them in, the reference page prints them. Defaults that
 * depend on other keys (a site's `listen`) are where the model is made, in `compile.ts`.
 */
import type { Limits, ListenAddress } from './model.ts';
import type { UpstreamTimeouts } from './upstream-model.ts';

const second = 1000;
const minute = 60 * second;

export const defaults = {
  /** Only this machine; 8022 is "80" for the web and "22" for a shell. */
  listen: { kind: 'tcp', host: '127.0.0.1', port: 8022 },
  /** For addresses given as a port alone. */
  listenHost: '127.0.0.1',
  /** In the data folder. */
  accessLogName: 'access.log',
  /** Long enough for a commute through a tunnel, short enough that forgotten shells do not pile up. */
  graceMs: 15 * minute,
  dockerHost: 'unix:///var/run/docker.sock',
  /** The one upgrade that ends in a browser. Others must be asked for: each lets bytes pass unread. */
  upgradeTokens: ['websocket'],
  /** nginx's proxy_connect_timeout, proxy_read_timeout and proxy_send_timeout. */
  timeouts: { connectMs: minute, readMs: minute, sendMs: minute },
  upstreamTls: { verify: true },
  /** Of redirects: browsers do not remember it, so that a mistake can be taken back. */
  redirectStatus: 302,
  realm: 'Restricted',
  passRefusals: true,
  drainMs: 5 * second,
  /** Of a zone of `limits.zones`: some 80,000 clients. */
  zoneBytes: 10 * 1024 * 1024,
  /** Above a limit of a site or a route (RFC 6585, 4). */
  limitStatus: 429,
  /** nginx's own types of its answers, by extension. */
  answerTypes: { html: 'text/html', gif: 'image/gif', jpg: 'image/jpeg' },
  limits: {
    /** nginx's large_client_header_buffers, 4 of 8 KiB. */
    headBytes: 32 * 1024,
    headFields: 200,
    headMs: minute,
    bodyMs: minute,
    /** nginx's keepalive_timeout. */
    keepAliveMs: 75 * second,
    connections: 16_384,
  },
} as const satisfies {
  listen: ListenAddress;
  timeouts: UpstreamTimeouts;
  limits: Limits;
  [more: string]: unknown;
};
