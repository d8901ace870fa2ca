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
  #isReleased = false;

  /** A request inside may get its place when the one it is for is already over: that is given back at once. */
  hold(zone: ConnectionZone, key: string): void {
    if (this.#isReleased) zone.release(key);
    else this.#held.push({ zone, key });
  }

  /** Gives back what it holds; more than once does no harm. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#isReleased = true;
    for (const { zone, key } of held) zone.release(key);
  }
}
