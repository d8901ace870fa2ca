/** Hatchway itself, as people start it: `bin/hatchway up`, with a data folder and a port of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPaths, type SessionInfo } from '../../src/wire/api.ts';
import { type Child, startChild } from './child.ts';
import { type HttpRequest, type HttpResponse, httpRequest } from './http-client.ts';
import { atEnd, type Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

export const hatchwayPath = join(import.meta.dirname, '../../bin/hatchway');

export type HatchwayOptions = {
  /** hatchway.yaml. Default: no file at all. */
  config?: string;
  /** DOCKER_HOST. Default: a socket that nobody listens on, so that no test finds this machine's own engine. */
  dockerHost?: string;
  /** Where the console listens. Default a free port of 127.0.0.1; false leaves it to the configuration. */
  listen?: string | false;
  args?: readonly string[];
  /** File descriptors that it may have. Default: as many as this process. */
  descriptors?: number;
  env?: Readonly<Record<string, string>>;
};

export class Hatchway {
  /** As printed, with the token. */
  readonly url: string;
  /** Without a slash at the end. */
  readonly origin: string;
  readonly token: string;
  readonly dataDir: string;
  readonly #child: Child;

  constructor(child: Child, url: string, dataDir: string) {
    const { origin, searchParams } = new URL(url);
    this.#child = child;
    this.url = url;
    this.origin = origin;
    this.token = searchParams.get('token') ?? '';
    this.dataDir = dataDir;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** The URL that people open, through another origin: `http://127.0.0.1:4711`. */
  urlThrough(origin: string, path = '/'): string {
    return `${origin}${path}${path.includes('?') ? '&' : '?'}token=${this.token}`;
  }

  logs(): string {
    return this.#child.output;
  }

  /**
   * What the page does with the token, at the origin where a browser would see it: gives the cookie, as a Cookie header
   * wants it. Throws when it is refused.
   */
  async signIn(origin = this.origin): Promise<string> {
    const response = await httpRequest(`${origin}${apiPaths.signIn}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ token: this.token }),
    });
    if (response.status !== 204) {
      throw new Error(`sign-in was answered with ${response.status}: ${response.text}`);
    }
    const [cookie = ''] = response.headers['set-cookie'] ?? [];
    return cookie.replace(/;.*/s, '');
  }

  /** A request with the token, as a script sends it. */
  api(path: string, request: HttpRequest = {}): Promise<HttpResponse> {
    return httpRequest(`${this.origin}${path}`, {
      ...request,
      headers: { authorization: `Bearer ${this.token}`, ...request.headers },
    });
  }

  /** What it knows of its sessions. */
  async sessions(): Promise<SessionInfo[]> {
    return JSON.parse((await this.api(apiPaths.sessions)).text) as SessionInfo[];
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

/** Resolves when it has said that it is ready. */
export async function startHatchway(
  scope: Scope,
  options: HatchwayOptions = {},
): Promise<Hatchway> {
  const folder = tempFolder(scope, 'up');
  const dataDir = join(folder, 'data');
  const args = ['up', '--data-dir', dataDir];
  if (options.listen !== false) args.push('--listen', options.listen ?? '127.0.0.1:0');
  if (options.config !== undefined) {
    const path = join(folder, 'hatchway.yaml');
    writeFileSync(path, options.config);
    args.push('-c', path);
  }
  const limit =
    options.descriptors === undefined ? [] : ['prlimit', `--nofile=${options.descriptors}`, '--'];
  const [program = '', ...programArgs] = [...limit, hatchwayPath, ...args];
  const child = startChild(scope, program, [...programArgs, ...(options.args ?? [])], {
    cwd: folder,
    env: {
      ...process.env,
      DOCKER_HOST: options.dockerHost ?? `unix://${join(folder, 'no-docker.sock')}`,
      ...options.env,
    },
  });
  const [, url = ''] = await child.said(/Hatchway is ready: (\S+)/);
  // A server that fell over says why; the tests that met it afterwards can only say that it is gone.
  atEnd(scope, () => child.assertRunning());
  return new Hatchway(child, url, dataDir);
}
