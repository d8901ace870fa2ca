/**
 * What a request has become on its way through the rules: its path and query as they are now, what regexes have captured, the
 * variables that were set. Templates find all variables here.
 *
 * Text is one character a byte. Knows nothing of sockets: the exchange keeps its record of the answer up to date.
 */
import type { RequestHead } from '../http1/head.ts';
import { AnswerRecord } from './answer-record.ts';
import { builtInVariable } from './built-in-variables.ts';
import type { TrustedProxies } from './client-address/trusted-proxies.ts';
import type { ClientConnection } from './client-connection.ts';
import { newRequestId } from './error-answer.ts';
import type { MapSource, Maps } from './maps.ts';
import { LimitRecord } from './rate/limit-record.ts';
import type { Route, Site } from './serving.ts';
import { DynamicUpstream } from './upstream/dynamic-upstream.ts';
import type { Upstream } from './upstream/upstream.ts';

export class RequestState implements MapSource {
  readonly client: ClientConnection;
  readonly head: RequestHead;
  readonly site: Site;
  /** The client's address, as far as the site trusts whoever says it. */
  remoteAddress: string;
  /** What trusted proxies said of the client's own connection; undefined where they said nothing. */
  forwardedSecure: boolean | undefined;
  forwardedHost: string | undefined;
  forwardedPort: number | undefined;
  /** Whether the fields are the word of a trusted proxy. */
  isFromTrusted = false;
  /** Who has made the connection: the peer, or whom a trusted PROXY protocol header names. */
  hopAddress: string;
  /** Of the client, as far as it is known. */
  remotePort: number | undefined;
  /** Host and port that the upstream is known by, and how it is spoken to; undefined until one is chosen. */
  upstreamAuthority: string | undefined;
  upstreamScheme: 'http' | 'https' = 'http';
  /** Of a computed URL that says what to ask for. */
  upstreamUri: string | undefined;
  /** Undefined until one is chosen. */
  route: Route | undefined;
  /** Changes to GET when an error page is asked for. */
  method: string;
  /** Of the request that a request from inside is about; undefined for one that came from a client. */
  outerMethod: string | undefined;
  /** Normalised and decoded once it is known to be valid. */
  path: string;
  /** Without `?`; undefined when there is none. */
  query: string | undefined;
  /** Whether a rule has changed the path: what the client sent does not count any more. */
  rewritten = false;
  /** Whether a rule has changed the query: the target goes on as it is now, and not as the client sent it. */
  isTargetChanged = false;
  /** Whether the route was chosen for this very path, so that its prefix can be replaced. */
  routeFits = true;
  /** Of a signed in user. */
  user: string | undefined;
  readonly answer = new AnswerRecord();
  /** In milliseconds since the epoch. */
  readonly startedAt = Date.now();
  readonly #maps: Maps;
  #requestId: string | undefined;
  #limits: LimitRecord | undefined;
  #captures: RegExpExecArray | undefined;
  #values: Map<string, string> | undefined;

  constructor(client: ClientConnection, head: RequestHead, site: Site) {
    const { target } = head;
    const mark = target.indexOf('?');
    this.client = client;
    this.head = head;
    this.site = site;
    this.remoteAddress = client.remoteAddress;
    this.hopAddress = client.remoteAddress;
    this.remotePort = client.accepted.remotePort;
    this.method = head.method;
    this.path = target;
    this.query = mark === -1 ? undefined : target.slice(mark + 1);
    this.#maps = client.serving.maps;
  }

  /** A request from inside, with the same head and variables, for another path. */
  inner(path: string, query: string | undefined): RequestState {
    const inner = new RequestState(this.client, this.head, this.site);
    this.#values ??= new Map();
    inner.#values = this.#values;
    inner.#requestId = this.requestId;
    inner.#limits = this.limits;
    inner.remoteAddress = this.remoteAddress;
    inner.remotePort = this.remotePort;
    inner.isFromTrusted = this.isFromTrusted;
    inner.hopAddress = this.hopAddress;
    inner.forwardedSecure = this.forwardedSecure;
    inner.forwardedHost = this.forwardedHost;
    inner.forwardedPort = this.forwardedPort;
    inner.outerMethod = this.outerMethod ?? this.method;
    inner.method = 'GET';
    inner.rewriteTo(path, query);
    return inner;
  }

  /** The same in the log, in the answer, and for the upstream if it is told. */
  get requestId(): string {
    this.#requestId ??= newRequestId();
    return this.#requestId;
  }

  /** What limits have made of it; the same for the requests inside it. */
  get limits(): LimitRecord {
    this.#limits ??= new LimitRecord();
    return this.#limits;
  }

  /** Undefined for a request that no limit has seen. */
  get knownLimits(): LimitRecord | undefined {
    return this.#limits;
  }

  /** Whether the client's own connection is encrypted. */
  get secure(): boolean {
    return this.forwardedSecure ?? this.client.secure;
  }

  /** Takes the word of a trusted proxy on who the client is. */
  believe(trust: TrustedProxies): void {
    const { accepted } = this.client;
    if (!trust.trusts(accepted.remoteAddress)) return;
    this.isFromTrusted = trust.passesFields;
    this.hopAddress = trust.connectionAddress(accepted) ?? accepted.remoteAddress;
    const client = trust.clientOf(accepted, this.head.fields);
    if (client === undefined) return;
    this.remoteAddress = client.address;
    this.remotePort = client.port;
    this.forwardedSecure = client.secure;
    this.forwardedHost = client.host;
    this.forwardedPort = client.hostPort;
  }

  /** What the request is for from now on. Throws `HW_UPSTREAM_URL` for a computed one that is none. */
  goTo(chosen: Upstream | DynamicUpstream): Upstream {
    let upstream: Upstream;
    if (chosen instanceof DynamicUpstream) {
      const target = chosen.target(this);
      upstream = target.upstream;
      this.upstreamUri = target.uri;
    } else {
      upstream = chosen;
    }
    this.upstreamAuthority = upstream.authority;
    this.upstreamScheme = upstream.model.tls === undefined ? 'http' : 'https';
    return upstream;
  }

  variable(name: string): string | undefined {
    const value = this.#values?.get(name);
    if (value !== undefined) return value;
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) return this.#captures?.[first - 0x30];
    const map = this.#maps.get(name);
    return map === undefined ? builtInVariable(name, this) : map(this);
  }

  /** nginx lets `$args` be set, too, which changes the query. */
  set(name: string, value: string): void {
    if (name === 'args') {
      this.query = value;
      this.isTargetChanged = true;
      return;
    }
    this.#values ??= new Map();
    this.#values.set(name, value);
  }

  matched(match: RegExpExecArray): void {
    this.#captures = match;
    if (match.groups === undefined) return;
    for (const [name, value] of Object.entries(match.groups)) {
      this.set(name.toLowerCase(), value ?? '');
    }
  }

  /** A rule's regex, after which captures are its own: none when it has not matched (ngx_http_script_regex_start_code). */
  tried(match: RegExpExecArray | null): void {
    if (match === null) this.#captures = undefined;
    else this.matched(match);
  }

  /** Goes on as another request, from inside: a rule or an error page says so. */
  rewriteTo(path: string, query: string | undefined): void {
    this.path = path;
    this.query = query;
    this.rewritten = true;
  }
}
