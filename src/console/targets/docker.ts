/**
 * The containers of a Docker engine: lists them, opens terminals in them (moby's exec API, see
 * https://docs.docker.com/reference/api/engine/). How an exec runs is in `docker/exec-terminal.ts`.
 */
import type { Problem, Workload } from '../../wire/api.ts';
import { consoleError } from '../errors.ts';
import { Engine, EngineRefusal } from './docker/engine.ts';
import { startExec } from './docker/exec-terminal.ts';
import type { OpenTerminal, Target, Terminal } from './target.ts';

type ContainerSummary = {
  Id: string;
  Names?: string[];
  Image: string;
  State: string;
  Status: string;
  Labels?: Record<string, string>;
};

type ContainerDetails = {
  Id: string;
  Name: string;
  /** The image's id. */
  Image: string;
  State: { Status: string; Running: boolean; Paused: boolean; Restarting: boolean };
  Config: {
    Env?: string[];
    Image: string;
    Labels?: Record<string, string>;
    User?: string;
  };
};

type ImageDetails = { Config?: { Shell?: string[] } };

export type DockerTargetOptions = {
  /** `unix:///path`, `tcp://host:port` or `http(s)://host:port`, as DOCKER_HOST. */
  readonly host: string;
  /** Folder with ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH; with it `tcp:` speaks TLS. */
  readonly certPath?: string;
};

/** A container says with this label which shell it wants. */
const shellLabel = 'hatchway.shell';

export class DockerTarget implements Target {
  readonly id = 'docker';
  readonly title = 'Docker';
  readonly #engine: Engine;

  constructor(options: DockerTargetOptions) {
    this.#engine = new Engine(options.host, options.certPath);
  }

  get address(): string {
    return this.#engine.address;
  }

  close(): void {
    this.#engine.close();
  }

  async list(signal: AbortSignal): Promise<Workload[]> {
    const containers = (await this.#engine.call(
      'GET',
      '/containers/json?all=1',
      undefined,
      signal,
    )) as ContainerSummary[];
    return containers.map(workloadOf).sort((a, b) => {
      if (a.openable !== b.openable) return a.openable ? -1 : 1;
      return a.name.localeCompare(b.name);
    });
  }

  async open(request: OpenTerminal): Promise<Terminal> {
    request.onStep(`Looking for ${request.workload}`);
    const container = await this.#inspect(request.workload);
    const name = container.Name.replace(/^\//, '');
    requireRunning(container, name);
    if (request.command !== undefined) {
      return await this.#start(container, name, request, request.command);
    }
    const candidates = shellsOf(container, await this.#imageShell(container.Image));
    const failures: string[] = [];
    for (const shell of candidates) {
      request.signal.throwIfAborted();
      try {
        const terminal = await this.#start(container, name, request, [shell]);
        return failures.length === 0
          ? terminal
          : Object.assign(terminal, {
              notice: `${name} has no ${listed(candidates.slice(0, failures.length))}, so this is ${shell}.`,
            });
      } catch (error) {
        if ((error as { code?: string }).code !== 'HW_COMMAND_NOT_FOUND') throw error;
        failures.push(shell);
      }
    }
    throw Object.assign(
      consoleError('HW_NO_SHELL', `There is no shell in ${name} that could be started.`, {
        remedy: 'Open it with the path of a program that its image has.',
      }),
      { tried: candidates } satisfies Pick<Problem, 'tried'>,
    );
  }

  async #start(
    container: ContainerDetails,
    name: string,
    request: OpenTerminal,
    command: readonly string[],
  ): Promise<Terminal> {
    request.onStep(`Starting ${command.join(' ')} in ${name}`);
    return await startExec(this.#engine, {
      containerId: container.Id,
      name,
      command,
      user: request.user,
      defaultUser: container.Config.User ?? '',
      cols: request.cols,
      rows: request.rows,
      sessionId: request.sessionId,
    });
  }

  /** What the image names with SHELL; nothing when it has been removed since. */
  async #imageShell(image: string): Promise<string | undefined> {
    try {
      const path = `/images/${encodeURIComponent(image)}/json`;
      const { Config } = (await this.#engine.call('GET', path)) as ImageDetails;
      return Config?.Shell?.[0];
    } catch (error) {
      if (error instanceof EngineRefusal) return undefined;
      throw error;
    }
  }

  async #inspect(workload: string): Promise<ContainerDetails> {
    try {
      const path = `/containers/${encodeURIComponent(workload)}/json`;
      return (await this.#engine.call('GET', path)) as ContainerDetails;
    } catch (error) {
      if (error instanceof EngineRefusal && error.status === 404) {
        throw consoleError('HW_WORKLOAD_UNKNOWN', `There is no container ${workload}.`, {
          cause: error,
        });
      }
      throw error;
    }
  }
}

function workloadOf(container: ContainerSummary): Workload {
  const names = (container.Names ?? []).map((name) => name.replace(/^\//, ''));
  // Names with a slash are links from other containers.
  const name = names.find((candidate) => !candidate.includes('/')) ?? container.Id.slice(0, 12);
  return {
    id: name,
    name,
    detail: container.Image,
    state: container.State,
    openable: container.State === 'running',
    keywords: [
      container.Id.slice(0, 12),
      container.Status,
      ...names,
      ...Object.entries(container.Labels ?? {}).map(([key, value]) => `${key}=${value}`),
    ],
  };
}

function requireRunning(container: ContainerDetails, name: string): void {
  const { Status, Paused, Restarting, Running } = container.State;
  if (Running && !Paused && !Restarting) return;
  const remedy = Paused
    ? `Resume it: docker unpause ${name}`
    : Restarting
      ? `Wait until it is up; docker logs ${name} says why it restarts.`
      : `Start it: docker start ${name}`;
  throw consoleError(
    'HW_WORKLOAD_NOT_RUNNING',
    `The container ${name} is not running: it is ${Paused ? 'paused' : Status}.`,
    {
      remedy,
    },
  );
}

/** What the container asks for, then the usual ones. */
function shellsOf(container: ContainerDetails, imageShell: string | undefined): string[] {
  const { Labels, Env } = container.Config;
  const fromEnv = Env?.find((entry) => entry.startsWith('SHELL='))?.slice('SHELL='.length);
  const shells = [Labels?.[shellLabel], fromEnv, imageShell, 'bash', 'sh'];
  return [
    ...new Set(shells.filter((shell): shell is string => shell !== undefined && shell !== '')),
  ];
}

function listed(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and no ${names.at(-1)}`;
}
