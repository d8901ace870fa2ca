/**
 * The header fields that nginx writes itself into a request to an upstream: those of `proxy_set_header` in force, and nginx's
 * own for every name that is not among them (src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_headers).
 *
 * All other fields of the client's request are passed on as they are.
 */
import { type EffectiveOptions, effective } from '../effective.ts';
import type { Level, Setting } from '../level.ts';
import { compareVersions } from '../version.ts';

export type UpstreamHeader = {
  readonly name: string;
  /** A template; when it comes out empty, the field is not sent. */
  readonly value: string;
  /** Undefined for one of nginx's own. */
  readonly setting: Setting | undefined;
};

/** Since this version connections to upstreams are kept, and `Connection: close` is no longer sent. */
const keepsConnections = '1.29.7';

/** A field that a client may send and nginx does not pass on by itself has an empty value. */
const ownHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Host', '$proxy_host'],
  ['Connection', 'close'],
  ['Content-Length', '$proxy_internal_body_length'],
  ['Transfer-Encoding', '$proxy_internal_chunked'],
  ['TE', ''],
  ['Keep-Alive', ''],
  ['Expect', ''],
  ['Upgrade', ''],
];

/** Those of the configuration in order, then nginx's own. A name that is set twice is sent twice. */
export function upstreamHeaders(level: Level, options: EffectiveOptions = {}): UpstreamHeader[] {
  const headers = effective(level, 'proxy_set_header', options).settings.map(
    (setting): UpstreamHeader => {
      const [name, value] = setting.directive.args.map((arg) => arg.value);
      return { name: name ?? '', value: value ?? '', setting };
    },
  );
  const named = new Set(headers.map((header) => header.name.toLowerCase()));
  const { version } = options;
  const isNew = version === undefined || compareVersions(version, keepsConnections) >= 0;
  for (const [name, value] of ownHeaders) {
    if (named.has(name.toLowerCase())) continue;
    const isForgotten = isNew && name === 'Connection';
    headers.push({ name, value: isForgotten ? '' : value, setting: undefined });
  }
  return headers;
}
