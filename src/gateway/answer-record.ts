/** What is known of the answer to one request, kept up by its exchange; variables, added fields and logs read it. */
import type { ResponseHead } from '../http1/head.ts';
import type { BodyRelay } from './body-relay.ts';

/** What became of asking one server. */
export type UpstreamTry = {
  readonly address: string;
  /** What it answered, or what its failure counts as; undefined when it has done neither. */
  readonly status: number | undefined;
  /** Until the connection was up, and until the head of its answer came, in milliseconds; undefined when that has not happened. */
  readonly connectMs: number | undefined;
  readonly headerMs: number | undefined;
  /** Until it had answered or failed, or until now. */
  readonly responseMs: number;
  /** Of the body of its answer, without framing. */
  readonly bodyBytes: number;
  /** Whether it was not asked instead of the one before, but for a page. */
  readonly isForPage: boolean;
};

export class AnswerRecord {
  /** What the client gets; 0 until a head is written. */
  status = 0;
  /** What it is going to be, once that is settled, for variables of what is sent with it; else 0. */
  expectedStatus = 0;
  /** Of the head that was written. */
  headBytes = 0;
  /** Of the body of the gateway's own answer. */
  ownBytes = 0;
  /** `HW_…` of what ended the request; undefined when nothing did. */
  errorCode: string | undefined;
  /** Whether the answer was written to its end. */
  isComplete = false;
  /** When the connection to the server that was asked last was up, and when the head of its answer came: `performance.now()`. */
  connectedAt: number | undefined;
  answeredAt: number | undefined;
  /** Of the upstream. */
  head: ResponseHead | undefined;
  requestRelay: BodyRelay | undefined;
  responseRelay: BodyRelay | undefined;
  /** What the route added or changed, as lines. */
  writtenLines = '';
  /** The gateway's own answer as it was sent: head, and body behind it; undefined for an upstream's. */
  ownText: string | undefined;
  #upstreamAddress: string | undefined;
  #askedAt: number | undefined;
  #failedStatus: number | undefined;
  #failedAt: number | undefined;
  /** Servers that were asked before the last one; undefined for none, as mostly. */
  #earlier: UpstreamTry[] | undefined;
  /** Whether the server that was asked last was not asked instead of the one before, but for a page. */
  #isForPage = false;

  /** Of the body sent to the client, its framing included. */
  get bodyBytesSent(): number {
    return this.ownBytes + (this.responseRelay?.bytesWritten ?? 0);
  }

  /** Of the request's body. */
  get bytesReceived(): number {
    return this.requestRelay?.bodyBytes ?? 0;
  }

  /**
   * A server is asked from now on.
   *
   * @param address `127.0.0.1:9000`, or the name of the upstream when none of its servers can be asked
   * @param now `performance.now()`
   * @param isAnother whether it is asked instead of the one before
   */
  ask(address: string, now: number, isAnother: boolean): void {
    if (this.#upstreamAddress !== undefined) {
      this.#earlier ??= [];
      this.#earlier.push(this.#lastTry(this.#upstreamAddress, now, 0));
      this.#isForPage = !isAnother;
    }
    this.#upstreamAddress = address;
    this.#askedAt = now;
    this.#failedStatus = undefined;
    this.#failedAt = undefined;
    this.connectedAt = undefined;
    this.answeredAt = undefined;
    this.head = undefined;
  }

  /** The server that was asked last has failed, which counts as this status. */
  askedInVain(status: number): void {
    this.#failedStatus = status;
    this.#failedAt = performance.now();
  }

  /** The last server that was asked, `127.0.0.1:9000`; undefined when none was. */
  get upstreamAddress(): string | undefined {
    return this.#upstreamAddress;
  }

  /** What it answered; undefined when it has not. */
  get upstreamStatus(): number | undefined {
    return this.head?.status;
  }

  get upstreamMs(): number | undefined {
    return between(this.#askedAt, this.answeredAt);
  }

  /** All servers that were asked, in order; none when there was none. */
  get upstreamTries(): readonly UpstreamTry[] {
    if (this.#upstreamAddress === undefined) return [];
    const bytes = this.head === undefined ? 0 : (this.responseRelay?.bodyBytes ?? 0);
    const last = this.#lastTry(this.#upstreamAddress, performance.now(), bytes);
    return this.#earlier === undefined ? [last] : [...this.#earlier, last];
  }

  #lastTry(address: string, now: number, bodyBytes: number): UpstreamTry {
    return {
      address,
      status: this.#failedStatus ?? this.upstreamStatus,
      connectMs: between(this.#askedAt, this.connectedAt),
      headerMs: this.upstreamMs,
      responseMs: between(this.#askedAt, this.#failedAt ?? now) ?? 0,
      bodyBytes,
      isForPage: this.#isForPage,
    };
  }

  /** A field of the upstream's answer, its values joined; the name in lower case. */
  upstreamField(lowerName: string): string | undefined {
    const values = this.head?.fields.all(lowerName) ?? [];
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** A cookie that the upstream sets; the name in lower case. */
  upstreamCookie(lowerName: string): string | undefined {
    for (const cookie of this.head?.fields.all('set-cookie') ?? []) {
      const [pair = ''] = cookie.split(';');
      const equals = pair.indexOf('=');
      if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === lowerName) {
        return pair.slice(equals + 1).trim();
      }
    }
    return undefined;
  }

  /** A field that the client was sent; the name in lower case. */
  sentField(lowerName: string): string | undefined {
    const own = this.ownText;
    if (own !== undefined) return fieldIn(own.slice(0, own.indexOf('\r\n\r\n')), lowerName);
    return fieldIn(this.writtenLines, lowerName) ?? this.upstreamField(lowerName);
  }
}

/** Of the first line with that name. */
function fieldIn(lines: string, lowerName: string): string | undefined {
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon !== -1 && line.slice(0, colon).toLowerCase() === lowerName) {
      return line.slice(colon + 2);
    }
  }
  return undefined;
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
