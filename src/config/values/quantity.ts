/** Durations and sizes as people write them: a number and its unit. A number alone is refused, since it hides its unit. */
import { configError } from '../errors.ts';

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** What setTimeout can hold, 2^31 - 1 ms (24.8 days): a longer delay would fire at once. */
const longestDurationMs = 2 ** 31 - 1;

/**
 * `500ms`, `60s`, `1.5m`, `1h`, `1d` in milliseconds, rounded to a whole one.
 * Throws `HW_CONFIG_INVALID` for anything else, for 0, and for more than setTimeout can hold.
 */
export function parseDuration(text: string): number {
  const ms = parseQuantity(text, durationUnits, 'duration', '60s');
  if (ms === 0) {
    throw configError('HW_CONFIG_INVALID', `duration \`${text}\` is zero`, {
      remedy: 'the shortest is 1ms',
    });
  }
  if (ms > longestDurationMs) {
    throw configError('HW_CONFIG_INVALID', `duration \`${text}\` is too long`, {
      remedy: 'the longest is 24d',
    });
  }
  return ms;
}

/** `512B`, `32KiB`, `1MiB`, `1GiB` in bytes. Throws `HW_CONFIG_INVALID` for anything else, and for 0. */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text, sizeUnits, 'size', '32KiB');
  if (bytes === 0) {
    throw configError('HW_CONFIG_INVALID', `size \`${text}\` is zero`, {
      remedy: 'the smallest is 1B',
    });
  }
  return bytes;
}

/** The inverse of `parseDuration`, in the largest unit that stays whole. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, durationUnits);
}

/** The inverse of `parseSize`, in the largest unit that stays whole. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, sizeUnits);
}

function parseQuantity(
  text: string,
  units: Readonly<Record<string, number>>,
  noun: string,
  example: string,
): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const factor = match === null ? undefined : units[match[2] as string];
  if (match === null || factor === undefined) {
    const known = Object.keys(units).join(', ');
    // 10m and 10MB are what nginx and others have.
    const letter = match?.[2]?.charAt(0).toLowerCase() ?? '';
    const unit = letter && Object.keys(units).find((one) => one.toLowerCase().startsWith(letter));
    const meant = unit ? `${match?.[1]}${unit}` : undefined;
    throw configError(
      'HW_CONFIG_INVALID',
      match?.[2] === '' ? `\`${text}\` has no unit` : `\`${text}\` is not a ${noun}`,
      {
        remedy: `write ${meant ?? `a number and its unit, such as ${example}`}; units are ${known}`,
      },
    );
  }
  return Math.round(Number(match[1]) * factor);
}

function formatQuantity(value: number, units: Readonly<Record<string, number>>): string {
  let shown = '';
  for (const [unit, factor] of Object.entries(units)) {
    if (value % factor === 0) shown = `${value / factor}${unit}`;
  }
  return shown;
}
