/** What limits have made of one request and of those inside it, and what it has to give back when it is over. */
import type { ConnectionZone } from './connection-zone.ts';

/** As nginx's `$limit_req_status` and `$limit_conn_status` have it. */
export type LimitStatus =
  | 'PASSED'
  | 'DELAYED'
  | 'REJECTED'
  | 'DELAYED_DRY_RUN'
  | 'REJECTED_DRY_RUN';

export class LimitRecord {
  /** Undefined for a request that was not counted. */
  requestStatus: LimitStatus | undefined;
  connectionStatus: LimitStatus | undefined;
  #held: { readonly zone: ConnectionZone; readonly key: string }[] = [];

  hold(zone: ConnectionZone, key: string): void {
    this.#held.push({ zone, key });
  }

  /** Gives back what it holds; more than once does no harm. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const { zone, key } of held) zone.release(key);
  }
}
