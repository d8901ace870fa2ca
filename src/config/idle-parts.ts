/** Keys that have no effect beside another key of the same mapping, or on the address or in the file that they are said for. */
import { isIPv6 } from 'node:net';
import type { ConfigPath, Finding } from './problem.ts';
import type { ListenConfig } from './schema/listen.ts';
import type { Config, RouteConfig, SiteConfig } from './schema.ts';
import { byAddress, defaultOf, type Served, speaksTls } from './served.ts';
import type { Settings } from './settings.ts';
import { formatListenAddress } from './values/listen-address.ts';

/**
 * @param own what the site or the route says itself
 * @param effective what holds where that counts: for a route there, for a site also on its routes
 */
export function idlePartsOf(
  own: Settings,
  effective: readonly Settings[],
  path: ConfigPath,
): Finding[] {
  return [
    ...ofOrigin(own, effective, path),
    ...ofTunnels(own, effective, path),
    ...ofPages(own, effective, path),
    ...ofAnswer(own, path),
    ...ofAuth(own, path),
    ...ofSticky(own, path),
    ...ofHealth(own, path),
    ...ofUpstreamTls(own, path),
    ...ofKeepAlive(own, path),
  ];
}

/** Of a route only. */
export function idleRouteParts(
  { path: pattern, addSlash, internal }: RouteConfig,
  path: ConfigPath,
): Finding[] {
  const hasSlash =
    pattern.kind !== 'regex' && pattern.named === undefined && pattern.path.endsWith('/');
  return [
    ...when(addSlash === true && !hasSlash, [...path, 'addSlash'], 'the `path` does not end in /'),
    ...when(
      internal === true && pattern.named !== undefined,
      [...path, 'internal'],
      'nobody asks for a route with a name from outside',
    ),
  ];
}

/** Of a site only. */
export function idleSiteParts({ headers }: SiteConfig, path: ConfigPath): Finding[] {
  return (['request', 'response'] as const).flatMap((direction) =>
    when(
      headers?.[direction]?.inherit !== undefined,
      [...path, 'headers', direction, 'inherit'],
      'it is for routes, and this is the site',
    ),
  );
}

function ofOrigin(
  { allowedOrigins }: Settings,
  effective: readonly Settings[],
  path: ConfigPath,
): Finding[] {
  const isTold = effective.every(({ origin }) => typeof origin !== 'string' || origin === 'keep');
  return when(
    allowedOrigins !== undefined && isTold,
    [...path, 'allowedOrigins'],
    'the upstream is told the Origin, and decides; it is for `origin: upstream`',
  );
}

function ofTunnels(
  { tunnel }: Settings,
  effective: readonly Settings[],
  path: ConfigPath,
): Finding[] {
  const hasNone = effective.every(({ upgrade }) => upgrade?.length === 0);
  const isIdle = tunnel !== undefined && hasNone;
  return when(isIdle, [...path, 'tunnel'], 'with `upgrade: []` there are no tunnels');
}

function ofPages(
  { interceptErrors }: Settings,
  effective: readonly Settings[],
  path: ConfigPath,
): Finding[] {
  const hasNone = effective.every(
    ({ errorPages, auth }) =>
      errorPages === undefined && (typeof auth !== 'object' || auth.forward?.signIn === undefined),
  );
  const isIdle = interceptErrors === true && hasNone;
  return when(isIdle, [...path, 'interceptErrors'], 'there are no `errorPages`');
}

/** Answers that end with their head. */
const withoutBody: ReadonlySet<number> = new Set([204, 304, 444]);

function ofAnswer({ answer }: Settings, path: ConfigPath): Finding[] {
  if (answer === undefined) return [];
  const { body, status = 200 } = answer;
  const at = [...path, 'answer'];
  const isBare = withoutBody.has(status);
  return [
    ...when(body !== undefined && isBare, [...at, 'body'], `an answer of ${status} has none`),
    ...(['type', 'types'] as const).flatMap((name) =>
      when(
        answer[name] !== undefined && (body === undefined || isBare),
        [...at, name],
        'there is no `body`',
      ),
    ),
  ];
}

function ofAuth({ auth }: Settings, path: ConfigPath): Finding[] {
  if (typeof auth !== 'object' || auth.satisfy !== 'any') return [];
  const { basic, forward, allow, deny } = auth;
  const kinds = [basic, forward, allow ?? deny].filter((one) => one !== undefined);
  return when(
    kinds.length === 1,
    [...path, 'auth', 'satisfy'],
    'there is only one thing that a request could pass',
  );
}

function ofSticky({ sticky }: Settings, path: ConfigPath): Finding[] {
  if (sticky === undefined || sticky.cookie !== undefined) return [];
  const ofCookie = ['expires', 'path', 'domain', 'httpOnly', 'secure', 'sameSite'] as const;
  return ofCookie.flatMap((name) =>
    when(
      sticky[name] !== undefined,
      [...path, 'sticky', name],
      'it is about the `cookie` of the gateway, and there is none',
    ),
  );
}

