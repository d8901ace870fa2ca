/**
 * The access log: one line a request in nginx's `combined` format, written when the request has ended, for a tunnel
 * when the tunnel has.
 *
 *   $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"
 *
 * Lines are gathered and written about once a second. A disk that does not keep up costs lines, never memory without
 * bound and never a request. Knows nothing of sockets. Source: nginx, `ngx_http_log_module`.
 */
import { createWriteStream, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Log, redactUrl } from '../base/log.ts';
import type { AccessLogModel } from '../config/model.ts';
import { gatewayError } from './errors.ts';

/** What one line says. The request is as the client sent it; the log escapes and redacts. */
export type AccessEntry = {
  /** The client's address, or `unix:`. */
  readonly remoteAddress: string;
  /** The user of Basic authentication. */
  readonly remoteUser: string | undefined;
  /** Undefined when no request line was understood. */
  readonly request:
    | { readonly method: string; readonly target: string; readonly minor: 0 | 1 }
    | undefined;
  readonly status: number;
  /** Bytes of the body as sent, the framing of chunks included; for a tunnel what went to the client. */
  readonly bodyBytesSent: number;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
};

/** How long a line may wait in memory. */
const flushAfterMs = 1000;
/** Bytes gathered before they are written without waiting; a line is longer only if a head is. */
const batchBytes = 64 * 1024;
/** Bytes handed to the file and not yet written; beyond it lines are dropped. Some 100,000 lines. */
const backlogBytes = 16 * 1024 * 1024;

/** All access logs of a gateway: one writer a file, however many sites name it. */
export class AccessLogs {
  readonly #log: Log;
  readonly #writers = new Map<string, AccessLog>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The writer of a site's log; undefined for `off`. Throws `HW_ACCESS_LOG` when the file cannot be opened. */
  open(model: AccessLogModel): AccessLog | undefined {
    if (model.kind === 'off') return undefined;
    const name = model.kind === 'stdout' ? 'stdout' : `file ${model.path}`;
    let writer = this.#writers.get(name);
    if (writer === undefined) {
      const stream = model.kind === 'stdout' ? process.stdout : openFile(model.path);
      writer = new AccessLog(name, stream, this.#log);
      this.#writers.set(name, writer);
    }
    return writer;
  }

  /** Writes what is gathered and closes the files. Never rejects: a failed write has been logged. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#writers.values(), (writer) => writer.close()));
    this.#writers.clear();
  }
}

function openFile(path: string): Writable {
  try {
    // Opened now and not at the first write: a wrong path belongs into the start's message.
    return createWriteStream(path, { fd: openSync(path, 'a', 0o640) });
  } catch (error) {
    throw gatewayError('HW_ACCESS_LOG', `access log ${path} cannot be opened: ${String(error)}`, {
      cause: error,
    });
  }
}

/** One file of lines. */
export class AccessLog {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #log: Log;
  #batch = Buffer.allocUnsafe(batchBytes);
  #used = 0;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  #failed = false;
  readonly #onError = (error: Error) => {
    this.#failed = true;
    this.#log.error({ accessLog: this.#name, reason: error.message }, 'access log stopped');
  };

  constructor(name: string, stream: Writable, log: Log) {
    this.#name = name;
    this.#stream = stream;
    this.#log = log;
    stream.on('error', this.#onError);
  }

  write(entry: AccessEntry): void {
    if (this.#failed) return;
    const line = combined(entry);
    if (this.#used + line.length > batchBytes) this.#flush();
    if (line.length > batchBytes) {
      this.#send(Buffer.from(line, 'latin1'));
      return;
    }
    this.#used += this.#batch.write(line, this.#used, 'latin1');
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#flush();
      }, flushAfterMs);
      this.#timer.unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#flush();
    const stream = this.#stream;
    // Standard output is everybody's; it only has to have taken what was written.
    if (stream === process.stdout) {
      if (!this.#failed) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      stream.off('error', this.#onError);
    } else if (!stream.closed) {
      const closed = new Promise<void>((resolve) => stream.once('close', resolve));
      stream.end();
      await closed;
    }
  }

  #flush(): void {
    if (this.#used === 0) return;
    // The stream keeps what it was given until it is written, so the next batch is a new one.
    this.#send(this.#batch.subarray(0, this.#used));
    this.#batch = Buffer.allocUnsafe(batchBytes);
    this.#used = 0;
  }

  #send(lines: Buffer): void {
    if (this.#stream.writableLength > backlogBytes) {
      if (this.#dropped === 0) {
        this.#log.warn({ accessLog: this.#name }, 'access log is not written fast enough');
      }
      this.#dropped += lines.length;
      return;
    }
    if (this.#dropped > 0) {
      this.#log.warn({ accessLog: this.#name, lostBytes: this.#dropped }, 'access log goes on');
      this.#dropped = 0;
    }
    this.#stream.write(lines);
  }
}

/** One line, its line feed included. */
export function combined(entry: AccessEntry): string {
  const { remoteAddress, remoteUser, request, status, bodyBytesSent, referer, userAgent } = entry;
  const line =
    request === undefined
      ? '-'
      : `${request.method} ${field(redactUrl(request.target))} HTTP/1.${request.minor}`;
  const from = referer === undefined ? '-' : field(redactUrl(referer));
  return `${remoteAddress} - ${field(remoteUser)} [${localTime()}] "${line}" ${status} ${bodyBytesSent} "${from}" "${field(userAgent)}"\n`;
}

function field(value: string | undefined): string {
  if (value === undefined || value === '') return '-';
  for (let i = 0; i < value.length; i++) {
    if (mustEscape(value.charCodeAt(i))) return escaped(value);
  }
  return value;
}

function mustEscape(code: number): boolean {
  return code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c;
}

/** `value` has one character a byte, as every field of a head. */
function escaped(value: string): string {
  let result = '';
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    result += mustEscape(code)
      ? `\\x${(code & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
      : value[i];
  }
  return result;
}

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

/** Formatting a date costs more than the rest of a line, and thousands of lines share a second. */
let timeSecond = -1;
let timeText = '';

/** `21/Nov/2026:02:08:00 +0100`, nginx's `$time_local`. */
function localTime(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== timeSecond) {
    timeSecond = second;
    timeText = formatLocalTime(new Date(now));
  }
  return timeText;
}

/** A time as nginx's `$time_local` has it, in the process's time zone. */
export function formatLocalTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const east = -time.getTimezoneOffset();
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
  const day = `${two(time.getDate())}/${months[time.getMonth()]}/${time.getFullYear()}`;
  return `${day}:${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ${zone}`;
}
