/**
 * Who the client is when proxies stand in front: their word is taken only if the socket's peer is one of them. The
 * address as nginx finds it (ngx_http_realip_module, ngx_http_get_forwarded_addr), and what else a proxy says of the
 * client's own connection. Knows no sockets; a site without trusted proxies never comes here.
 */
import type { TrustModel } from '../../config/model.ts';
import { type Fields, trimOws } from '../../http1/fields.ts';
import { isHostText } from '../../http1/host.ts';
import type { ProxyProtocolFacts } from '../accepted-socket.ts';
import { type ForwardedElement, parseForwarded } from './forwarded-field.ts';
import { type IpAddress, ipText, parseIp } from './ip-address.ts';
import { NetworkSet, type PeerAddress, peerAddress } from './networks.ts';

/** The socket's other end; an `AcceptedSocket` is one. */
export type Peer = {
  readonly remoteAddress: string;
  readonly remotePort?: number | undefined;
  readonly proxyProtocol?: ProxyProtocolFacts | undefined;
};

/** What trusted proxies say. Undefined where they say nothing of it. */
export type ClientAddress = {
  readonly address: string;
  /** Of the client's own connection. */
  readonly port: number | undefined;
  /** Whether the client's own connection is encrypted. */
  readonly secure?: boolean | undefined;
  /** The host, maybe with a port, that the client asked for. */
  readonly host?: string | undefined;
  /** The port that the client connected to. */
  readonly hostPort?: number | undefined;
};

/** An address found in a header. */
type Found = {
  readonly address: PeerAddress;
  readonly text: string;
  readonly port: number | undefined;
};

/** The last found address, and how many proxies have added an entry since the client. */
type Walk = { readonly found: Found | undefined; readonly hops: number };

const comma = 0x2c;
const space = 0x20;

export class TrustedProxies {
  readonly #from: NetworkSet;
  readonly #header: string;
  readonly #recursive: boolean;
  readonly #forwarded: boolean;

  /** Throws `HW_NETWORK`. */
  constructor(model: TrustModel) {
    this.#from = new NetworkSet(model.from);
    this.#header = model.header ?? 'x-forwarded-for';
    this.#recursive = model.recursive ?? true;
    this.#forwarded = model.forwarded ?? false;
  }

  /**
   * Whether the fields of a request are those proxies' work: one that only writes a PROXY protocol header passes on whatever
   * the client made up.
   */
  get passesFields(): boolean {
    return this.#header !== 'proxy_protocol' || this.#forwarded;
  }

  /** Whether a peer may speak for others. */
  trusts(remoteAddress: string): boolean {
    const peer = peerAddress(remoteAddress);
    return peer !== undefined && this.#from.has(peer);
  }

  /** Whose connection it is, whatever requests on it say; undefined when it is a trusted proxy's, which speaks for many clients. */
  connectionAddress(peer: Peer): string | undefined {
    if (!this.trusts(peer.remoteAddress)) return peer.remoteAddress;
    return this.#header === 'proxy_protocol' ? peer.proxyProtocol?.sourceAddress : undefined;
  }

  /** Undefined when the peer is the client, as far as anybody may say. */
  clientOf(peer: Peer, fields: Fields): ClientAddress | undefined {
    if (!this.trusts(peer.remoteAddress)) return undefined;
    const elements =
      this.#header === 'forwarded' ? parseForwarded(fields.all('forwarded')) : undefined;
    const { found, hops } = this.#walk(peer, fields, elements);
    const client = {
      address: found?.text ?? peer.remoteAddress,
      port: found === undefined ? peer.remotePort : found.port,
    };
    if (this.#forwarded) return { ...client, ...this.#connectionFacts(fields, elements, hops) };
    return found === undefined ? undefined : client;
  }

  #walk(peer: Peer, fields: Fields, elements: readonly ForwardedElement[] | undefined): Walk {
    switch (this.#header) {
      case 'proxy_protocol':
        return { found: fromProxyProtocol(peer.proxyProtocol), hops: 0 };
      case 'forwarded':
        return this.#walkBack(nodesFromEnd(elements ?? []), parseNode);
      case 'x-forwarded-for':
        return this.#walkBack(entriesFromEnd(fields.all('x-forwarded-for')), parseEntry);
      default:
        // Of any other field nginx looks at the first one only.
        return this.#walkBack(entriesFromEnd(fields.all(this.#header).slice(0, 1)), parseEntry);
    }
  }

