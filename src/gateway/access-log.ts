/**
 * The access logs of a gateway: one line a request, written when the request has ended, for a tunnel when the tunnel
 * has, and as JSON also when it opens. Says what is written when; how a line looks is for its format, and files for
 * `access-log-file.ts`.
 */
import type { Log } from '../base/log.ts';
import type { AccessLogFormat, AccessLogModel } from '../config/model.ts';
import type { LoggedRequest, LoggedTunnelEnd, UnreadRequest } from './access-entry.ts';
import { combinedFormat } from './access-log-combined.ts';
import { AccessLogFile } from './access-log-file.ts';
import type { LineFormat, TunnelLine } from './access-log-format.ts';
import { jsonFormat } from './access-log-json.ts';
import { templateFormat } from './access-log-template.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';

/** All access logs of a gateway: one writer a file, however many sites name it, in whatever format. */
export class AccessLogs {
  readonly #log: Log;
  readonly #files = new Map<string, AccessLogFile>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The log of a site or route; undefined for `off`. Throws `HW_ACCESS_LOG` when the file cannot be opened. */
  open(model: AccessLogModel): AccessLog | undefined {
    if (model.kind === 'off') return undefined;
    const file = model.kind === 'stdout' ? this.#standardOutput() : this.#file(model.path);
    return new AccessLog(file, model);
  }

  /** Goes on in new files, for whoever has moved the old ones away. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Writes what is gathered and closes the files. Never rejects: a failed write has been logged. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#files.values(), (file) => file.close()));
    this.#files.clear();
  }

  #standardOutput(): AccessLogFile {
    return this.#shared('stdout', () => new AccessLogFile('stdout', process.stdout, this.#log));
  }

  #file(path: string): AccessLogFile {
    return this.#shared(`file ${path}`, () => AccessLogFile.open(path, this.#log));
  }

  #shared(name: string, open: () => AccessLogFile): AccessLogFile {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = open();
      this.#files.set(name, file);
    }
    return file;
  }
}

/** One site's or route's log: a format, a file, and which requests are written. */
export class AccessLog {
  readonly #file: AccessLogFile;
  readonly #format: LineFormat;
  readonly #when: CompiledTemplate | undefined;

  constructor(file: AccessLogFile, { format, when }: AccessLogFormat) {
    this.#file = file;
    this.#format = formatOf(format);
    this.#when = when === undefined ? undefined : compileTemplate(when);
  }

  /** Whether the log itself says when a tunnel opens, who ended it and how. */
  get tellsTunnels(): boolean {
    return this.#format.tellsOpenings;
  }

  /** A request that has ended. */
  write(request: LoggedRequest): void {
    if (this.#isWanted(request)) this.#file.write(this.#format.request(request));
  }

  /** What was no request; written whatever `when` says, which cannot be asked. */
  writeUnread(request: UnreadRequest): void {
    this.#file.write(this.#format.unread(request));
  }

  /** A request that has become a tunnel: what is returned writes the line of its end. Undefined when none is wanted. */
  openTunnel(request: LoggedRequest): OpenTunnelLog | undefined {
    if (!this.#isWanted(request)) return undefined;
    if (this.#format.tellsOpenings) this.#file.write(this.#format.tunnelOpening(request));
    return new OpenTunnelLog(this.#file, this.#format.tunnel(request), request.startedAt);
  }

  /** nginx's `if=` of access_log. */
  #isWanted(request: LoggedRequest): boolean {
    if (this.#when === undefined) return true;
    const value = this.#when(request);
    return value !== '' && value !== '0';
  }
}

/** What is kept of a request in the access log as long as its tunnel lasts. */
export class OpenTunnelLog {
  readonly #file: AccessLogFile;
  readonly #line: TunnelLine;
  readonly #startedAt: number;

  constructor(file: AccessLogFile, line: TunnelLine, startedAt: number) {
    this.#file = file;
    this.#line = line;
    this.#startedAt = startedAt;
  }

  write(end: LoggedTunnelEnd): void {
    this.#file.write(this.#line.end(end, Date.now() - this.#startedAt));
  }
}

function formatOf(format: AccessLogFormat['format'] = 'combined'): LineFormat {
  if (format === 'combined') return combinedFormat;
  if (format === 'json') return jsonFormat;
  return templateFormat(format);
}
