/** The URL of an upstream that was computed for a request, as nginx reads it: `http://app:8080/path`, `https://unix:/run/x.sock:/`. */
import { gatewayError } from '../errors.ts';

export type UpstreamUrl = {
  readonly scheme: 'http' | 'https';
  /** In lower case, an IPv6 address without its brackets; the path of a Unix socket behind `unix:`. */
  readonly host: string;
  /** Undefined when the URL does not say, and for a Unix socket. */
  readonly port: number | undefined;
  /** Path and query as they are; undefined for a URL that ends with the host. */
  readonly uri: string | undefined;
};

const pattern =
  /^(https?):\/\/(?:unix:(\/[^:]+)(?::(.*))?|(?:\[([0-9a-f:.]+)\]|([^\s/?#:@[\]]+))(?::(\d{1,5}))?([/?].*)?)$/is;

/** Throws `HW_UPSTREAM_URL`. */
export function parseUpstreamUrl(url: string): UpstreamUrl {
  const match = pattern.exec(url);
  if (match === null) throw badUrl(url);
  const [, scheme = '', socket, socketUri, ipv6, name = '', portText, uri] = match;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) throw badUrl(url);
  return {
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    host: socket === undefined ? (ipv6 ?? name).toLowerCase() : `unix:${socket}`,
    port,
    uri: pathFirst(socket === undefined ? uri : socketUri),
  };
}

/** A request is for a path, so a query alone is one of `/`. */
function pathFirst(uri: string | undefined): string | undefined {
  if (uri === undefined || uri === '') return undefined;
  return uri.startsWith('/') ? uri : `/${uri}`;
}

function badUrl(url: string): Error {
  return gatewayError('HW_UPSTREAM_URL', `"${url}" is no URL of an upstream`);
}
