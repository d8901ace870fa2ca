/**
 * The page's addresses: `/` is the list, `/x/<target>/<workload>?cmd=&user=` opens a shell, `?session=` returns to one
 * that runs. A workload may itself have slashes (`/x/nomad/job/group/task`). Knows nothing of what they lead to.
 */

export type DeepLink = {
  target: string;
  workload: string;
  /** A command line as `command-line.ts` reads it; absent: the target's choice of shell. */
  cmd?: string;
  user?: string;
  /** Id of a session to return to instead of opening one. */
  session?: string;
};

export type Route =
  | { page: 'list' }
  | { page: 'terminal'; link: DeepLink }
  | { page: 'unknown'; path: string };

/** What an address of this origin means. */
export function parseRoute(url: URL): Route {
  if (url.pathname === '/') return { page: 'list' };
  const unknown: Route = { page: 'unknown', path: url.pathname };
  const [root, ...parts] = url.pathname.split('/').filter((part) => part !== '');
  if (root !== 'x') return unknown;
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return unknown;
  }
  const [target, ...workload] = decoded;
  if (target === undefined || workload.length === 0) return unknown;
  const link: DeepLink = { target, workload: workload.join('/') };
  for (const name of ['cmd', 'user', 'session'] as const) {
    const value = url.searchParams.get(name);
    if (value !== null && value !== '') link[name] = value;
  }
  return { page: 'terminal', link };
}

/** The address, from the path on, that `parseRoute` reads as this link. */
export function formatDeepLink(link: DeepLink): string {
  const path = [link.target, ...link.workload.split('/')].map(encodeURIComponent).join('/');
  const query = new URLSearchParams();
  for (const name of ['user', 'cmd', 'session'] as const) {
    const value = link[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return query.size === 0 ? `/x/${path}` : `/x/${path}?${query}`;
}
