/** A real nginx as judge: asked whether it takes a configuration, or run with one on a loopback port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** A running nginx; `stop` it. */
export type RunningNginx = { readonly port: number; stop(): Promise<void> };

/**
 * Runs nginx with one server on a free port of 127.0.0.1.
 *
 * @param httpBody what stands in `http` before the server
 * @param serverBody what stands in the server
 */
export async function startNginx(
  folder: NginxFolder,
  httpBody: string,
  serverBody: string,
): Promise<RunningNginx> {
  const port = await freePort();
  const config = folder.write(
    'nginx.conf',
    `daemon off; master_process off; pid nginx.pid; error_log stderr;
    events { worker_connections 64; }
    http { ${insideFolder} ${httpBody}
      server { listen 127.0.0.1:${port}; ${serverBody} } }`,
  );
  const child = spawn(nginxPath, ['-e', 'stderr', '-p', folder.path, '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString('latin1');
  });
  await untilServing(child, port, () => complaints);
  return {
    port,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** nginx says nothing when it is ready, so it is asked until it answers or is gone. */
async function untilServing(
  child: ChildProcess,
  port: number,
  complaints: () => string,
): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${complaints()}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
      await response.arrayBuffer();
      return;
    } catch (error) {
      const { code } = (error as Error).cause as { code?: string };
      if (code !== 'ECONNREFUSED') throw error;
      await new Promise(setImmediate);
    }
  }
}
