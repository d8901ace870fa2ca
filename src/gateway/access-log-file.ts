/**
 * One file of log lines, shared by all logs that name it. Lines are gathered and written about once a second. A disk
 * that does not keep up costs lines, never memory without bound and never a request. Knows no format.
 */
import { createWriteStream, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { codeOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { whyNot } from '../config/certificate.ts';
import { gatewayError } from './errors.ts';

/** How long a line may wait in memory. */
const flushAfterMs = 1000;
/** Bytes gathered before they are written without waiting; a line is longer only if a head is. */
const batchBytes = 64 * 1024;
/** Bytes handed to the file and not yet written; beyond it lines are dropped. Some 100,000 lines. */
const backlogBytes = 16 * 1024 * 1024;
/** After a failed write (a full disk) the file is left alone for so long, then opened again. */
const retryAfterMs = 10_000;

export class AccessLogFile {
  readonly name: string;
  /** Undefined for standard output. */
  readonly #path: string | undefined;
  readonly #log: Log;
  #stream: Writable;
  #batch = Buffer.allocUnsafe(batchBytes);
  #used = 0;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  /** When a write has failed, in milliseconds since the epoch. */
  #failedAt: number | undefined;

  /** @param stream standard output; a file given by `path` is opened by `AccessLogFile.open` */
  constructor(name: string, stream: Writable, log: Log, path?: string) {
    this.name = name;
    this.#path = path;
    this.#log = log;
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** Throws `HW_ACCESS_LOG` when the file cannot be opened. */
  static open(path: string, log: Log): AccessLogFile {
    return new AccessLogFile(`file ${path}`, openFile(path), log, path);
  }

  /** @param line with its line feed, one character a byte */
  write(line: string): void {
    if (this.#used + line.length > batchBytes) this.#flush();
    if (line.length > batchBytes) {
      this.#send(Buffer.from(line, 'latin1'));
      return;
    }
    this.#used += this.#batch.write(line, this.#used, 'latin1');
    if (this.#timer === undefined) {
      this.#timer = setTimeout(this.#onTimer, flushAfterMs);
      this.#timer.unref();
    }
  }

  /** Goes on in a new file of the same name: whoever rotates logs has moved the old one away. */
  reopen(): void {
    const path = this.#path;
    if (path === undefined) return;
    let stream: Writable;
    try {
      stream = openFile(path);
    } catch (error) {
      // The old one is still there, under whatever name.
      this.#log.error({ accessLog: this.name, reason: String(error) }, 'access log not reopened');
      return;
    }
    this.#flush();
    const old = this.#stream;
    this.#stream = stream;
    this.#failedAt = undefined;
    stream.on('error', this.#onError);
    old.end();
  }

  /** Never rejects: a failed write has been logged. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#flush();
    const stream = this.#stream;
    // Standard output is everybody's; it only has to have taken what was written.
    if (stream === process.stdout) {
      if (this.#failedAt === undefined) {
        await new Promise<void>((resolve) => stream.write('', () => resolve()));
      }
      stream.off('error', this.#onError);
    } else if (!stream.closed) {
      const closed = new Promise<void>((resolve) => stream.once('close', resolve));
      stream.end();
      await closed;
    }
  }

  readonly #onTimer = () => {
    this.#timer = undefined;
    this.#flush();
  };

  readonly #onError = (error: Error) => {
    this.#failedAt = Date.now();
    this.#log.error({ accessLog: this.name, reason: error.message }, 'access log stopped');
  };

  #flush(): void {
    if (this.#used === 0) return;
    // The stream keeps what it was given until it is written, so the next batch is a new one.
    this.#send(this.#batch.subarray(0, this.#used));
    this.#batch = Buffer.allocUnsafe(batchBytes);
    this.#used = 0;
  }

  #send(lines: Buffer): void {
    if (!this.#mayWrite()) {
      this.#dropped += lines.length;
      return;
    }
    if (this.#stream.writableLength > backlogBytes) {
      if (this.#dropped === 0) {
        this.#log.warn({ accessLog: this.name }, 'access log is not written fast enough');
      }
      this.#dropped += lines.length;
      return;
    }
    if (this.#dropped > 0) {
      this.#log.warn({ accessLog: this.name, lostBytes: this.#dropped }, 'access log goes on');
      this.#dropped = 0;
    }
    this.#stream.write(lines);
  }

  /** Whether there is a stream to write to; a file that failed is tried again from time to time. */
  #mayWrite(): boolean {
    if (this.#failedAt === undefined) return true;
    if (this.#path === undefined || Date.now() - this.#failedAt < retryAfterMs) return false;
    try {
      this.#stream = openFile(this.#path);
    } catch {
      this.#failedAt = Date.now();
      return false;
    }
    this.#stream.on('error', this.#onError);
    this.#failedAt = undefined;
    return true;
  }
}

function openFile(path: string): Writable {
  try {
    // Opened now and not at the first write: a wrong path belongs into the start's message.
    return createWriteStream(path, { fd: openSync(path, 'a', 0o640) });
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such folder' : whyNot(error);
    throw gatewayError('HW_ACCESS_LOG', `access log ${path} cannot be opened: ${reason}`, {
      cause: error,
    });
  }
}
