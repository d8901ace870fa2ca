/**
 * The end of an exchange whose upstream has changed the protocol: whether its 101 is one, and the tunnel that begins then. From
 * there on the request is forgotten but for what the notes of the tunnel keep.
 */
import type { ResponseHead } from '../http1/head.ts';
import { headChanges } from './answer-head.ts';
import type { Exchange } from './exchange.ts';
import { clientHead } from './headers.ts';
import type { Route } from './serving.ts';
import { TunnelNotes } from './tunnel-notes.ts';
import { openTunnel } from './tunnel-start.ts';
import { refusalOf, type Upgrade } from './upgrade.ts';
import type { UpstreamConnection } from './upstream/connection.ts';
import type { BusyServer } from './upstream/selection.ts';

/** What a changed protocol is spoken with. */
export type SwitchedUpstream = {
  readonly connection: UpstreamConnection;
  readonly response: ResponseHead;
  /** What came behind the 101. */
  readonly rest: Buffer;
  /** Busy until the tunnel ends. */
  readonly server: BusyServer | undefined;
};

/** Why this 101 changes nothing; undefined when it is the one that was asked for. */
export function refusalOfSwitch(
  { upgrade, isBodyDone }: Exchange,
  response: ResponseHead,
): string | undefined {
  if (upgrade === undefined) return 'nobody asked for it';
  return isBodyDone ? refusalOf(upgrade, response) : 'the request was not complete';
}

/** Passes a 101 on that was not refused. */
export function beginTunnel(exchange: Exchange, route: Route, to: SwitchedUpstream): void {
  const { client, request, site } = exchange;
  const { connection, response, rest, server } = to;
  const { token } = exchange.upgrade as Upgrade;
  const changes = headChanges(request, route, response, exchange.ownLines, exchange.pageStatus);
  const head = clientHead(response, {
    framing: 'as-announced',
    keepAlive: true,
    http10: false,
    changes,
  });
  exchange.becomeTunnel();
  request.answer.status = 101;
  openTunnel(client, connection, {
    head,
    fromUpstream: rest,
    token,
    limits: route.tunnel,
    server,
    notes: new TunnelNotes({
      request,
      token,
      accessLog: route.accessLog,
      limits: request.knownLimits,
      totals: site.totals,
      log: client.serving.log,
    }),
  });
}
