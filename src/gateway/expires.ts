/**
 * How long browsers may keep an answer: Expires and Cache-Control by nginx's `expires` (ngx_http_headers_module), in the place of
 * the upstream's.
 */
import type { ExpiresModel } from '../config/route-model.ts';
import { parseTime } from '../nginx/units.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';
import { compileTemplate, constantOf } from './template.ts';
import type { VariableSource } from './variables.ts';

/** Times in seconds. */
type Term =
  | { readonly kind: 'off' | 'epoch' | 'max' }
  | { readonly kind: 'after'; readonly seconds: number }
  /** At a time of the day, local. */
  | { readonly kind: 'daily'; readonly seconds: number };

const day = 86_400;

export class Expires {
  readonly #termOf: (request: VariableSource) => Term;
  readonly #sinceModified: boolean;

  constructor({ when, sinceModified = false }: ExpiresModel) {
    const constant = constantOf(when);
    if (constant === undefined) {
      const text = compileTemplate(when);
      this.#termOf = (request) => termOf(text(request));
    } else {
      const term = termOf(constant);
      this.#termOf = () => term;
    }
    this.#sinceModified = sinceModified;
  }

  /**
   * Empty where nothing is to be said.
   *
   * @param lastModified the field of the answer
   */
  lines(request: VariableSource, lastModified: string | undefined): string {
    const term = this.#termOf(request);
    const now = Math.floor(Date.now() / 1000);
    switch (term.kind) {
      case 'off':
        return '';
      case 'epoch':
        return linesOf('Thu, 01 Jan 1970 00:00:01 GMT', 'no-cache');
      case 'max':
        return linesOf('Thu, 31 Dec 2037 23:55:55 GMT', 'max-age=315360000');
      case 'daily': {
        const at = nextTime(term.seconds, now);
        return linesOf(formatHttpDate(at), `max-age=${at - now}`);
      }
      case 'after': {
        const { seconds } = term;
        const modifiedAt = this.#sinceModified ? parseHttpDate(lastModified ?? '') : undefined;
        const at = seconds === 0 ? now : (modifiedAt ?? now) + seconds;
        const isOver = seconds < 0 || at < now;
        return linesOf(formatHttpDate(at), isOver ? 'no-cache' : `max-age=${at - now}`);
      }
    }
  }
}

function linesOf(expires: string, cacheControl: string): string {
  return `Expires: ${expires}\r\nCache-Control: ${cacheControl}\r\n`;
}

/** What cannot be read says nothing, as a variable may. */
function termOf(text: string): Term {
  if (text === 'epoch' || text === 'max') return { kind: text };
  const ms = parseTime(text.replace(/^[@+-]/, ''), 's');
  if (ms === undefined) return { kind: 'off' };
  const seconds = ms / 1000;
  if (text.startsWith('@')) return seconds > day ? { kind: 'off' } : { kind: 'daily', seconds };
  return { kind: 'after', seconds: text.startsWith('-') ? -seconds : seconds };
}

function nextTime(secondsOfDay: number, now: number): number {
  const date = new Date(now * 1000);
  date.setHours(0, 0, secondsOfDay, 0);
  if (date.getTime() / 1000 <= now) date.setDate(date.getDate() + 1);
  return date.getTime() / 1000;
}
