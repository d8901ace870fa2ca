/**
 * A Docker engine of a test's own: real, but with its own folder, socket, containerd and containers, without network.
 * Spoken to over HTTP; the `docker` command line is only run by the test that is about it.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { type HttpResponse, httpRequest } from './http-client.ts';
import { defaultCommand, type ImageContents, imageTar } from './image.ts';
import { allProcesses, isRunning, killNow } from './processes.ts';
import { atEnd, type Scope } from './scope.ts';
import { tempFolder } from './temp.ts';

/** Debian's own, which is as old as its engine; another one on PATH may be newer than the engine can talk to. */
export const dockerCliPath = '/usr/bin/docker';

/** What every request is prefixed with: the API version of Debian 12's engine. */
const apiPrefix = '/v1.41';

export type ContainerOptions = {
  image: string;
  name: string;
  /** Default: the image's own, which sleeps. */
  command?: readonly string[];
  env?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
};

export type ContainerProcess = { pid: number; command: string };

export class Dockerd {
  readonly socketPath: string;
  /** As DOCKER_HOST wants it. */
  readonly host: string;
  readonly #scope: Scope;
  readonly #child: Child;
  readonly #folder: string;

  constructor(scope: Scope, child: Child, folder: string, socketPath: string) {
    this.#scope = scope;
    this.#child = child;
    this.#folder = folder;
    this.socketPath = socketPath;
    this.host = `unix://${socketPath}`;
  }

  /** Makes an image `name:latest`. */
  async importImage(name: string, contents: ImageContents): Promise<void> {
    const changes = `CMD ${JSON.stringify(defaultCommand(contents))}`;
    const query = new URLSearchParams({ fromSrc: '-', repo: name, tag: 'latest', changes });
    await this.request('POST', `/images/create?${query}`, imageTar(this.#scope, contents));
  }

  /** Starts a container; gives its id. */
  async runContainer(options: ContainerOptions): Promise<string> {
    const created = await this.request('POST', `/containers/create?name=${options.name}`, {
      Image: options.image,
      ...(options.command === undefined ? {} : { Cmd: options.command }),
      Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
      Labels: options.labels ?? {},
      HostConfig: { NetworkMode: 'none' },
    });
    const { Id: id } = JSON.parse(created.text) as { Id: string };
    await this.request('POST', `/containers/${id}/start`);
    // Started is not yet running: for a moment its only process is runc, about to become the program.
    await eventually('the program of the container runs', async () => {
      const processes = await this.processesOf(id).catch(() => []);
      return processes.every(({ command }) => command !== 'runc init');
    });
    return id;
  }

  /** Stops it without asking: what sleeps as process 1 would not listen. */
  async stopContainer(name: string): Promise<void> {
    await this.request('POST', `/containers/${name}/stop?t=0`);
  }

  async startContainer(name: string): Promise<void> {
    await this.request('POST', `/containers/${name}/start`);
  }

  async removeContainer(name: string): Promise<void> {
    await this.request('DELETE', `/containers/${name}?force=true&v=true`);
  }

  /** Every process in a running container, those that were started by exec included, as the host sees them. */
  async processesOf(name: string): Promise<ContainerProcess[]> {
    const args = encodeURIComponent('-eo pid,args');
    const top = await this.request('GET', `/containers/${name}/top?ps_args=${args}`);
    const { Processes: rows } = JSON.parse(top.text) as { Processes: string[][] };
    return rows.map(([pid = '', command = '']) => ({ pid: Number(pid), command }));
  }

  /** Runs a command in a container to its end, without a terminal. Throws when it exits with anything but 0. */
  async exec(name: string, command: readonly string[]): Promise<string> {
    const created = await this.request('POST', `/containers/${name}/exec`, {
      AttachStdout: true,
      AttachStderr: true,
      // The engine multiplexes both streams in frames unless there is a terminal.
      Tty: true,
      Cmd: command,
    });
    const { Id: id } = JSON.parse(created.text) as { Id: string };
    const ran = await this.request('POST', `/exec/${id}/start`, { Detach: false, Tty: true });
    const state = await this.request('GET', `/exec/${id}/json`);
    const { ExitCode: exitCode } = JSON.parse(state.text) as { ExitCode: number | null };
    if (exitCode !== 0)
      throw new Error(`'${command.join(' ')}' exited with ${exitCode}: ${ran.text}`);
    return ran.text.replaceAll('\r\n', '\n');
  }

  /** Any call of the API; `body` goes as a tar when it is bytes and as JSON otherwise. Throws on a status above 399. */
  async request(method: string, path: string, body?: Uint8Array | object): Promise<HttpResponse> {
    const isTar = body instanceof Uint8Array;
    const headers: Record<string, string> =
      body === undefined
        ? {}
        : { 'content-type': isTar ? 'application/x-tar' : 'application/json' };
    const response = await httpRequest(`http://docker${apiPrefix}${path}`, {
      method,
      socketPath: this.socketPath,
      headers,
      ...(body === undefined ? {} : { body: isTar ? body : JSON.stringify(body) }),
    });
    if (response.status >= 400) {
      throw new Error(
        `Docker answered ${method} ${path} with ${response.status}: ${response.text}`,
      );
    }
    return response;
  }

  /** Ends the engine and everything it started. Idempotent; called when the scope ends. */
  async stop(): Promise<void> {
    try {
      // An engine that a test has killed cannot remove anything; what it leaves is ended below all the same.
      await this.#removeAllContainers().catch(() => {});
      await this.#child.stop();
    } finally {
      await endProcessesOf(this.#folder);
      unmountBelow(this.#folder);
    }
  }

  async #removeAllContainers(): Promise<void> {
    if (!this.#child.running) return;
    const listed = await this.request('GET', '/containers/json?all=true');
    const containers = JSON.parse(listed.text) as { Id: string }[];
    for (const { Id: id } of containers) await this.removeContainer(id);
  }
}

/** An engine that answers. Needs root, as Docker does. */
export async function startDockerd(scope: Scope): Promise<Dockerd> {
  const folder = tempFolder(scope, 'dockerd');
  const socketPath = join(folder, 'docker.sock');
  const child = startChild(scope, '/usr/sbin/dockerd', [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['--host', `unix://${socketPath}`, '--pidfile', join(folder, 'pid')],
    ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'],
    // Containers that are left over get one second and not fifteen.
    ...['--shutdown-timeout', '1'],
  ]);
  const dockerd = new Dockerd(scope, child, folder, socketPath);
  atEnd(scope, () => dockerd.stop());
  await eventually('the Docker engine answers', async () => {
    if (!child.running) throw new Error(`dockerd ended:\n${child.output}`);
    const response = await httpRequest('http://docker/_ping', { socketPath });
    return response.status === 200;
  });
  return dockerd;
}

/**
 * Kills what an engine that was killed itself has left: containerd and its shims have the engine's folder in their
 * command lines, and the containers are the shims' children.
 */
async function endProcessesOf(folder: string): Promise<void> {
  const processes = allProcesses();
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const ours = new Set(
    processes.filter(({ command }) => command.includes(`${folder}/`)).map(({ pid }) => pid),
  );
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
      if (ours.has(at)) return true;
    }
    return false;
  };
  const left = [...parents.keys()].filter(belongs);
  for (const pid of left) killNow(pid);
  await eventually(`nothing of ${folder} runs any more`, () => !left.some(isRunning));
}

function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) execFileSync('umount', ['--lazy', path]);
}
