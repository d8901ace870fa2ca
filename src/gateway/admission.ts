/**
 * Whether a request may go where its route leads: limits, where it may have to wait for its turn, and access, which may have to
 * be looked up. Most requests pass both without a wait, and then nothing is allocated for it.
 */
import { checkedFieldLine } from '../http1/head-writer.ts';
import type { Access } from './access/access.ts';
import type { Verdict } from './access/verdict.ts';
import { never } from './deadlines.ts';
import type { Exchange } from './exchange.ts';
import { noteLimit } from './exchange-notes.ts';
import type { NoteLimit, RouteLimits } from './rate/route-limits.ts';
import type { Route } from './serving.ts';
import { subrequest } from './subrequest.ts';

/**
 * Sends the request to the route's upstream, now or later. Throws what refuses it; once it has had to wait, the exchange fails by
 * that instead.
 */
export function admit(exchange: Exchange, route: Route): void {
  if (route.limits === undefined) askAccess(exchange, route);
  else count(exchange, route, route.limits);
}

function count(exchange: Exchange, route: Route, limits: RouteLimits): void {
  const { request, client } = exchange;
  const note: NoteLimit = (level, message) => noteLimit(exchange, level, message);
  const goOn = () => {
    limits.hold(request, note);
    askAccess(exchange, route);
  };
  const delayMs = limits.delayOf(request, note);
  if (delayMs === 0) {
    goOn();
    return;
  }
  client.deadline = never;
  exchange.turn = setTimeout(() => {
    try {
      goOn();
    } catch (error) {
      exchange.fail(error);
    }
  }, delayMs);
}

function askAccess(exchange: Exchange, route: Route): void {
  if (route.access === undefined) exchange.proxy(route);
  else checkAccess(exchange, route, route.access);
}

function checkAccess(exchange: Exchange, route: Route, access: Access): void {
  const { request, client, head } = exchange;
  const verdict = access.check({
    remoteAddress: request.remoteAddress,
    fields: head.fields,
    source: request,
    subrequest: (uri) => subrequest(exchange, uri),
  });
  if (!(verdict instanceof Promise)) {
    obey(verdict, exchange, route);
    return;
  }
  client.deadline = never;
  verdict.then(
    (late) => obeyLater(late, exchange, route),
    (error: unknown) => exchange.fail(error),
  );
}

/** Goes on, or refuses. */
function obey(verdict: Verdict, exchange: Exchange, route: Route): void {
  const { request } = exchange;
  for (const { variable, value } of verdict.variables) request.set(variable, value);
  if (!verdict.allowed) {
    for (const [name, value] of verdict.fields) exchange.ownLines += checkedFieldLine(name, value);
    throw verdict.error;
  }
  request.user = verdict.user;
  exchange.proxy(route);
}

/** The client may have gone while its request was looked at. */
function obeyLater(verdict: Verdict, exchange: Exchange, route: Route): void {
  if (exchange.isOver) return;
  try {
    obey(verdict, exchange, route);
  } catch (error) {
    exchange.fail(error);
  }
}
