/** nginx's notations for times and sizes (src/core/ngx_parse.c). A number alone is seconds, or bytes. */

/** Milliseconds, in the order in which nginx wants them; each may be left out, none repeated. */
const timeUnits: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['M', 30 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** Too coarse for a timer in milliseconds, nginx thinks: only where whole seconds are wanted. */
const coarseUnits: ReadonlySet<string> = new Set(['y', 'M']);

/** What nginx's own arithmetic holds: a signed 64-bit integer. */
const largest = 2 ** 63;

/**
 * `60`, `60s`, `1h30m`, `1d 12h`, `500ms` in milliseconds; undefined when nginx would not read it.
 *
 * @param finest `s` where nginx takes whole seconds: then `ms` is an error, and years and months are not
 */
export function parseTime(text: string, finest: 'ms' | 's' = 'ms'): number | undefined {
  let totalMs = 0;
  let next = 0;
  let hasDigits = false;
  // A space behind a number ends it like the unit s.
  const part = /(\d*)(ms|[yMwdhms]| |$) */gy;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const [, digits, suffix] = match as unknown as [string, string, string];
    const unit = suffix === ' ' || suffix === '' ? 's' : suffix;
    const index = timeUnits.findIndex(([name]) => name === unit);
    const isTrailing = suffix === '';
    if (index < next && !isTrailing) return undefined;
    if (finest === 's' ? unit === 'ms' : coarseUnits.has(unit)) return undefined;
    hasDigits ||= digits !== '';
    totalMs += Number(digits) * (timeUnits[index]?.[1] as number);
    next = index + 1;
  }
  return hasDigits && totalMs < largest ? totalMs : undefined;
}

/** `512`, `8k`, `1M`, and with `gigabytes` `2g`, in bytes; undefined when nginx would not read it. */
export function parseSize(text: string, gigabytes = false): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  if (match === null) return undefined;
  const [, digits, suffix] = match as unknown as [string, string, string];
  const unit = suffix.toLowerCase();
  if (unit === 'g' && !gigabytes) return undefined;
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit] as number;
  const bytes = Number(digits) * factor;
  return bytes < largest ? bytes : undefined;
}

/** Digits alone; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value < largest ? value : undefined;
}
