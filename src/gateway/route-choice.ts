/** Which site and which route a request is for, and what their rules make of it before it goes anywhere. */
import type { RequestHead } from '../http1/head.ts';
import { gatewayError } from './errors.ts';
import { normalisePath } from './path.ts';
import type { RequestState } from './request-state.ts';
import { escapePath } from './request-uri.ts';
import { absoluteLocation, type FixedAnswer } from './rules.ts';
import type { ListenerSites, Route, Site } from './serving.ts';
import { hostOf } from './sites.ts';

/** Changes of the path before it counts as going round in circles: nginx's limit. */
const mostRounds = 10;

/** A request without host, which only HTTP/1.0 can be, is for the site of the empty host, or the default one. */
export function chooseSite(sites: ListenerSites, { host }: RequestHead): Site {
  return sites.find(host === undefined ? '' : hostOf(host));
}

/** The path that rules and routes look at. Throws `HW_METHOD_NOT_ALLOWED` or `HW_BAD_PATH`. */
export function pathOf({ method, target }: RequestHead, mergeSlashes: boolean): string {
  if (method === 'CONNECT' || method === 'TRACE') {
    throw gatewayError('HW_METHOD_NOT_ALLOWED', `${method} is not passed on`);
  }
  // `OPTIONS *` is about the server as a whole.
  const path = target === '*' ? '/' : normalisePath(target, mergeSlashes);
  if (path === undefined) throw gatewayError('HW_BAD_PATH', 'the path leads nowhere');
  return path;
}

/**
 * Runs the site's rules, chooses a route, runs its rules, and again while these change the path. Throws `HW_NO_ROUTE`,
 * `HW_BAD_RULE`.
 *
 * @param isInternal whether the request was let in before, or is shown the page of an error
 */
export function chooseRoute(request: RequestState, isInternal: boolean): Route | FixedAnswer {
  const { site } = request;
  if (!isInternal) {
    const refusal = site.certificateRules?.(request);
    if (typeof refusal === 'object') return refusal;
  }
  request.routeFits = true;
  const first = site.rules?.(request);
  if (typeof first === 'object') return first;
  for (let round = 0; round < mostRounds; round++) {
    const route = site.routes.find(request.path, request);
    if (route === undefined) throw gatewayError('HW_NO_ROUTE', 'no route has the path');
    request.route = route;
    if (route.internal && !isInternal && !request.rewritten) {
      throw gatewayError('HW_NO_ROUTE', 'the route is for requests from inside');
    }
    if (route.slashless === request.path) {
      const { query = '' } = request;
      const path = `${escapePath(request.path)}/`;
      const location = absoluteLocation(request, query === '' ? path : `${path}?${query}`);
      return { status: 301, location };
    }
    const result = route.rules?.(request) ?? 'done';
    if (result === 'done') return route;
    if (result !== 'again') return result;
  }
  throw gatewayError('HW_BAD_RULE', `the rules of site ${site.name} go round in circles`);
}

/** Goes to a named route, whose rules see the path as it is. Throws `HW_NO_ROUTE`, `HW_BAD_RULE`. */
export function chooseNamedRoute(request: RequestState, name: string): Route | FixedAnswer {
  const route = request.site.namedRoutes.get(name);
  if (route === undefined) throw gatewayError('HW_NO_ROUTE', `there is no route ${name}`);
  request.route = route;
  request.routeFits = false;
  const result = route.rules?.(request) ?? 'done';
  if (result === 'done') return route;
  return result === 'again' ? chooseRoute(request, true) : result;
}
