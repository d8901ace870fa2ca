/** The `upstream` block: servers, and how one of them is chosen (src/http/ngx_http_upstream.c and its balancer modules). */
import { type Problem, problemAt } from '../errors.ts';
import { type Level, type Setting, settingsNamed } from '../level.ts';
import { type Directive, placeOfWord, type Word } from '../tree.ts';
import { parseNumber, parseTime } from '../units.ts';

export type UpstreamServer = {
  readonly setting: Setting;
  readonly address:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string };
  /** Default 1. */
  readonly weight: number;
  /** 0 is no limit. */
  readonly maxConnections: number;
  /** Default 1; 0 counts none. */
  readonly maxFails: number;
  /** Default 10 s. */
  readonly failTimeoutMs: number;
  readonly isBackup: boolean;
  readonly isDown: boolean;
  /** Its name is resolved again and again. */
  readonly resolves: boolean;
  /** For `sticky route`. */
  readonly route: string | undefined;
};

export type UpstreamMethod =
  | 'round-robin'
  | 'ip_hash'
  | 'least_conn'
  | 'least_time'
  | 'random'
  | 'hash';

export type Upstream = {
  readonly level: Level;
  readonly setting: Setting;
  readonly name: string;
  readonly servers: readonly UpstreamServer[];
  readonly method: UpstreamMethod;
  /** The directive that says so; undefined for round robin. */
  readonly methodSetting: Setting | undefined;
};

/** Methods that have no use for spare servers, and refuse them when they stand before them. */
const withoutBackup: ReadonlySet<string> = new Set(['hash', 'ip_hash', 'random']);

export function parseUpstream(level: Level): { upstream: Upstream; problems: Problem[] } {
  const setting = level.opening as Setting;
  const [nameWord] = setting.directive.args as readonly [Word];
  const problems: Problem[] = [];
  const servers: UpstreamServer[] = [];
  let methodSetting: Setting | undefined;
  for (const entry of level.settings) {
    const { name } = entry.directive;
    if (/^(?:hash|ip_hash|least_conn|least_time|random)$/.test(name)) methodSetting = entry;
    if (name !== 'server' || entry.directive.args.length === 0) continue;
    const server = parseServer(entry, methodSetting?.directive.name);
    if ('code' in server) problems.push(server);
    else servers.push(server);
  }
  if (settingsNamed(level, 'server').length === 0) {
    const message = `no servers are inside upstream "${nameWord.value}"`;
    problems.push(problemAt('HW_NGINX_VALUE', setting.directive, message));
  }
  const method = (methodSetting?.directive.name ?? 'round-robin') as UpstreamMethod;
  return {
    upstream: { level, setting, name: nameWord.value, servers, method, methodSetting },
    problems,
  };
}

function parseServer(setting: Setting, method: string | undefined): UpstreamServer | Problem {
  const { directive } = setting;
  const [addressWord, ...rest] = directive.args as readonly [Word, ...Word[]];
  const address = parseAddress(addressWord.value);
  if (address === undefined) {
    return refuse(directive, addressWord, `"${addressWord.value}" is no server address`);
  }
  const parameters = new Map<string, string>();
  for (const word of rest) {
    const [name, value = ''] = word.value.split(/=(.*)/s) as [string, string?];
    const isValid = parameterRules.get(name);
    if (isValid === undefined || !isValid(value, word.value.includes('='))) {
      return refuse(directive, word, `invalid parameter "${word.value}"`);
    }
    if (name === 'backup' && method !== undefined && withoutBackup.has(method)) {
      return refuse(directive, word, `balancing method "${method}" does not support "backup"`);
    }
    parameters.set(name, value);
  }
  const number = (name: string, otherwise: number) => Number(parameters.get(name) ?? otherwise);
  return {
    setting,
    address,
    weight: number('weight', 1),
    maxConnections: number('max_conns', 0),
    maxFails: number('max_fails', 1),
    failTimeoutMs: parseTime(parameters.get('fail_timeout') ?? '10s', 's') as number,
    isBackup: parameters.has('backup'),
    isDown: parameters.has('down'),
    resolves: parameters.has('resolve'),
    route: parameters.get('route'),
  };
}

type ParameterRule = (value: string, hasValue: boolean) => boolean;
const isSwitch: ParameterRule = (_, hasValue) => !hasValue;
const isNumber: ParameterRule = (value) => parseNumber(value) !== undefined;
const isText: ParameterRule = (value) => value !== '';

const parameterRules: ReadonlyMap<string, ParameterRule> = new Map([
  ['backup', isSwitch],
  ['down', isSwitch],
  ['drain', isSwitch],
  ['fail_timeout', (value) => parseTime(value, 's') !== undefined],
  ['max_conns', isNumber],
  ['max_fails', isNumber],
  ['resolve', isSwitch],
  ['route', isText],
  ['service', isText],
  ['slow_start', (value) => parseTime(value) !== undefined],
  ['weight', (value) => Number(parseNumber(value)) > 0],
]);

/** `host`, `host:port`, `[::1]:port`, `unix:/path`; port 80 unless said. */
function parseAddress(text: string): UpstreamServer['address'] | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const match = /^(\[[^\]]+\]|[^:/[\]]+)(?::(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, host, digits] = match as unknown as [string, string, string?];
  const port = Number(digits ?? 80);
  return port < 1 || port > 65_535 ? undefined : { kind: 'tcp', host, port };
}

function refuse(directive: Directive, word: Word, message: string): Problem {
  return problemAt('HW_NGINX_VALUE', placeOfWord(directive, word), message);
}
