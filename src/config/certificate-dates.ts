/** Whether a certificate is valid on a day, and soon will not be. Knows no configuration. */
import { HatchwayError } from '../base/errors.ts';
import { readCertificate } from './certificate.ts';

/** Time enough for a renewal that somebody has to do by hand. */
const soonDays = 14;
const dayMs = 86_400_000;

/** One sentence, with the date; undefined when there is nothing to say, or the file cannot be read. */
export function dateWarning(file: string, now: Date): string | undefined {
  const dates = datesOf(file);
  if (dates === undefined) return undefined;
  const nowMs = now.getTime();
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (dates.endMs <= nowMs) return `the certificate in ${file} has expired on ${day(dates.endMs)}`;
  if (dates.beginMs > nowMs) {
    return `the certificate in ${file} is only valid from ${day(dates.beginMs)}`;
  }
  const days = Math.floor((dates.endMs - nowMs) / dayMs);
  if (days >= soonDays) return undefined;
  const when = days === 0 ? 'within a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  return `the certificate in ${file} expires ${when}, on ${day(dates.endMs)}`;
}

function datesOf(file: string): { readonly beginMs: number; readonly endMs: number } | undefined {
  try {
    const { validFrom, validTo } = readCertificate(file);
    return { beginMs: Date.parse(validFrom), endMs: Date.parse(validTo) };
  } catch (error) {
    // It was readable a moment ago; whoever opens it next says so.
    if (error instanceof HatchwayError) return undefined;
    throw error;
  }
}
