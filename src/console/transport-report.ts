/**
 * Why a WebSocket did not open, from what arrived here of the attempt. The browser tells a page nothing about that, but
 * the server saw the request: with its Upgrade or without, or not at all. What proxies need to be told is in
 * `proxy-advice.ts`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TransportReport } from '../wire/api.ts';
import { type Fix, type Lack, proxyNamed } from './proxy-advice.ts';

/** What arrived of one attempt. */
export type Arrival = {
  /** `1.0`, `1.1`, `2`: the version that the hop in front of us spoke. */
  readonly version: string;
  /** Upgrade, as received; undefined when there was none. */
  readonly upgrade: string | undefined;
  /** Connection, as received. */
  readonly connection: string | undefined;
  /** What it was answered: 101, or the refusal with its sentence. */
  readonly answer: { status: number; sentence: string };
};

/** A page names its attempts with 16 digits. */
export const maxAttemptLength = 64;

/** Attempts remembered, and for how long: a page asks within seconds. */
const maxAttempts = 500;
const memoryMs = 60_000;

export class TransportReports {
  readonly #arrivals = new Map<string, Arrival & { at: number }>();

  remember(attempt: string, arrival: Arrival): void {
    const now = Date.now();
    for (const [key, { at }] of this.#arrivals) {
      if (this.#arrivals.size < maxAttempts && now - at < memoryMs) break;
      this.#arrivals.delete(key);
    }
    this.#arrivals.set(attempt, { ...arrival, at: now });
  }

  /** @param server the Server field that the page got with an answer: it names the proxy nearest to the browser */
  report(attempt: string, server: string | undefined): TransportReport {
    return reportOf(this.#arrivals.get(attempt), server);
  }
}

/** What the gateway tells of a request (it removes hop-by-hop fields), else what the request itself says. */
export function arrivedFields(
  headers: IncomingHttpHeaders,
  httpVersion: string,
): Pick<Arrival, 'version' | 'upgrade' | 'connection'> {
  const via = /^(?:HTTP\/)?(\d(?:\.\d)?) hatchway\b/i.exec(lastOf(headers.via))?.[1];
  if (via === undefined) {
    return { version: httpVersion, upgrade: headers.upgrade, connection: headers.connection };
  }
  return {
    version: via,
    upgrade: fieldOf(headers, 'x-hatchway-upgrade'),
    connection: fieldOf(headers, 'x-hatchway-connection'),
  };
}

/** The sentence and the lines for what arrived, or did not. */
export function reportOf(
  arrival: Arrival | undefined,
  server: string | undefined,
): TransportReport {
  const { name, advice } = proxyNamed(server);
  const remark = advice.remark === undefined ? '' : `, ${advice.remark}`;
  if (arrival === undefined) {
    const fix = advice.answersItself === true ? advice.fix?.([]) : undefined;
    return {
      verdict: 'never-arrived',
      sentence: `The request for a WebSocket never reached Hatchway: ${name}, or something else on the way, dropped it or answered it by itself${advice.answersItself === true ? remark : ''}. This terminal runs over streaming HTTP.`,
      ...withFix(fix),
    };
  }
  const lacks = lacksOf(arrival);
  if (lacks.length > 0) {
    return {
      verdict: 'upgrade-dropped',
      sentence: `${capital(name)} between this page and Hatchway ${didWhat(lacks)}${remark}. No WebSocket can open that way, so this terminal runs over streaming HTTP.`,
      ...withFix(advice.fix?.(lacks)),
    };
  }
  if (arrival.answer.status !== 101) {
    return {
      verdict: 'refused',
      sentence: `Hatchway refused the WebSocket: ${arrival.answer.sentence}`,
    };
  }
  return {
    verdict: 'answer-lost',
    sentence: `Hatchway accepted the WebSocket, but ${name}, or something else on the way back, did not pass the answer on. This terminal runs over streaming HTTP.`,
  };
}

function lacksOf({ version, upgrade, connection }: Arrival): Lack[] {
  const lacks: Lack[] = [];
  if (version === '1.0') lacks.push('version');
  if (!hasToken(upgrade, 'websocket')) lacks.push('upgrade');
  if (!hasToken(connection, 'upgrade')) lacks.push('connection');
  return lacks;
}

function didWhat(lacks: readonly Lack[]): string {
  const fields = [
    ...(lacks.includes('upgrade') ? ['Upgrade'] : []),
    ...(lacks.includes('connection') ? ['Connection: upgrade'] : []),
  ];
  const dropped = fields.length > 0 ? `dropped ${fields.join(' and ')}` : '';
  const spoke = lacks.includes('version') ? 'spoke HTTP/1.0' : '';
  return [dropped, spoke].filter((part) => part !== '').join(' and ');
}

function withFix(fix: Fix | undefined): Pick<TransportReport, 'fix'> {
  return fix === undefined ? {} : { fix };
}

function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lastOf(value: string | undefined): string {
  return value?.split(',').at(-1)?.trim() ?? '';
}

function fieldOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
