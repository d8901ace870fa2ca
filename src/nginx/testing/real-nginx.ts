/** A real nginx as judge: asked whether it takes a configuration, or run with one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { nginxPath } from './nginx-binary.ts';

/** What `nginx -t` says. */
export type Verdict = {
  readonly isAccepted: boolean;
  /** The first line at level emerg, without its time and place; empty when accepted. */
  readonly reason: string;
  /** Where that is, as nginx tells it. */
  readonly file: string | undefined;
  readonly line: number | undefined;
};

/** Directives that keep an nginx inside its folder, for the start of `http`. */
export const insideFolder = [
  'access_log off;',
  ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name}_temp;`,
  ),
].join(' ');

/** A temporary folder of files; remove it with `remove`. */
export class NginxFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'nginx-'));

  /** @param name relative to the folder */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** `nginx -t`, or with `-T` also what it has read. */
  test(name: string, option = '-t'): Verdict & { readonly output: string } {
    const run = spawnSync(
      nginxPath,
      [option, '-q', '-e', 'stderr', '-p', this.path, '-c', join(this.path, name)],
      { encoding: 'utf8' },
    );
    if (run.error !== undefined) throw run.error;
    const isAccepted = run.status === 0;
    const [, text = run.stderr] = /\[emerg\] [^:]*: (.*)/.exec(run.stderr) ?? [];
    const [, reason = text, file, line] = /^(.*) in (\S+):(\d+)$/.exec(text) ?? [];
    return {
      isAccepted,
      reason: isAccepted ? '' : reason,
      file: isAccepted ? undefined : file,
      line: isAccepted || line === undefined ? undefined : Number(line),
      output: run.stdout,
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

export type Answer = {
  readonly status: number;
  /** Names and values, as received. */
  readonly rawHeaders: readonly string[];
  /** One character a byte. */
  readonly body: string;
};

/** A running nginx; `stop` it. */
export class RunningNginx {
  readonly #child: ChildProcess;
  readonly #socketPath: string;

  constructor(child: ChildProcess, socketPath: string) {
    this.#child = child;
    this.#socketPath = socketPath;
  }

  async ask(
    path: string,
    options: { method?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const outgoing = request({ socketPath: this.#socketPath, path, ...options }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.setEncoding('latin1');
    let body = '';
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

/**
 * Runs nginx with one server, on a socket in the folder: unlike a port, nobody else can have it.
 *
 * @param httpBody what stands in `http` before the server
 * @param serverBody what stands in the server
 */
export async function startNginx(
  folder: NginxFolder,
  httpBody: string,
  serverBody: string,
): Promise<RunningNginx> {
  const socketPath = join(folder.path, 'nginx.sock');
  const config = folder.write(
    'nginx.conf',
    `daemon off; master_process off; pid nginx.pid; error_log stderr notice;
    events { worker_connections 64; }
    http { ${insideFolder} ${httpBody}
      server { listen unix:${socketPath}; ${serverBody} } }`,
  );
  const child = spawn(nginxPath, ['-e', 'stderr', '-p', folder.path, '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await untilListening(child);
  return new RunningNginx(child, socketPath);
}

/** nginx names its event method when its sockets are listening. */
async function untilListening(child: ChildProcess): Promise<void> {
  const stderr = child.stderr as Readable;
  let said = '';
  for await (const [chunk] of on(stderr, 'data', { close: ['end'] })) {
    said += (chunk as Buffer).toString('latin1');
    if (!said.includes('event method')) continue;
    // What it says from here on is nobody's concern, but must not fill the pipe.
    stderr.resume();
    return;
  }
  throw new Error(`nginx did not start: ${said}`);
}
