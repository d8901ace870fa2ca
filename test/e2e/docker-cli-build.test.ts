/**
 * `docker build` by BuildKit, through a site in front of the Docker API: a session that upgrades to `h2c`, on which the engine
 * asks the client for its files, and gRPC that upgrades to `h2c`, too.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDockerd } from '../kit/dockerd.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { tempFolder } from '../kit/temp.ts';
import { DockerCli } from './docker-cli-client.ts';

leaveNothingBehind();

const withBuildKit = { ...process.env, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' };

test('BuildKit builds through a site that lists h2c, and says so where it is not listed', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  const site = (host: string, upgrade: string) => `
  - host: ${host}
    to: unix:${docker.socketPath}
    upgrade: ${upgrade}
`;
  const hatchway = await startHatchway(t, {
    config: `sites:${site('localhost', '[websocket, tcp, h2c]')}${site('127.0.0.1', '[websocket, tcp]')}`,
  });
  const folder = tempFolder(t, 'context');
  const noise = randomBytes(4 * 1024 * 1024);
  writeFileSync(join(folder, 'noise'), noise);
  const digest = createHash('sha256').update(noise).digest('hex');

  const build = (host: string, name: string, dockerfile: string) => {
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    return new DockerCli(t, `tcp://${host}:${hatchway.port}`).run(
      ['build', '--network', 'none', '-t', name, folder],
      '',
      withBuildKit,
    );
  };

  await t.test('FROM an image, with a context of 4 MiB and a command that runs', async () => {
    const file = 'FROM box\nCOPY noise /noise\nRUN sha256sum /noise > /sum\n';
    const built = await build('localhost', 'noisy', file);
    assert.equal(built.exitCode, 0, built.stderr);
    await docker.runContainer({ image: 'noisy', name: 'noisy', command: ['sleep', '1000'] });
    assert.equal(await docker.exec('noisy', ['cat', '/sum']), `${digest}  /noise\n`);
    assert.match(
      hatchway.logs(),
      /"request":"POST \/session".*"upgrade":"h2c","msg":"tunnel opened"/,
    );
  });

  await t.test('FROM scratch', async () => {
    const built = await build('localhost', 'bare', 'FROM scratch\nCOPY noise /\n');
    assert.equal(built.exitCode, 0, built.stderr);
  });

  await t.test('a step that fails ends the build with its own words', async () => {
    const file = 'FROM box\nRUN echo no such luck >&2; exit 7\n';
    const built = await build('localhost', 'failed', file);
    assert.notEqual(built.exitCode, 0);
    assert.match(built.stderr, /no such luck[\s\S]*exit code: 7/);
  });

  await t.test(
    'where h2c is not listed the build fails, and the log says what to write',
    async () => {
      const built = await build('127.0.0.1', 'none', 'FROM scratch\nCOPY noise /\n');
      assert.notEqual(built.exitCode, 0);
      assert.match(hatchway.logs(), /to h2c is not allowed on this route; .*websocket, tcp, h2c/);
    },
  );
});