  /** Looks at entries, the nearest proxy's first, as long as the one that wrote them is trusted. */
  #walkBack(entries: Iterable<string>, parse: (entry: string) => Found | undefined): Walk {
    let found: Found | undefined;
    let hops = 0;
    for (const entry of entries) {
      const next = parse(entry);
      if (next === undefined) break;
      found = next;
      hops++;
      if (!this.#recursive || !this.#from.has(found.address)) break;
    }
    return { found, hops };
  }

  /** One of the two families of fields counts, so that a proxy that writes one is not overruled by a client that writes the other. */
  #connectionFacts(
    fields: Fields,
    elements: readonly ForwardedElement[] | undefined,
    hops: number,
  ): Pick<ClientAddress, 'secure' | 'host' | 'hostPort'> {
    const protos = listOf(fields, 'x-forwarded-proto');
    const hosts = listOf(fields, 'x-forwarded-host');
    const ports = listOf(fields, 'x-forwarded-port');
    if (this.#header !== 'forwarded' && protos.length + hosts.length + ports.length > 0) {
      return factsOf(byHops(protos, hops), byHops(hosts, hops), byHops(ports, hops));
    }
    const all = elements ?? parseForwarded(fields.all('forwarded')) ?? [];
    const element = byHops(all, hops);
    return factsOf(element?.proto, element?.host, undefined);
  }
}

/** The comma-separated entries of all fields, from the last one on; found as nginx finds them, so `,192.0.2.1` is one. */
function* entriesFromEnd(values: readonly string[]): Generator<string> {
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i] as string;
    let end = value.length;
    for (;;) {
      while (end > 1 && isSeparator(value, end - 1)) end--;
      let start = end - 1;
      while (start > 0 && !isSeparator(value, start)) start--;
      if (start <= 0) {
        yield value.slice(0, end);
        break;
      }
      yield value.slice(start + 1, end);
      end = start;
    }
  }
}

function isSeparator(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  return code === comma || code === space;
}

function* nodesFromEnd(elements: readonly ForwardedElement[]): Generator<string> {
  for (let i = elements.length - 1; i >= 0; i--) yield elements[i]?.for ?? '';
}

/** nginx's ngx_parse_addr_port: an address, `192.0.2.1:80` or `[::1]:80`; brackets without a port are none. */
function parseEntry(entry: string): Found | undefined {
  const address = parseIp(entry);
  if (address !== undefined) return foundIp(address, undefined);
  const bracketed = entry.startsWith('[');
  const end = bracketed ? entry.indexOf(']:') : entry.indexOf(':');
  if (end === -1) return undefined;
  const port = portOf(entry.slice(end + (bracketed ? 2 : 1)));
  const bare = parseIp(entry.slice(bracketed ? 1 : 0, end));
  return port === undefined || bare === undefined ? undefined : foundIp(bare, port);
}

/** RFC 7239, 6: brackets around IPv6 with or without a port. `unknown` and `_hidden` say that nobody knows. */
function parseNode(node: string): Found | undefined {
  return node.startsWith('[') && node.endsWith(']')
    ? parseEntry(node.slice(1, -1))
    : parseEntry(node);
}

function foundIp(address: IpAddress, port: number | undefined): Found {
  return { address, text: ipText(address), port };
}

function fromProxyProtocol(facts: ProxyProtocolFacts | undefined): Found | undefined {
  const text = facts?.sourceAddress;
  const address = text === undefined ? undefined : peerAddress(text);
  if (text === undefined || address === undefined) return undefined;
  return { address, text, port: facts?.sourcePort };
}

function listOf(fields: Fields, name: string): readonly string[] {
  const values = fields.all(name);
  return values.length === 0 ? values : values.join(',').split(',').map(trimOws);
}

/** What the proxy nearest to the client wrote; proxies that replace the field instead of adding to it leave fewer. */
function byHops<Entry>(entries: readonly Entry[], hops: number): Entry | undefined {
  return entries[Math.max(0, entries.length - Math.max(1, hops))];
}

function factsOf(
  proto: string | undefined,
  host: string | undefined,
  port: string | undefined,
): Pick<ClientAddress, 'secure' | 'host' | 'hostPort'> {
  const known = host !== undefined && host !== '' && isHostText(host) ? host : undefined;
  return {
    secure: secureOf(proto),
    host: known,
    hostPort: portOf(port) ?? portOf(/:(\d+)$/.exec(known ?? '')?.[1]),
  };
}

function secureOf(proto: string | undefined): boolean | undefined {
  switch (proto?.toLowerCase()) {
    case 'https':
    case 'wss':
      return true;
    case 'http':
    case 'ws':
      return false;
    default:
      return undefined;
  }
}

/** 1 to 65535. */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
