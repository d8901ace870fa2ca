/** What all routes of a site have alike is written once, on the site. */
import type { RouteInput } from './route-keys.ts';
import type { SiteInput, Written } from './site-keys.ts';

/** Of servers: a route that answers by itself has no use for them, and does not mind them. */
const aboutServers = [
  'upstreamTls',
  'timeouts',
  'balance',
  'sticky',
  'keepAlive',
  'retry',
  'origin',
  'maxBody',
  'auth',
] as const;

const aboutAll = ['accessLog', 'errorPages', 'interceptErrors'] as const;

export function hoisted(written: readonly Written[]): {
  readonly site: Partial<SiteInput>;
  readonly routes: readonly Written[];
} {
  const inputs = written.map(({ input }) => input);
  const asking = inputs.filter(({ to }) => to !== undefined);
  const shared = [
    ...aboutServers.filter((name) => isAlike(asking, name)),
    ...aboutAll.filter((name) => isAlike(inputs, name)),
  ];
  const request = asking[0]?.headers?.request;
  const response = inputs[0]?.headers?.response;
  const headers = {
    ...(areAlike(asking.map((input) => input.headers?.request)) ? { request } : {}),
    ...(areAlike(inputs.map((input) => input.headers?.response)) ? { response } : {}),
  };
  const site: Record<string, unknown> = {};
  for (const name of shared) {
    site[name] = asking.concat(inputs).find((input) => input[name] !== undefined)?.[name];
  }
  if (Object.keys(headers).length > 0) site.headers = headers;
  const routes = written.map(({ input, level }) => ({
    input: withoutFields(without(input, shared), Object.keys(headers)),
    level,
  }));
  const root = routes.find(({ input }) => input.path === '/');
  const alone = routes.length === 1;
  // What stands on the site holds for all its routes; one of everything may only have `to` to give it.
  const isBare = Object.keys(root?.input ?? {}).every((key) => key === 'path' || key === 'to');
  if (root === undefined || !(alone || isBare)) return { site, routes };
  const { path: _path, ...rest } = root.input;
  return { site: { ...rest, ...site }, routes: routes.filter((route) => route !== root) };
}

function isAlike(inputs: readonly RouteInput[], name: keyof RouteInput): boolean {
  return areAlike(inputs.map((input) => input[name]));
}

/** Whether all are there, and the same. */
function areAlike(values: readonly unknown[]): boolean {
  const [first, ...others] = values.map((value) => JSON.stringify(value));
  return first !== undefined && others.every((other) => other === first);
}

function without(input: RouteInput, names: readonly string[]): RouteInput {
  const rest = Object.entries(input).filter(([name]) => !names.includes(name));
  return Object.fromEntries(rest) as RouteInput;
}

/** Without one or both kinds of header fields. */
function withoutFields(input: RouteInput, kinds: readonly string[]): RouteInput {
  const { headers, ...rest } = input;
  if (headers === undefined) return input;
  const left = Object.entries(headers).filter(([kind]) => !kinds.includes(kind));
  return left.length === 0 ? rest : { ...rest, headers: Object.fromEntries(left) };
}
