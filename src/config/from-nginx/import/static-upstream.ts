/** A `proxy_pass` with variables that turned out to be constant, as the upstream that it then is. */
import type { DynamicUpstreamModel, UpstreamModel } from '../../upstream-model.ts';
import { textOf } from './constants.ts';

/** Undefined when the server differs from request to request, or the path that is asked for is not the request's. */
export function staticUpstream(upstream: DynamicUpstreamModel): UpstreamModel | undefined {
  const { url, groups, tls, timeouts, resolver } = upstream;
  // Whose certificate it has to be differs from request to request.
  if (upstream.serverName !== undefined) return undefined;
  const last = url.at(-1);
  // The path as it was sent is what is asked for without any.
  const asSent = typeof last === 'object' && last.variable === 'request_uri';
  const text = textOf(asSent ? url.slice(0, -1) : url);
  const match = /^(https?):\/\/(\[[^\]]+\]|[^:/?[\]]+)(?::(\d+))?$/i.exec(text ?? '');
  if (match === null) return undefined;
  const [, scheme = '', host = '', digits] = match;
  const isTls = scheme.toLowerCase() === 'https';
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const group = digits === undefined ? groups[host] : undefined;
  const common = {
    timeouts,
    ...(isTls ? { tls: { ...tls, serverName: tls.serverName ?? bare } } : {}),
    ...(resolver === undefined ? {} : { resolver }),
  };
  if (group !== undefined) return { ...group, ...common };
  const usual = isTls ? 443 : 80;
  const port = digits === undefined ? usual : Number(digits);
  return {
    name: text ?? '',
    authority: port === usual ? host : `${host}:${port}`,
    servers: [{ kind: 'tcp', host: bare, port }],
    ...common,
  };
}
