/**
 * What one route limits, as nginx's limit_req and limit_conn: first how often requests may come, where one may have to wait, then
 * how many are under way. Each request is looked at once by each, even if it is led on to an error page or another route.
 */
import { HatchwayError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type {
  ConnectionLimitModel,
  LimitAnswer,
  RequestLimitModel,
  RouteLimitsModel,
} from '../../config/limit-model.ts';
import { gatewayErrors } from '../errors.ts';
import type { VariableSource } from '../variables.ts';
import type { ConnectionZone } from './connection-zone.ts';
import type { LimitRecord } from './limit-record.ts';
import { oneRequest, type RequestZone } from './request-zone.ts';
import type { KeyedZone, Zones } from './zones.ts';

/** nginx's, for both. */
const defaultStatus = 503;

/** What nginx can count, in bytes of a key; a longer one counts as none. */
const longestRequestKey = 65_535;
const longestConnectionKey = 255;

/** A request as limits see it. */
export interface LimitedRequest extends VariableSource {
  readonly limits: LimitRecord;
}

/** Says in the log what became of a request that is not refused. */
export type NoteLimit = (level: keyof Log, message: string) => void;

/** A refusal, which the log has on the level that the configuration says. */
export class LimitError extends HatchwayError {
  readonly level: keyof Log;

  constructor(
    code: 'HW_REQUESTS_LIMITED' | 'HW_CONNECTIONS_LIMITED',
    message: string,
    { status = defaultStatus, logLevel = 'error' }: LimitAnswer,
  ) {
    super(code, message, { status, remedy: gatewayErrors[code].remedy });
    this.level = logLevel === 'notice' ? 'info' : logLevel;
  }
}

type RequestLimit = KeyedZone<RequestLimitModel, RequestZone> & {
  /** In thousandths. */
  readonly burst: number;
  readonly undelayed: number;
};

export class RouteLimits {
  readonly #requests: readonly RequestLimit[];
  readonly #requestAnswer: LimitAnswer;
  readonly #connections: readonly KeyedZone<ConnectionLimitModel, ConnectionZone>[];
  readonly #connectionAnswer: LimitAnswer;

  /** Limits in zones that there are not are none; whoever made the model has checked that. */
  constructor({ requests, connections }: RouteLimitsModel, zones: Zones) {
    this.#requestAnswer = requests ?? {};
    this.#requests = (requests?.limits ?? []).flatMap((model) => {
      const zone = zones.requests.get(model.zone);
      if (zone === undefined) return [];
      const { burst = 0, undelayed = 0 } = model;
      return {
        ...zone,
        model,
        burst: burst * oneRequest,
        undelayed: undelayed === 'all' ? Number.POSITIVE_INFINITY : undelayed * oneRequest,
      };
    });
    this.#connectionAnswer = connections ?? {};
    this.#connections = (connections?.limits ?? []).flatMap((model) => {
      const zone = zones.connections.get(model.zone);
      return zone === undefined ? [] : { ...zone, model };
    });
  }

  /**
   * How long the request has to wait, in milliseconds. Throws `HW_REQUESTS_LIMITED`.
   *
   * @param now milliseconds on a clock that never jumps
   */
  delayOf(request: LimitedRequest, note: NoteLimit, now: number = performance.now()): number {
    const { limits } = request;
    if (limits.requestStatus !== undefined) return 0;
    const ms = Math.floor(now);
    const counted: { limit: RequestLimit; key: string; excess: number }[] = [];
    for (const limit of this.#requests) {
      const key = limit.key(request);
      if (key === '' || key.length > longestRequestKey) continue;
      const excess = limit.zone.excessAt(key, ms);
      if (excess > limit.burst) {
        const message = `limiting requests, excess ${textOf(excess)} in zone ${limit.model.zone}`;
        limits.requestStatus = this.#requestAnswer.dryRun ? 'REJECTED_DRY_RUN' : 'REJECTED';
        refuse('HW_REQUESTS_LIMITED', message, this.#requestAnswer, note);
        return 0;
      }
      counted.push({ limit, key, excess });
    }
    if (counted.length === 0) return 0;
    let delayMs = 0;
    let message = '';
    // Nothing is counted of a request that is refused.
    for (const { limit, key, excess } of counted) {
      limit.zone.count(key, excess, ms);
      const wait = Math.trunc(((excess - limit.undelayed) * 1000) / limit.zone.rate);
      if (wait <= delayMs) continue;
      delayMs = wait;
      message = `delaying request, excess ${textOf(excess)} in zone ${limit.model.zone}`;
    }
    if (delayMs === 0) {
      limits.requestStatus = 'PASSED';
      return 0;
    }
    const { dryRun, logLevel = 'error' } = this.#requestAnswer;
    limits.requestStatus = dryRun ? 'DELAYED_DRY_RUN' : 'DELAYED';
    note(oneBelow[logLevel], dryRun ? `${message}, dry run` : message);
    return dryRun ? 0 : delayMs;
  }

  /** Holds a place among the requests under way, which `LimitRecord.release` gives back. Throws `HW_CONNECTIONS_LIMITED`. */
  hold(request: LimitedRequest, note: NoteLimit): void {
    const { limits } = request;
    if (limits.connectionStatus !== undefined) return;
    for (const { model, zone, key: keyOf } of this.#connections) {
      const key = keyOf(request);
      if (key === '' || key.length > longestConnectionKey) continue;
      limits.connectionStatus = 'PASSED';
      if (zone.acquire(key, model.most)) {
        limits.hold(zone, key);
        continue;
      }
      limits.release();
      const message = `limiting connections in zone ${model.zone}`;
      limits.connectionStatus = this.#connectionAnswer.dryRun ? 'REJECTED_DRY_RUN' : 'REJECTED';
      refuse('HW_CONNECTIONS_LIMITED', message, this.#connectionAnswer, note);
      return;
    }
  }
}

function refuse(
  code: ConstructorParameters<typeof LimitError>[0],
  message: string,
  answer: LimitAnswer,
  note: NoteLimit,
): void {
  const error = new LimitError(code, message, answer);
  if (answer.dryRun !== true) throw error;
  note(error.level, `${message}, dry run`);
}

/** nginx's notice and info are one level here. */
const oneBelow = { error: 'warn', warn: 'info', notice: 'info', info: 'info' } as const;

/** `2.500` requests. */
function textOf(excess: number): string {
  return (excess / oneRequest).toFixed(3);
}
