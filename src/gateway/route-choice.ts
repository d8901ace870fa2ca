/** Which site and which route a request is for. */
import type { RequestHead } from '../http1/head.ts';
import { gatewayError } from './errors.ts';
import { normalisePath } from './path.ts';
import type { ListenerSites, Route, Site } from './serving.ts';
import { hostOf } from './sites.ts';

/** A request without host, which only HTTP/1.0 can be, is for the site of the empty host, or the default one. */
export function chooseSite(sites: ListenerSites, { host }: RequestHead): Site {
  return sites.find(host === undefined ? '' : hostOf(host));
}

/** Throws `HW_METHOD_NOT_ALLOWED`, `HW_BAD_PATH` or `HW_NO_ROUTE`. */
export function chooseRoute(site: Site, { method, target }: RequestHead): Route {
  if (method === 'CONNECT' || method === 'TRACE') {
    throw gatewayError('HW_METHOD_NOT_ALLOWED', `${method} is not passed on`);
  }
  // `OPTIONS *` is about the server as a whole.
  const path = target === '*' ? '/' : normalisePath(target);
  if (path === undefined) throw gatewayError('HW_BAD_PATH', 'the path leads nowhere');
  const route = site.routes.find(path);
  if (route === undefined) throw gatewayError('HW_NO_ROUTE', 'no route has the path');
  return route;
}
