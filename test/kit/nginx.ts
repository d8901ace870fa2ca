/** A real nginx with the configuration a test writes, on a port and in a folder of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freePort } from './ports.ts';
import type { Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

/**
 * What stands between the braces of `http`, given the port to listen on. `listen` is `127.0.0.1:<port>`.
 *
 * @example
 * ({ listen }) => `server { listen ${listen}; location / { proxy_pass ${origin}; } }`
 */
export type NginxHttp = (place: { port: number; listen: string }) => string;

/** How often a port that somebody took in the meantime is replaced by another. */
const portAttempts = 5;

export class Nginx {
  readonly port: number;
  readonly #child: Child;
  readonly #folder: string;

  constructor(child: Child, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  /** Origin when the server block speaks plain HTTP. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The error log, from level notice. */
  get errorLog(): string {
    return this.#child.output;
  }

  get accessLog(): string {
    return readFileSync(join(this.#folder, 'access.log'), 'utf8');
  }

  /** As `nginx -s reload`: resolves when the old worker has stopped accepting. What it serves goes on, as in life. */
  async reload(http: NginxHttp): Promise<void> {
    const from = this.#child.output.length;
    writeConfig(this.#folder, this.port, http);
    this.#child.signal('SIGHUP');
    await this.#child.said(/gracefully shutting down|\[emerg\]/, from);
    const emergency = /\[emerg\].*/.exec(this.#child.output.slice(from));
    if (emergency !== null) throw new Error(`nginx refused the configuration: ${emergency[0]}`);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

/** More than any test or measure opens: beyond it nginx closes connections that are in use by nobody at the moment. */
const mostConnections = 8192;

/** One master, one worker, in the foreground. Throws nginx's own words when it refuses the configuration. */
export async function startNginx(scope: Scope, http: NginxHttp): Promise<Nginx> {
  const folder = tempFolder(scope, 'nginx');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    writeConfig(folder, port, http);
    const child = startChild(scope, '/usr/sbin/nginx', [
      ...['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    ]);
    try {
      await child.said(/start worker process \d+/);
      return new Nginx(child, folder, port);
    } catch (failure) {
      const clash = /bind\(\).*Address already in use/.test(child.output);
      if (!clash || attempt === portAttempts) throw failure;
    }
  }
}

function writeConfig(folder: string, port: number, http: NginxHttp): void {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join('\n');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/pid;
error_log stderr notice;
worker_rlimit_nofile ${mostConnections + 100};
events { worker_connections ${mostConnections}; }
http {
${temporary}
  access_log ${folder}/access.log combined;
  default_type text/plain;
${http({ port, listen: `127.0.0.1:${port}` })}
}
`,
  );
}
