/** The places that shells can be opened in, from the configuration and the environment. */
import { resolve } from 'node:path';
import type { Log } from '../base/log.ts';
import { defaults } from '../config/defaults.ts';
import type { Config } from '../config/schema.ts';
import { parseDockerHost } from '../config/values/kinds.ts';
import { DockerTarget } from '../console/targets/docker.ts';
import { LocalTarget } from '../console/targets/local.ts';
import type { Target } from '../console/targets/target.ts';

type Targets = Config['console']['targets'];

type TargetOptions = {
  /** What paths of the configuration are relative to. */
  readonly baseFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
};

/** Docker is offered even while no engine answers: the page says so, and what to do. */
export function targetsOf({ docker, local }: Targets, options: TargetOptions): Target[] {
  return [
    ...(docker === false ? [] : dockerTargets(docker, options)),
    ...(local ? [new LocalTarget()] : []),
  ];
}

function dockerTargets(
  docker: Exclude<Targets['docker'], false>,
  { baseFolder, environment, log }: TargetOptions,
): Target[] {
  const certs = docker.certs === undefined ? undefined : resolve(baseFolder, docker.certs);
  if (docker.host !== undefined) return [dockerTarget(docker.host, certs)];
  const { DOCKER_HOST, DOCKER_CERT_PATH } = environment;
  if (!DOCKER_HOST) return [dockerTarget(defaults.dockerHost, certs)];
  try {
    return [dockerTarget(parseDockerHost(DOCKER_HOST), certs ?? (DOCKER_CERT_PATH || undefined))];
  } catch (error) {
    // The engine at the default socket would be another one than the person means.
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(
      { DOCKER_HOST, reason },
      'Docker is left out: DOCKER_HOST cannot be used; set console.targets.docker.host',
    );
    return [];
  }
}

function dockerTarget(host: string, certPath: string | undefined): DockerTarget {
  return new DockerTarget({ host, ...(certPath === undefined ? {} : { certPath }) });
}
