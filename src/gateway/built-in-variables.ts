/**
 * nginx's variables by their names, each as a function of the request: what `$host` or `$http_user_agent` mean here. What
 * maps and rules set, and captures, are the request's own matter.
 *
 * Those that neither proxying nor files need (`$ssl_ech_status`) are not here, and a configuration with them is refused.
 */
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Fields } from '../http1/fields.ts';
import type { RequestHead } from '../http1/head.ts';
import { basicUser } from './access-entry.ts';
import { formatLocalTime } from './access-log-time.ts';
import type { UpstreamTry } from './answer-record.ts';
import { addressBytes } from './client-address/ip-address.ts';
import type { RouteFiles } from './files/route-files.ts';
import type { RequestState } from './request-state.ts';
import { hostOf } from './sites.ts';
import { clientCertificateVariables, tlsVariables } from './tls-variables.ts';

type Variable = (request: RequestState) => string | undefined;

const variables: Readonly<Record<string, Variable>> = {
  args: queryOf,
  binary_remote_addr: ({ remoteAddress }) => addressBytes(remoteAddress),
  body_bytes_sent: ({ answer }) => String(answer.bodyBytesSent),
  bytes_sent: ({ answer }) => String(answer.headBytes + answer.bodyBytesSent),
  connection: ({ client }) => String(client.number),
  connection_requests: ({ client }) => String(client.accepted.stream?.request ?? client.requests),
  content_length: ({ head }) => head.fields.get('content-length'),
  content_type: ({ head }) => head.fields.get('content-type'),
  document_root: folderOf,
  document_uri: ({ path }) => path,
  host: hostVariable,
  hostname: () => hostname(),
  https: ({ secure }) => (secure ? 'on' : ''),
  is_args: ({ query }) => (query === undefined || query === '' ? '' : '?'),
  limit_conn_status: ({ knownLimits }) => knownLimits?.connectionStatus,
  limit_req_status: ({ knownLimits }) => knownLimits?.requestStatus,
  msec: () => (Date.now() / 1000).toFixed(3),
  nginx_version: () => '1.30.0',
  pid: () => String(process.pid),
  pipe: () => '.',
  proxy_add_x_forwarded_for: ({ head, remoteAddress }) => {
    const sent = head.fields.all('x-forwarded-for');
    return [...sent, remoteAddress].join(', ');
  },
  proxy_host: ({ upstreamAuthority }) => upstreamAuthority,
  proxy_port: ({ upstreamAuthority, upstreamScheme }) =>
    upstreamAuthority === undefined
      ? undefined
      : (/:(\d+)$/.exec(upstreamAuthority)?.[1] ?? (upstreamScheme === 'https' ? '443' : '80')),
  proxy_protocol_addr: ({ client }) => client.accepted.proxyProtocol?.sourceAddress,
  proxy_protocol_port: ({ client }) => portText(client.accepted.proxyProtocol?.sourcePort),
  proxy_protocol_server_addr: ({ client }) => client.accepted.proxyProtocol?.destinationAddress,
  proxy_protocol_server_port: ({ client }) =>
    portText(client.accepted.proxyProtocol?.destinationPort),
  query_string: queryOf,
  realpath_root: (request) => realFolder(folderOf(request)),
  realip_remote_addr: ({ client }) => client.remoteAddress,
  realip_remote_port: ({ client }) => portText(client.accepted.remotePort),
  remote_addr: ({ remoteAddress }) => remoteAddress,
  remote_port: ({ remotePort }) => portText(remotePort),
  remote_user: (request) => request.user ?? basicUser(request.head.fields),
  request: ({ head, client }) =>
    `${head.method} ${head.sentTarget} ${protocolOf(client.accepted.protocol, head.minor)}`,
  request_completion: ({ answer }) => (answer.isComplete ? 'OK' : ''),
  request_filename: (request) => filesOf(request)?.nameOf(request, false),
  request_id: ({ requestId }) => requestId,
  request_length: ({ head, answer }) => String(headLength(head) + answer.bytesReceived),
  request_method: ({ method, outerMethod = method }) => outerMethod,
  request_time: ({ startedAt }) => secondsText(Date.now() - startedAt),
  request_uri: ({ head }) => head.target,
  scheme: ({ secure }) => (secure ? 'https' : 'http'),
  server_addr: ({ client }) => client.accepted.localAddress,
  server_name: ({ site }) => site.serverName,
  server_port: ({ client }) => portText(client.accepted.localPort),
  server_protocol: ({ head, client }) => protocolOf(client.accepted.protocol, head.minor),
  status: ({ answer }) => String(answer.status || answer.expectedStatus).padStart(3, '0'),
  time_iso8601: () => isoTime(new Date()),
  time_local: () => formatLocalTime(new Date()),
  upstream_addr: ofTries(({ address }) => address),
  upstream_connect_time: ofTries(({ connectMs }) => secondsText(connectMs)),
  upstream_header_time: ofTries(({ headerMs }) => secondsText(headerMs)),
  upstream_response_length: ofTries(({ bodyBytes }) => String(bodyBytes)),
  upstream_response_time: ofTries(({ responseMs }) => secondsText(responseMs)),
  upstream_status: ofTries(({ status }) => numberText(status)),
  uri: ({ path }) => path,
  ...tlsVariables,
  ...clientCertificateVariables,
};

