/**
 * An upstream whose URL is computed for each request, as nginx's proxy_pass with variables: a group of the configuration when
 * the host is the name of one, else whatever the host resolves to. Upstreams that come about so are kept while they are
 * used, and only so many of them, since what is in a URL may come from clients.
 */
import type {
  DynamicUpstreamModel,
  UpstreamModel,
  UpstreamTlsModel,
} from '../../config/upstream-model.ts';
import { type CompiledTemplate, compileTemplate } from '../template.ts';
import type { VariableSource } from '../variables.ts';
import type { Upstream } from './upstream.ts';
import { parseUpstreamUrl, type UpstreamUrl } from './upstream-url.ts';
import type { UpstreamFacts, UpstreamSet } from './upstreams.ts';

/** Each has a name that is looked up again and again, and idle connections. */
const defaultLimit = 1000;

/** An upstream that nobody asked for so long is forgotten, so that its name is looked up no more. */
const forgetMs = 300_000;

export type DynamicTarget = {
  readonly upstream: Upstream;
  /** Path and query of the URL, which then are what is asked for; undefined when it has none. */
  readonly uri: string | undefined;
};

type Entry = { readonly upstream: Upstream; readonly set: UpstreamSet; usedAt: number };

export class DynamicUpstream {
  readonly model: DynamicUpstreamModel;
  readonly #url: CompiledTemplate;
  /** Undefined where a URL has one name. */
  readonly #serverName: CompiledTemplate | undefined;
  readonly #groups: UpstreamSet;
  /** By scheme and name. */
  readonly #grouped = new Map<string, Upstream>();
  readonly #newSet: () => UpstreamSet;
  readonly #limit: number;
  /** By scheme, host and port. The one that was not used for longest comes first. */
  readonly #entries = new Map<string, Entry>();
  #sweep: NodeJS.Timeout | undefined;

  /**
   * @param groups has the groups of the configuration
   * @param newSet for one upstream that will be forgotten some time
   */
  constructor(
    model: DynamicUpstreamModel,
    groups: UpstreamSet,
    newSet: () => UpstreamSet,
    limit = defaultLimit,
  ) {
    this.model = model;
    this.#url = compileTemplate(model.url);
    this.#serverName =
      model.serverName === undefined ? undefined : compileTemplate(model.serverName);
    this.#groups = groups;
    this.#newSet = newSet;
    this.#limit = limit;
    // Their names are looked up and their servers checked before the first request.
    for (const [name, { tls }] of Object.entries(model.groups)) {
      this.#group({ scheme: tls === undefined ? 'http' : 'https', host: name.toLowerCase() });
    }
  }

  /** Where a request goes. Throws `HW_UPSTREAM_URL` when the variables make no URL of an upstream. */
  target(source: VariableSource): DynamicTarget {
    const url = parseUpstreamUrl(this.#url(source));
    // A group has no port of its own, so a URL with one is for a host of that name.
    const group = url.port === undefined ? this.#group(url) : undefined;
    if (this.#serverName === undefined || url.scheme === 'http') {
      return { upstream: group ?? this.#entry(url), uri: url.uri };
    }
    const name = nameOf(this.#serverName(source));
    return { upstream: this.#entry(url, { name, group: group?.model }), uri: url.uri };
  }

  /** Upstreams that have come about so. */
  get size(): number {
    return this.#entries.size;
  }

  /** For metrics and status; the groups are those of the configuration. */
  facts(): readonly UpstreamFacts[] {
    return Array.from(this.#entries.values()).flatMap(({ set }) => set.facts());
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const { set } of this.#entries.values()) set.close();
    this.#entries.clear();
  }

  #group({ scheme, host }: Pick<UpstreamUrl, 'scheme' | 'host'>): Upstream | undefined {
    const key = `${scheme}://${host}`;
    let upstream = this.#grouped.get(key);
    if (upstream === undefined) {
      const { groups, timeouts } = this.model;
      const name = Object.keys(groups).find((group) => group.toLowerCase() === host);
      const group = name === undefined ? undefined : groups[name];
      if (group === undefined) return undefined;
      const { tls = this.#tls(host), ...plain } = { ...group, timeouts };
      upstream = this.#groups.of(scheme === 'http' ? plain : { ...plain, tls });
      this.#grouped.set(key, upstream);
    }
    return upstream;
  }

  #tls(host: string): UpstreamTlsModel {
    return { ...this.model.tls, serverName: this.model.tls.serverName ?? host };
  }

  /** @param named connections to whatever the URL is are apart by their names, so that none is used under another one */
  #entry(
    url: UpstreamUrl,
    named?: { readonly name: string; readonly group: UpstreamModel | undefined },
  ): Upstream {
    const name = `${url.scheme}://${authorityOf(url)}`;
    const key = named === undefined ? name : `${name} ${named.name}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const set = this.#newSet();
      const model = named?.group ?? this.#modelOf(url, name);
      const { tls } = model;
      const isNamed = named !== undefined && tls !== undefined;
      const own = isNamed ? { ...model, tls: { ...tls, serverName: named.name } } : model;
      entry = { upstream: set.of(own), set, usedAt: 0 };
      this.#sweep ??= setInterval(() => this.#forget(), forgetMs / 5).unref();
    } else {
      this.#entries.delete(key);
    }
    this.#entries.set(key, entry);
    entry.usedAt = performance.now();
    if (this.#entries.size > this.#limit) {
      for (const [oldest] of this.#entries) {
        this.#drop(oldest);
        break;
      }
    }
    return entry.upstream;
  }

  #modelOf({ scheme, host, port }: UpstreamUrl, name: string): UpstreamModel {
    const { timeouts, resolver } = this.model;
    const isSocket = host.startsWith('unix:');
    return {
      name,
      servers: [
        isSocket
          ? { kind: 'unix', path: host.slice('unix:'.length) }
          : { kind: 'tcp', host, port: port ?? (scheme === 'https' ? 443 : 80) },
      ],
      authority: isSocket ? 'localhost' : name.slice(`${scheme}://`.length),
      ...(scheme === 'https' ? { tls: this.#tls(isSocket ? 'localhost' : host) } : {}),
      timeouts,
      ...(resolver === undefined ? {} : { resolver }),
    };
  }

  #forget(): void {
    const now = performance.now();
    for (const [key, { usedAt }] of this.#entries) {
      if (now - usedAt > forgetMs) this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#entries.get(key)?.set.close();
    this.#entries.delete(key);
  }
}

/** A port behind it is not part of a name, as in nginx (ngx_http_upstream_ssl_name). */
function nameOf(text: string): string {
  const [, bracketed, bare = text] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(text) ?? [];
  return bracketed ?? bare;
}

/** Host and port, without the port that the scheme means anyway, as in `$proxy_host`. */
function authorityOf({ scheme, host, port }: UpstreamUrl): string {
  const text = host.includes(':') && !host.startsWith('unix:') ? `[${host}]` : host;
  const usual = scheme === 'https' ? 443 : 80;
  return port === undefined || port === usual ? text : `${text}:${port}`;
}
