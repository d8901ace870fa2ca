/**
 * Header fields of requests as `origin` and `headers.request`.
 *
 * nginx sends the upstream's Host unless told otherwise, and the browser's Origin; hatchway.yaml has both as the browser sent
 * them or both as the upstream's. What it writes by itself (X-Forwarded-For and the like) need not be said.
 */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import type { ForwardModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import type { UpstreamModel } from '../../upstream-model.ts';
import { refusesVariables } from './answer-keys.ts';
import type { ImportReport } from './import-report.ts';
import { type Captures, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type RequestFields = NonNullable<NonNullable<SiteInput['headers']>['request']>;

export type FieldContext = {
  /** Of the location. */
  readonly level: Level;
  /** The only name of the site, if it has one that is no pattern. */
  readonly onlyHost: string | undefined;
  readonly captures: Captures;
  readonly report: ImportReport;
};

/** Values that say what `X-Forwarded-*` say anyway. */
const written: Readonly<Record<string, readonly string[]>> = {
  'x-forwarded-for': ['$proxy_add_x_forwarded_for', '$remote_addr'],
  'x-forwarded-proto': ['$scheme'],
  'x-forwarded-host': ['$host', '$http_host', '$host:$server_port'],
  'x-forwarded-port': ['$server_port'],
};

/** Of a Host that is the browser's. */
const kept: ReadonlySet<string> = new Set(['$host', '$http_host', '$host:$server_port']);

export function requestKeys(
  forward: ForwardModel,
  upstream: UpstreamModel,
  context: FieldContext,
): { readonly origin?: string; readonly request?: RequestFields } {
  const { level, captures, report } = context;
  for (const [directive, isSaid] of [
    ['proxy_method', forward.method !== undefined],
    ['proxy_pass_request_headers', forward.passHeaders === false],
    ['proxy_pass_request_body', forward.passBody === false],
    ['proxy_set_body', forward.body !== undefined],
    ['proxy_http_version', forward.httpVersion === '1.0'],
  ] as const) {
    if (isSaid) report.refuse(level, directive, `"${directive}" is not in hatchway.yaml`);
  }
  const set: Record<string, string> = {};
  const remove: string[] = [];
  let host: string | undefined;
  let origin: string | undefined;
  const seen = new Set<string>();
  for (const { name, value } of forward.setHeaders ?? []) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) {
      report.refuse(
        level,
        'proxy_set_header',
        `"${name}" is sent twice, which hatchway.yaml cannot`,
      );
    }
    seen.add(lower);
    const text = templateText(value);
    if (lower === 'host') host = text;
    else if (lower === 'origin') origin = text;
    else if (written[lower]?.includes(text) === true) continue;
    else if (text === '') remove.push(lower);
    else if (!refusesVariables(value, level, 'proxy_set_header', captures, report)) {
      set[name] = text;
    }
  }
  return present({
    origin: originOf(host, origin, upstream, context),
    request: unlessEmpty(
      present({
        set: unlessEmpty(set),
        remove: remove.length === 0 ? undefined : remove,
      }),
    ),
  });
}

/** Undefined for `keep`. */
function originOf(
  host = '$proxy_host',
  origin: string | undefined,
  upstream: UpstreamModel,
  context: FieldContext,
): string | undefined {
  const { level, onlyHost, report } = context;
  const isKept =
    kept.has(host) ||
    (onlyHost !== undefined && (host === '$server_name' || host.toLowerCase() === onlyHost));
  const isOrigin = origin === undefined || origin === '$http_origin';
  if (isKept) {
    if (!isOrigin && !isOriginOf(origin, ['$host', '$http_host', host])) {
      report.refuse(
        level,
        'proxy_set_header',
        `Origin is sent as "${origin}", and Host is not`,
        both,
      );
    }
    return undefined;
  }
  const authority = host === '$proxy_host' ? upstream.authority : host;
  if (authority === undefined || !/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d{1,5})?$/i.test(authority)) {
    report.refuse(level, 'proxy_set_header', `Host is sent as "${authority ?? host}"`, both);
    return undefined;
  }
  if (isOrigin) {
    report.differs(
      level,
      'proxy_pass',
      `nginx sends the upstream's Host with the browser's Origin, which many applications refuse WebSockets for; the result sends both as ${authority}, and pages of other origins get 403`,
      'write `origin: keep` to send both as the browser does, or list the pages in `allowedOrigins`',
    );
  } else if (!isOriginOf(origin, ['$proxy_host', authority, host])) {
    report.refuse(
      level,
      'proxy_set_header',
      `Origin is sent as "${origin}", and Host is not`,
      both,
    );
  }
  return isUrlsOwn(authority, upstream) ? 'upstream' : authority.toLowerCase();
}

const both = 'hatchway.yaml has both as the browser sent them, or both as the upstream’s';

/** One that is left out is nobody's. */
function isOriginOf(origin: string, hosts: readonly string[]): boolean {
  const schemes = ['$scheme', '$proxy_scheme', 'http', 'https'];
  return (
    origin === '' ||
    hosts.some((host) => schemes.some((scheme) => origin === `${scheme}://${host}`))
  );
}

/** Whether it is what hatchway.yaml calls it by itself: host and port of the first server. */
function isUrlsOwn(authority: string, { servers, tls }: UpstreamModel): boolean {
  const [first] = servers;
  if (first?.kind !== 'tcp') return authority === 'localhost';
  const usual = tls === undefined ? 80 : 443;
  const host = first.host.includes(':') ? `[${first.host}]` : first.host;
  return authority === (first.port === usual ? host : `${host}:${first.port}`);
}