/** Families of variables: the rest of the name says which. */
const families: Readonly<
  Record<string, (request: RequestState, rest: string) => string | undefined>
> = {
  arg_: ({ query }, name) => argumentOf(query, name),
  cookie_: ({ head }, name) => cookieOf(head.fields, name),
  http_: ({ head }, name) => fieldOf(head.fields, name),
  sent_http_: ({ answer }, name) => answer.sentField(name.replaceAll('_', '-')),
  upstream_cookie_: ({ answer }, name) => answer.upstreamCookie(name),
  upstream_http_: ({ answer }, name) => answer.upstreamField(name.replaceAll('_', '-')),
};

/** One lookup a name: families are found once. */
const known = new Map<string, Variable>(Object.entries(variables));

/** Names come from configurations, so there are few; this only keeps a mistake from becoming a leak. */
const mostNames = 10_000;

/** The value of a variable of nginx; undefined when it has none, or is unknown. */
export function builtInVariable(name: string, request: RequestState): string | undefined {
  const variable = known.get(name) ?? familyMember(name);
  return variable?.(request);
}

/** Whether there is such a variable, for configurations. */
export function isBuiltInVariable(name: string): boolean {
  return (known.get(name) ?? familyMember(name)) !== undefined;
}

function familyMember(name: string): Variable | undefined {
  for (const [prefix, family] of Object.entries(families)) {
    if (!name.startsWith(prefix) || name.length === prefix.length) continue;
    const rest = name.slice(prefix.length);
    const variable: Variable = (request) => family(request, rest);
    if (known.size < mostNames) known.set(name, variable);
    return variable;
  }
  return undefined;
}

/** A `?` with nothing behind it is as none. */
function queryOf({ query }: RequestState): string | undefined {
  return query === '' ? undefined : query;
}

/** As most clients write it: a space behind each colon. */
function headLength({ method, sentTarget, fields }: RequestHead): number {
  const startLine = method.length + sentTarget.length + ' '.length * 2 + 'HTTP/1.1\r\n'.length;
  let length = startLine + '\r\n'.length;
  for (let index = 0; index < fields.count; index++) {
    length += fields.nameAt(index).length + fields.valueAt(index).length + ': \r\n'.length;
  }
  return length;
}

/** What nginx says of every server that was asked: with `:` between those of a request and of what it became inside. */
function ofTries(textOf: (one: UpstreamTry) => string | undefined): Variable {
  return ({ answer }) => {
    let text: string | undefined;
    for (const one of answer.upstreamTries) {
      const own = textOf(one) ?? '-';
      text = text === undefined ? own : `${text}${one.isForPage ? ' : ' : ', '}${own}`;
    }
    return text;
  };
}

/** The host that the request names, in lower case and without port, else the site's first name. */
function hostVariable({ head, site }: RequestState): string {
  return head.host === undefined || head.host === '' ? site.serverName : hostOf(head.host);
}

/** `HTTP/1.1`, `HTTP/2.0`. */
export function protocolOf(protocol: string | undefined, minor: 0 | 1): string {
  return protocol ?? `HTTP/1.${minor}`;
}

/** All values of a field; its name is given with `_` for `-`. */
function fieldOf(fields: Fields, name: string): string | undefined {
  const values = fields.all(name.replaceAll('_', '-'));
  if (values.length === 0) return undefined;
  return values.join(name === 'cookie' ? '; ' : ', ');
}

function argumentOf(query: string | undefined, name: string): string | undefined {
  if (query === undefined) return undefined;
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals !== -1 && part.slice(0, equals).toLowerCase() === name)
      return part.slice(equals + 1);
  }
  return undefined;
}

/** Names are compared without regard to case, as nginx does. */
export function cookieOf(fields: Fields, name: string): string | undefined {
  for (const field of fields.all('cookie')) {
    for (const pair of field.split(/[;,]/)) {
      const equals = pair.indexOf('=');
      if (equals === -1) continue;
      if (pair.slice(0, equals).trim().toLowerCase() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}

/** Of the route; of the site before one is chosen. */
function filesOf({ route, site }: RequestState): RouteFiles | undefined {
  return (route ?? site.ownRoute).files;
}

function folderOf(request: RequestState): string | undefined {
  return filesOf(request)?.folderOf(request);
}

/** Without links; undefined where there is none. */
function realFolder(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  try {
    return realpathSync(Buffer.from(folder, 'latin1'), 'latin1');
  } catch {
    return undefined;
  }
}

/** A port of 0 is none. */
function portText(port: number | undefined): string | undefined {
  return port === undefined || port === 0 ? undefined : String(port);
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** nginx's times: seconds with milliseconds. */
function secondsText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : (ms / 1000).toFixed(3);
}

/** `2026-11-21T02:08:00+01:00`. */
function isoTime(time: Date): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const east = -time.getTimezoneOffset();
  const zone = `${east < 0 ? '-' : '+'}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
  const local = new Date(time.getTime() + east * 60_000);
  return `${local.toISOString().slice(0, 19)}${zone}`;
}
