/**
 * `X-Forwarded-…` and `Forwarded` (RFC 7239): what the upstream is told of the client. Nearly every request of a connection
 * says the same, so the lines are kept from one to the next.
 */
import type { RequestState } from './request-state.ts';

/** What was said for the last request of a connection, and with what Host. */
export type KeptLines = { readonly host: string | undefined; readonly lines: string };

export function forwardedLines(request: RequestState): string {
  const { client, head, isFromTrusted } = request;
  if (isFromTrusted || request.remoteAddress !== client.remoteAddress) return linesOf(request);
  const last = client.keptLines;
  if (last !== undefined && last.host === head.host) return last.lines;
  const lines = linesOf(request);
  client.keptLines = { host: head.host, lines };
  return lines;
}

function linesOf(request: RequestState): string {
  const { head, isFromTrusted, hopAddress } = request;
  const scheme = request.secure ? 'https' : 'http';
  const host = request.forwardedHost ?? head.host;
  const port = request.forwardedPort ?? portOf(host) ?? (request.secure ? 443 : 80);
  const hop = `for=${nodeOf(hopAddress)}${
    host === undefined ? '' : `;host=${quotedIfNeeded(host)}`
  };proto=${scheme}`;
  const behind = (name: string, own: string) =>
    isFromTrusted ? [...head.fields.all(name), own].join(', ') : own;
  return (
    `X-Forwarded-For: ${behind('x-forwarded-for', hopAddress)}\r\nX-Forwarded-Proto: ${scheme}\r\n` +
    (host === undefined ? '' : `X-Forwarded-Host: ${host}\r\n`) +
    `X-Forwarded-Port: ${port}\r\nForwarded: ${behind('forwarded', hop)}\r\n`
  );
}

function portOf(host: string | undefined): number | undefined {
  const port = host === undefined ? undefined : /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** RFC 7239, 6: an IPv6 address is in brackets and quoted; what is no address is `unknown`. */
function nodeOf(address: string): string {
  if (address.includes(':')) return address.startsWith('unix') ? 'unknown' : `"[${address}]"`;
  return address;
}

function quotedIfNeeded(host: string): string {
  return /^[\w.-]+$/.test(host) ? host : `"${host}"`;
}
