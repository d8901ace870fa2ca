/**
 * What a log may say of one request, as an interface that whoever serves the request fulfils. Nothing of it is
 * computed before a format asks: `combined` looks at six of these values, and pays for no other.
 *
 * Text of the request is one character a byte, as it came. Logs escape and redact.
 */
import type { TLSSocket } from 'node:tls';
import type { Fields } from '../http1/fields.ts';
import type { RequestHead } from '../http1/head.ts';
import { idOfLowerName } from '../http1/known-names.ts';
import type { TunnelEnder } from './admin/totals.ts';
import type { VariableSource } from './variables.ts';

/** A request whose head was understood. */
export interface LoggedRequest extends VariableSource {
  readonly client: { readonly accepted: LoggedClient };
  readonly head: Pick<RequestHead, 'method' | 'sentTarget' | 'minor' | 'host' | 'fields'>;
  readonly site: { readonly name: string };
  /** As far as the site trusts whoever says it. */
  readonly remoteAddress: string;
  /** Whom the gateway has signed in; undefined when nobody checked. */
  readonly user: string | undefined;
  readonly requestId: string;
  /** When its head had been read, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Undefined while nothing is known of an answer. */
  readonly answer: LoggedAnswer | undefined;
}

export interface LoggedClient {
  readonly remoteAddress: string;
  /** Undefined without TLS. */
  readonly tls?: Pick<TLSSocket, 'getProtocol' | 'getCipher'> | undefined;
  /** When it is not HTTP/1: `HTTP/2.0`. */
  readonly protocol?: string | undefined;
}

export interface LoggedAnswer {
  readonly status: number;
  /** Of the body as sent, the framing of chunks included; for a tunnel what went to the client. */
  readonly bodyBytesSent: number;
  /** Of the request's body as it came, the framing included; for a tunnel what came from the client. */
  readonly bytesReceived?: number | undefined;
  /** The last server that was asked: `127.0.0.1:9000`. */
  readonly upstreamAddress: string | undefined;
  readonly upstreamStatus: number | undefined;
  /** From asking to the head of the answer, in milliseconds. */
  readonly upstreamMs: number | undefined;
  /** `HW_…` of what ended the request; undefined when nothing did. */
  readonly errorCode?: string | undefined;
}

/** A request whose head was not understood, and so is for no site. */
export type UnreadRequest = {
  readonly remoteAddress: string;
  readonly requestId: string;
  readonly status: number;
  readonly bodyBytesSent: number;
  /** `HW_…` */
  readonly errorCode: string;
};

/** How a tunnel ended. */
export type LoggedTunnelEnd = {
  readonly bytesToClient: number;
  readonly bytesToUpstream: number;
  /** Whoever ended it first; `gateway` when it was closed by a limit or at the gateway's own end. */
  readonly endedBy: TunnelEnder;
  /** `close-frame`, `reset`, `idle`, … as the tunnel calls it. */
  readonly how: string;
  /** Of the WebSocket Close that was seen. */
  readonly closeCode?: number | undefined;
};

const authorizationId = idOfLowerName('authorization');
const refererId = idOfLowerName('referer');
const userAgentId = idOfLowerName('user-agent');

export function refererOf({ fields }: LoggedRequest['head']): string | undefined {
  return fields.getById(refererId);
}

export function userAgentOf({ fields }: LoggedRequest['head']): string | undefined {
  return fields.getById(userAgentId);
}

/** Whom the gateway has signed in, else whom Basic authentication names. */
export function userOf({ user, head }: LoggedRequest): string | undefined {
  return user ?? basicUser(head.fields);
}

/** `HTTP/1.1`, `HTTP/2.0`. */
export function protocolOf({ client, head }: LoggedRequest): string {
  return client.accepted.protocol ?? (head.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0');
}

/** Whom Basic authentication names (RFC 7617), whether or not anybody has checked. */
export function basicUser(fields: Fields): string | undefined {
  const authorization = fields.getById(authorizationId);
  if (authorization === undefined || !/^basic /i.test(authorization)) return undefined;
  const credentials = Buffer.from(authorization.slice(6), 'base64').toString('latin1');
  const colon = credentials.indexOf(':');
  // nginx takes nobody's name for no name (ngx_http_auth_basic_user).
  return colon < 1 ? undefined : credentials.slice(0, colon);
}