function ofHealth({ health }: Settings, path: ConfigPath): Finding[] {
  if (typeof health !== 'object') return [];
  const { kind = 'http' } = health;
  const idle = { http: [], websocket: ['status'], tcp: ['path', 'host', 'status'] } as const;
  return idle[kind].flatMap((name) =>
    when(
      health[name] !== undefined,
      [...path, 'health', name],
      kind === 'tcp' ? 'with `kind: tcp` nothing is asked for' : 'a WebSocket is answered with 101',
    ),
  );
}

function ofUpstreamTls({ upstreamTls: tls }: Settings, path: ConfigPath): Finding[] {
  if (tls?.verify !== false) return [];
  return (['ca', 'crl'] as const).flatMap((name) =>
    when(
      tls[name] !== undefined,
      [...path, 'upstreamTls', name],
      'with `verify: false` nobody looks at the certificate',
      'remove `verify: false`',
    ),
  );
}

function ofKeepAlive({ keepAlive }: Settings, path: ConfigPath): Finding[] {
  if (keepAlive?.connections !== 0) return [];
  return (['idle', 'requests', 'age'] as const).flatMap((name) =>
    when(
      keepAlive[name] !== undefined,
      [...path, 'keepAlive', name],
      'with `connections: 0` none is kept',
    ),
  );
}

/** Of addresses, and of what only the first site of an address can say. */
export function idleOnAddresses(
  served: readonly Served[],
  listen: readonly ListenConfig[],
): Finding[] {
  const places = byAddress(served);
  const mentions = [
    ...listen.map((address, index) => ({ address, path: ['listen', index] as ConfigPath })),
    ...served.flatMap(({ listen: own, ownListen, path }) =>
      ownListen ? own.map((address, index) => ({ address, path: [...path, 'listen', index] })) : [],
    ),
  ];
  const defaults = new Set(places.map((place) => defaultOf(place).path));
  const isPlain = (address: ListenConfig) =>
    places.some((place) => nameOf(place.address) === nameOf(address) && !speaksTls(place));
  return [
    ...mentions.flatMap(({ address, path }) => [
      ...when(
        address.http2 === true && isPlain(address),
        [...path, 'http2'],
        `browsers speak HTTP/2 over TLS only, and there is none on ${nameOf(address)}`,
      ),
      ...when(
        address.ipv6Only !== undefined && !(address.kind === 'tcp' && isIPv6(address.host)),
        [...path, 'ipv6Only'],
        `${nameOf(address)} is no IPv6 address`,
      ),
    ]),
    ...served.flatMap(({ site, path }) => {
      const isFirst = defaults.has(path);
      return (['headSize', 'headTimeout'] as const).flatMap((name) =>
        when(
          site?.limits?.[name] !== undefined && !isFirst,
          [...path, 'limits', name],
          'a head is read before it is known which site it is for, so that those of the default site of the address hold',
          'write it there, or in the `limits` of the file',
        ),
      );
    }),
  ];
}

function nameOf(address: ListenConfig | Served['listen'][number]): string {
  return formatListenAddress(address);
}

/** What the file says for everything, or gives a name to, and nothing of it uses. */
export function idleInFile(
  top: Omit<Config, 'sites'>,
  served: readonly Served[],
  levels: readonly Settings[],
): Finding[] {
  const { console: terminal, limits, upstreams = {}, listen, publicUrl } = top;
  const off = 'the console is off';
  const ofConsole = (['host', 'listen', 'cert', 'key', 'passphrases'] as const).flatMap((name) =>
    when(!terminal.enabled && terminal[name] !== undefined, ['console', name], off),
  );
  const zones = new Set(
    levels.flatMap(({ limits: said }) =>
      [said?.requests, said?.connections].flatMap((one) =>
        one === undefined || one === 'off' ? [] : one.limits.map(({ zone }) => zone),
      ),
    ),
  );
  const targets = levels.flatMap(({ to = [] }) => to.map(({ url }) => url));
  const hosts = new Set(targets.map(({ host }) => host));
  const anyHost = targets.some(({ computed }) => computed !== undefined);
  return [
    ...ofConsole,
    ...when(publicUrl !== undefined && !terminal.enabled, ['publicUrl'], off),
    ...when(
      listen !== undefined && served.every(({ ownListen }) => ownListen),
      ['listen'],
      'everything has its own',
    ),
    ...Object.keys(limits.zones ?? {}).flatMap((name) =>
      when(!zones.has(name), ['limits', 'zones', name], 'no `limits` of a site or a route name it'),
    ),
    ...Object.keys(upstreams).flatMap((name) =>
      when(
        !hosts.has(name) && !anyHost,
        ['upstreams', name],
        `nothing goes to \`http://${name}\``,
        'is it written otherwise in a `to`? Else remove it',
      ),
    ),
    ...when(
      top.types !== undefined && !levels.some(({ files }) => files !== undefined),
      ['types'],
      'no `files` are served',
    ),
  ];
}

function when(isIdle: boolean, path: ConfigPath, reason: string, hint = 'remove it'): Finding[] {
  if (!isIdle) return [];
  const name = String(path.at(-1));
  return [{ path, at: 'key', message: `\`${name}\` has no effect: ${reason}`, hint }];
}
