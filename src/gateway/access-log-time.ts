/** Times as logs write them. One costs more than the rest of a line, and thousands of lines share a second. */

const months = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

let localSecond = -1;
let localText = '';
let localIsoText = '';

/** Now, as nginx's `$time_local`. */
export function localTime(): string {
  passTime();
  return localText;
}

/** Now, as nginx's `$time_iso8601`. */
export function localIsoTime(): string {
  passTime();
  return localIsoText;
}

function passTime(): void {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second === localSecond) return;
  localSecond = second;
  const time = new Date(now);
  localText = formatLocalTime(time);
  localIsoText = formatLocalIsoTime(time);
}

/** `21/Nov/2026:02:08:00 +0100`, in the process's time zone. */
export function formatLocalTime(time: Date): string {
  const day = `${two(time.getDate())}/${months[time.getMonth()]}/${time.getFullYear()}`;
  return `${day}:${clockOf(time)} ${zoneOf(time, '')}`;
}

/** `2026-11-21T02:08:00+01:00`, in the process's time zone. */
export function formatLocalIsoTime(time: Date): string {
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${clockOf(time)}${zoneOf(time, ':')}`;
}

function clockOf(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function zoneOf(time: Date, separator: string): string {
  const east = -time.getTimezoneOffset();
  const minutes = Math.abs(east);
  return `${east < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

let utcSecond = -1;
let utcText = '';

/** `2026-11-21T01:08:00.123Z`, of milliseconds since the epoch. */
export function utcTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== utcSecond) {
    utcSecond = second;
    // Up to the point before the milliseconds.
    utcText = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${utcText}${String(Math.floor(ms) - second * 1000).padStart(3, '0')}Z`;
}
