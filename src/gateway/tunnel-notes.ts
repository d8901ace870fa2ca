/**
 * What is said and counted of a tunnel: when it opens, and when it has ended who ended it, how, after how long, and
 * how many bytes went each way. Kept in place of the request as long as the tunnel lasts: some strings.
 *
 * `combined` and templates have one line for a tunnel, at its end, that has room for none of this, as in nginx; the
 * log has it then. The access log in JSON has all of it itself.
 */
import { type Log, redactUrl } from '../base/log.ts';
import type { LoggedRequest, LoggedTunnelEnd } from './access-entry.ts';
import type { AccessLog, OpenTunnelLog } from './access-log.ts';
import { ownText } from './access-log-format.ts';
import type { SiteTotals } from './admin/totals.ts';
import type { LimitRecord } from './rate/limit-record.ts';

export type TunnelNotesOptions = {
  readonly request: LoggedRequest;
  /** What was changed to, in lower case. */
  readonly token: string;
  /** Of the route. */
  readonly accessLog: AccessLog | undefined;
  /** What its place among the requests under way is given back to, when there are limits. */
  readonly limits?: LimitRecord | undefined;
  readonly totals: SiteTotals;
  readonly log: Log;
};

export class TunnelNotes {
  readonly #accessLog: OpenTunnelLog | undefined;
  readonly #limits: LimitRecord | undefined;
  readonly #totals: SiteTotals;
  /** Undefined when the access log says everything. */
  readonly #log: Log | undefined;
  /** Under which the log has its other lines. */
  readonly requestId: string;
  readonly #startedAt: number;

  /** The tunnel opens. */
  constructor({ request, token, accessLog, limits, totals, log }: TunnelNotesOptions) {
    const { requestId, startedAt } = request;
    this.#accessLog = accessLog?.openTunnel(request);
    this.#limits = limits;
    this.#totals = totals;
    this.#log = accessLog?.tellsTunnels === true ? undefined : log;
    this.requestId = ownText(requestId);
    this.#startedAt = startedAt;
    totals.tunnelOpened();
    this.#log?.info({ ...factsOf(request), upgrade: token }, 'tunnel opened');
  }

  /** To be called once, when both sides are gone. */
  end(end: LoggedTunnelEnd): void {
    const { bytesToClient, bytesToUpstream, endedBy, how, closeCode } = end;
    const durationMs = Math.max(0, Date.now() - this.#startedAt);
    this.#limits?.release();
    this.#accessLog?.write(end);
    this.#totals.tunnelEnded(endedBy, durationMs, bytesToClient, bytesToUpstream);
    const facts = {
      requestId: this.requestId,
      endedBy,
      how,
      ...(closeCode === undefined ? {} : { closeCode }),
      durationMs,
      bytesToClient,
      bytesToUpstream,
    };
    const seconds = (durationMs / 1000).toFixed(1);
    this.#log?.info(facts, `tunnel ended by the ${endedBy} after ${seconds} s: ${how}`);
  }
}

function factsOf({ requestId, remoteAddress, site, head, answer }: LoggedRequest): object {
  return {
    requestId,
    client: remoteAddress,
    site: site.name,
    host: head.host,
    request: `${head.method} ${redactUrl(head.sentTarget)}`,
    upstream: answer?.upstreamAddress,
  };
}
