/** What a gateway has written into an access log in the combined format, by client. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export type LogLine = {
  /** Undefined for what was no request. */
  readonly request: { readonly method: string; readonly target: string } | undefined;
  readonly status: number;
};

/** nginx's combined format, in which `"` and everything unusual is written as \xHH. */
const logLine = /^(\S+) - \S+ \[[^\]]*\] "([^"]*)" (\d{3}) /;

/** The lines of each client's address, in order. */
export function readLog(path: string): Map<string, LogLine[]> {
  const lines = new Map<string, LogLine[]>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const match = logLine.exec(line);
    if (match === null) {
      assert.equal(line, '', 'not a line of the combined format');
      continue;
    }
    const [, client = '', text = '', status] = match;
    const [method = '', target] = text
      .replace(/\\x([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      .split(' ');
    const request = target === undefined ? undefined : { method, target };
    const known = lines.get(client);
    const entry = { request, status: Number(status) };
    if (known === undefined) lines.set(client, [entry]);
    else known.push(entry);
  }
  return lines;
}

/** An address of the loopback network for each client of a test. */
export function addressOf(index: number): string {
  return `127.1.${index >> 8}.${index & 255}`;
}
