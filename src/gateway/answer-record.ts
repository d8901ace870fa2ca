/** What is known of the answer to one request, kept up by its exchange; variables, added fields and logs read it. */
import type { ResponseHead } from '../http1/head.ts';
import type { BodyRelay } from './body-relay.ts';

export class AnswerRecord {
  /** What the client gets; 0 until a head is written. */
  status = 0;
  /** What it is going to be, once that is settled, for variables of what is sent with it; else 0. */
  expectedStatus = 0;
  /** Of the gateway's own answer. */
  ownBytes = 0;
  /** `HW_…` of what ended the request; undefined when nothing did. */
  errorCode: string | undefined;
  /** Whether the answer was written to its end. */
  isComplete = false;
  /** The last server that was asked, `127.0.0.1:9000`; undefined when none was. */
  upstreamAddress: string | undefined;
  /** When it was asked, when the connection to it was up and when the head of its answer came: `performance.now()`. */
  askedAt: number | undefined;
  connectedAt: number | undefined;
  answeredAt: number | undefined;
  /** Of the upstream. */
  head: ResponseHead | undefined;
  requestRelay: BodyRelay | undefined;
  responseRelay: BodyRelay | undefined;
  /** What the route added or changed, as lines. */
  writtenLines = '';

  /** Of the body sent to the client, its framing included. */
  get bodyBytesSent(): number {
    return this.ownBytes + (this.responseRelay?.bytesWritten ?? 0);
  }

  /** Of the request's body. */
  get bytesReceived(): number {
    return this.requestRelay?.bodyBytes ?? 0;
  }

  get upstreamStatus(): number | undefined {
    return this.head?.status;
  }

  get upstreamConnectMs(): number | undefined {
    return between(this.askedAt, this.connectedAt);
  }

  get upstreamMs(): number | undefined {
    return between(this.askedAt, this.answeredAt);
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
    for (const line of this.writtenLines.split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon !== -1 && line.slice(0, colon).toLowerCase() === lowerName) {
        return line.slice(colon + 2);
      }
    }
    return this.upstreamField(lowerName);
  }
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
