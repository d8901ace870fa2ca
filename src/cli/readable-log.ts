/** Log lines for a person at a terminal: time, level if it matters, message, facts. Files and pipes get the JSON. */
import type { DestinationStream } from 'pino';

/** pino's numbers of the levels that are worth a word. */
const levelNames: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' };

/** A destination for `createLog` that writes one readable line for each line of JSON. */
export function readableDestination(write: (line: string) => void): DestinationStream {
  return { write: (json) => write(readableLine(json)) };
}

/** `13:04:05 warning: too many client connections (client: 192.0.2.1)` */
export function readableLine(json: string): string {
  const { level, time, msg, ...facts } = JSON.parse(json) as {
    level: number;
    time: string;
    msg: string;
  } & Record<string, unknown>;
  const name = levelNames[level];
  const shown = Object.entries(facts).map(([key, value]) => `${key}: ${printable(value)}`);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const tail = shown.length === 0 ? '' : ` (${shown.join(', ')})`;
  return `${clock} ${name === undefined ? '' : `${name}: `}${printable(msg)}${tail}\n`;
}

/** Facts come from the network too: as JSON they hold no control character that a terminal would obey. */
function printable(value: unknown): string {
  const isPlain = typeof value === 'string' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value);
  return isPlain ? value : JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeOne);
}

function escapeOne(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
