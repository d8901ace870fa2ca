/**
 * What becomes of a request's line and fields on their way upstream, made ready from the route's `ForwardModel`: the target, as
 * nginx's proxy_pass with and without URI and variables, and the fields that are written in place of the client's.
 */
import type { ForwardModel, RetryModel } from '../config/route-model.ts';
import { FieldNameSet } from '../http1/fields.ts';
import type { RequestState } from './request-state.ts';
import { escapePath, sentPath, utf8Bytes } from './request-uri.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';

/** What the gateway says of the client, in place of what the client sent, unless the route leaves these fields alone. */
const forwardedNames = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'forwarded',
];

/** Fields that frame the message or are for one hop: written by the gateway, whatever a configuration says. */
const framingNames = [
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'keep-alive',
  'te',
];

/** Servers in this process are told by these what really arrived; nobody else may say so. */
const ownPrefix = 'x-hatchway-';

export class Forward {
  readonly retry: RetryModel;
  readonly method: CompiledTemplate | undefined;
  readonly httpVersion: '1.0' | '1.1';
  readonly passHeaders: boolean;
  readonly passBody: boolean;
  /** Whether all of it is read before a server is asked. */
  readonly buffersBody: boolean;
  readonly body: CompiledTemplate | undefined;
  readonly writesForwarded: boolean;
  readonly origin: 'keep' | 'upstream';
  readonly allowedOrigins: readonly string[];
  /** Fields that the configuration writes, in order. */
  readonly fields: readonly { readonly name: string; readonly value: CompiledTemplate }[];
  /** Whether one of them is Host. */
  readonly setsHost: boolean;
  readonly #replaced: FieldNameSet;
  /** HTTP/1.0 has no 100 (RFC 9110, 10.1.1), while the upstream is spoken to in 1.1. */
  readonly #replacedFor10: FieldNameSet;
  readonly #replacedWithoutBody: FieldNameSet;
  readonly #uri: NonNullable<ForwardModel['uri']>;
  readonly #prefixBytes: number;
  readonly #template: CompiledTemplate | undefined;

  /** @param prefix of the route, whose place a URI takes; '' for a route that has none */
  constructor(model: ForwardModel, prefix: string) {
    const {
      uri = { kind: 'as-sent' },
      setHeaders = [],
      forwarded = 'write',
      origin = 'keep',
    } = model;
    this.retry = model.retry ?? {};
    this.method = model.method === undefined ? undefined : compileTemplate(model.method);
    this.httpVersion = model.httpVersion ?? '1.1';
    this.passHeaders = model.passHeaders ?? true;
    this.passBody = model.passBody ?? true;
    this.buffersBody = model.buffersBody ?? false;
    this.body = model.body === undefined ? undefined : compileTemplate(model.body);
    this.writesForwarded = forwarded === 'write';
    this.origin = origin;
    this.allowedOrigins = model.allowedOrigins ?? [];
    this.fields = setHeaders
      .filter(({ name }) => !framingNames.includes(name.toLowerCase()))
      .map(({ name, value }) => ({ name, value: compileTemplate(value) }));
    const names = this.fields.map(({ name }) => name.toLowerCase());
    this.setsHost = names.includes('host');
    const written = [
      ...names,
      ...(this.writesForwarded ? forwardedNames : []),
      ...(origin === 'upstream' ? ['host', 'origin'] : []),
    ];
    const drops = model.passUnderscores === false;
    const setOf = (...more: string[]) =>
      new FieldNameSet([...written, ...more], [ownPrefix], drops);
    this.#replaced = setOf();
    this.#replacedFor10 = setOf('expect');
    this.#replacedWithoutBody = setOf('expect', 'content-length');
    this.#uri = uri;
    this.#prefixBytes = utf8Bytes(prefix).length;
    this.#template = uri.kind === 'template' ? compileTemplate(uri.uri) : undefined;
  }

  /** Names of the client's fields that are not passed on. */
  replaced(minor: 0 | 1, passBody: boolean): FieldNameSet {
    if (!passBody) return this.#replacedWithoutBody;
    return minor === 0 ? this.#replacedFor10 : this.#replaced;
  }

  /** What is asked for upstream. */
  target(request: RequestState): string {
    if (request.upstreamUri !== undefined) return request.upstreamUri;
    const uri = this.#uri;
    if (uri.kind === 'as-sent')
      return request.rewritten || request.isTargetChanged
        ? rewrittenTarget(request)
        : request.head.target;
    if (this.#template !== undefined) return this.#template(request);
    if (uri.kind === 'template') return request.head.target;
    // Behind a rewrite that ends the rules there is no prefix that could be replaced.
    if (!request.routeFits) return rewrittenTarget(request);
    const rest = request.path.slice(this.#prefixBytes);
    return utf8Bytes(uri.with) + escapeIfSentSo(request, rest) + queryOf(request);
  }
}

function rewrittenTarget(request: RequestState): string {
  return escapeIfSentSo(request, request.path) + queryOf(request);
}

/** A path that the client sent without an escape is passed on without, as nginx does. */
function escapeIfSentSo(request: RequestState, path: string): string {
  const isEscaped = request.rewritten || sentPath(request.head.target).includes('%');
  return isEscaped ? escapePath(path) : path;
}

function queryOf({ query }: RequestState): string {
  return query === undefined || query === '' ? '' : `?${query}`;
}
