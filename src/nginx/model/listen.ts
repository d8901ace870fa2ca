/** The `listen` directive: where a server is reached, and how (src/http/ngx_http_core_module.c, ngx_http_core_listen). */
import { isIPv4, isIPv6 } from 'node:net';
import { type Problem, problemAt } from '../errors.ts';
import type { Setting } from '../level.ts';
import { type Directive, placeOfWord, type Word } from '../tree.ts';
import { parseNumber, parseSize } from '../units.ts';

export type ListenAddress =
  /**
   * `host` is an address without brackets, or a name that nginx resolves when it starts; every address is `0.0.0.0` or `::`.
   * A range of ports ends at `lastPort`, which else is `port`.
   */
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly lastPort: number;
    }
  | { readonly kind: 'unix'; readonly path: string };

export type Listen = {
  /** Undefined for the address that a server without `listen` has. */
  readonly setting: Setting | undefined;
  readonly address: ListenAddress;
  readonly isDefaultServer: boolean;
  readonly hasTls: boolean;
  readonly hasHttp2: boolean;
  readonly hasQuic: boolean;
  readonly hasProxyProtocol: boolean;
  /** All parameters by name; '' for those without a value. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** A server without `listen`, when nginx runs as root; else it is port 8000. */
export const implicitListen: Listen = {
  setting: undefined,
  address: { kind: 'tcp', host: '0.0.0.0', port: 80, lastPort: 80 },
  isDefaultServer: false,
  hasTls: false,
  hasHttp2: false,
  hasQuic: false,
  hasProxyProtocol: false,
  parameters: new Map(),
};

const switches: ReadonlySet<string> = new Set([
  'bind',
  'default',
  'default_server',
  'deferred',
  'http2',
  'multipath',
  'proxy_protocol',
  'quic',
  'reuseport',
  'spdy',
  'ssl',
]);

const valued: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['accept_filter', () => true],
  ['backlog', isCount],
  ['fastopen', isCount],
  ['ipv6only', (value) => value === 'on' || value === 'off'],
  ['rcvbuf', (value) => parseSize(value) !== undefined],
  ['setfib', isCount],
  ['sndbuf', (value) => parseSize(value) !== undefined],
  ['so_keepalive', (value) => /^(?:on|off|[^:]*:[^:]*:[^:]*)$/.test(value)],
]);

function isCount(value: string): boolean {
  return parseNumber(value.replace(/^-/, '')) !== undefined;
}

/** A problem when nginx would refuse it. */
export function parseListen(setting: Setting): Listen | Problem {
  const { directive } = setting;
  const [addressWord, ...rest] = directive.args as readonly [Word, ...Word[]];
  const address = parseAddress(addressWord.value);
  if (address === undefined) {
    return refuse(directive, addressWord, `"${addressWord.value}" is no address to listen on`);
  }
  const parameters = new Map<string, string>();
  for (const word of rest) {
    const objection = objectionTo(word.value);
    if (objection !== undefined) return refuse(directive, word, objection);
    const [name, value = ''] = word.value.split(/=(.*)/s) as [string, string?];
    parameters.set(name, value);
  }
  return {
    setting,
    address,
    isDefaultServer: parameters.has('default_server') || parameters.has('default'),
    hasTls: parameters.has('ssl'),
    hasHttp2: parameters.has('http2'),
    hasQuic: parameters.has('quic'),
    hasProxyProtocol: parameters.has('proxy_protocol'),
    parameters,
  };
}

/** `80`, `*:80`, `127.0.0.1`, `name:80`, `[::1]:80`, `80-90`, `unix:/path`. */
function parseAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const ports = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)(?:-(\d+))?$/.exec(text);
  // Four numbers with dots are an address without a port, and not a port.
  const [, before, first, last] = ports ?? [];
  const host = hostOf(ports === null ? text : (before ?? '*'));
  const port = first === undefined ? 80 : Number(first);
  const lastPort = last === undefined ? port : Number(last);
  if (host === undefined || port < 1 || lastPort > 65_535 || lastPort < port) return undefined;
  return { kind: 'tcp', host, port, lastPort };
}

function hostOf(text: string): string | undefined {
  if (text === '*') return '0.0.0.0';
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1);
    return text.endsWith(']') && isIPv6(inner) ? inner : undefined;
  }
  if (/^[\d.]+$/.test(text)) return isIPv4(text) ? text : undefined;
  return /^[^\s:/[\]]+$/.test(text) ? text : undefined;
}

/** As it would be written behind `listen`. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  const range = address.lastPort === address.port ? '' : `-${address.lastPort}`;
  return `${host}:${address.port}${range}`;
}

function objectionTo(parameter: string): string | undefined {
  if (switches.has(parameter)) return undefined;
  const [name, value] = parameter.split(/=(.*)/s) as [string, string?];
  const isValid = valued.get(name);
  if (isValid === undefined || value === undefined) return `invalid parameter "${parameter}"`;
  return isValid(value) ? undefined : `invalid value of the parameter "${parameter}"`;
}

function refuse(directive: Directive, word: Word, message: string): Problem {
  return problemAt('HW_NGINX_VALUE', placeOfWord(directive, word), message);
}
