import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import { configSchema } from '../config/schema.ts';
import { targetsOf } from './targets.ts';

function addresses(targets: unknown, environment: NodeJS.ProcessEnv, log: Log = silentLog) {
  const config = configSchema.parse({ console: { targets } });
  const made = targetsOf(config.console.targets, { baseFolder: '/', environment, log });
  const found = made.map((target) => [target.id, target.address]);
  for (const target of made) target.close?.();
  return Object.fromEntries(found);
}

test('Docker is where the file says, else where the environment says, else at its socket', () => {
  const environment = { DOCKER_HOST: 'tcp://b:2375' };
  const docker = { host: 'unix:///a' };
  assert.equal(addresses({ docker }, environment).docker, 'unix:///a');
  assert.equal(addresses({}, environment).docker, 'tcp://b:2375');
  assert.equal(addresses({}, { DOCKER_HOST: '' }).docker, 'unix:///var/run/docker.sock');
});

test('what is switched off is not offered', () => {
  assert.deepEqual(addresses({ docker: false, local: false }, {}), {});
  assert.deepEqual(Object.keys(addresses({}, {})), ['docker', 'local']);
});

test('a DOCKER_HOST that cannot be used leaves Docker out, aloud, instead of taking another engine', () => {
  for (const environment of [
    { DOCKER_HOST: 'ssh://me@box' },
    { DOCKER_HOST: 'nonsense' },
    { DOCKER_HOST: 'tcp://box:2376', DOCKER_CERT_PATH: '/no/such/folder' },
  ]) {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_: object, message: string) => warnings.push(message) };
    assert.deepEqual(Object.keys(addresses({}, environment, log)), ['local']);
    assert.match(warnings.join(), /^Docker is left out/);
  }
});
