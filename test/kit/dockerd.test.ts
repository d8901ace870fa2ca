import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { type Dockerd, startDockerd } from './dockerd.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { isRunning } from './processes.ts';

leaveNothingBehind();

test('an engine of its own', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('both', { shells: ['bash', 'sh'] });
  await docker.importImage('plain', { shells: ['sh'] });
  await docker.importImage('bare', { shells: [] });

  await t.test('an image with bash has a real bash, and the users root and worker', async () => {
    await docker.runContainer({ image: 'both', name: 'with-bash', env: { GREETING: 'hello' } });
    const said = await docker.exec('with-bash', [
      'bash',
      '-c',
      'echo $BASH_VERSION $GREETING $UID',
    ]);
    assert.match(said, /^\d+\.\d+\S* hello 0\n$/);
    assert.match(await docker.exec('with-bash', ['id', 'worker']), /^uid=1000\(worker\)/);
  });

  await t.test('an image without bash has sh', async () => {
    await docker.runContainer({ image: 'plain', name: 'without-bash' });
    assert.equal(await docker.exec('without-bash', ['sh', '-c', 'echo $((40+2))']), '42\n');
    await assert.rejects(docker.exec('without-bash', ['bash', '-c', 'true']), /not found/);
  });

  await t.test('an image without a shell runs all the same', async () => {
    await docker.runContainer({ image: 'bare', name: 'without-shell' });
    const processes = await docker.processesOf('without-shell');
    assert.deepEqual(
      processes.map((each) => each.command),
      ['/app/busybox-server sleep 1000000'],
    );
    await assert.rejects(docker.exec('without-shell', ['sh', '-c', 'true']), /not found/);
  });

  await t.test('a stopped container starts again', async () => {
    await docker.stopContainer('without-bash');
    await assert.rejects(docker.processesOf('without-bash'), /not running/);
    await docker.startContainer('without-bash');
    assert.equal((await docker.processesOf('without-bash')).length, 1);
  });
});

test('nothing of an engine is left, not even when it was killed in the middle', async (t) => {
  let docker: Dockerd | undefined;
  let container = 0;
  await t.test('a container runs and the engine is killed', async (inner) => {
    docker = await startDockerd(inner);
    await docker.importImage('plain', { shells: ['sh'] });
    await docker.runContainer({ image: 'plain', name: 'orphan' });
    container = (await docker.processesOf('orphan'))[0]?.pid ?? 0;
    assert.ok(isRunning(container));
    const engine = Number(readFileSync(`${dirname(docker.socketPath)}/pid`, 'utf8'));
    process.kill(engine, 'SIGKILL');
  });
  assert.ok(docker !== undefined);
  const folder = dirname(docker.socketPath);
  assert.equal(existsSync(folder), false);
  assert.equal(isRunning(container), false);
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(folder), false);
});
