import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dockerd, startDockerd } from '../../../../test/kit/dockerd.ts';
import { eventually } from '../../../../test/kit/eventually.ts';
import { leaveNothingBehind } from '../../../../test/kit/leftovers.ts';
import { DockerTarget } from '../docker.ts';
import { endProcesses } from '../session-processes.ts';
import { openRequest, RunningTerminal } from '../target-contract.ts';
import { Engine } from './engine.ts';
import { ProcessesInContainer } from './processes-in-container.ts';

leaveNothingBehind();

/** Every process of the container, those included that have ended without anybody taking note. */
async function commandsIn(docker: Dockerd, name: string): Promise<string[]> {
  return (await docker.processesOf(name)).map(({ command }) => command);
}

test('from within a container', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('with-sh', { shells: ['sh'] });
  await docker.importImage('with-bash', { shells: ['bash'] });
  await docker.importImage('bare', { shells: [] });
  const target = new DockerTarget({ host: docker.host });
  const engine = new Engine(docker.host);
  t.after(() => {
    target.close();
    engine.close();
  });

  const cases = [
    ['with-sh', undefined],
    ['with-sh', 'worker'],
    ['with-sh', '1000:1000'],
    ['with-bash', 'worker'],
  ] as const;
  for (const [index, [image, user]] of cases.entries()) {
    await t.test(`everything of ${user ?? 'root'} ends, ${image}`, async () => {
      const name = `case-${index}`;
      const containerId = await docker.runContainer({ image, name });
      const before = await commandsIn(docker, name);
      const request = openRequest(name, user === undefined ? {} : { user });
      const running = new RunningTerminal(await target.open(request));
      await running.types(
        'sleep 7101 & setsid sleep 7102 & env -i /bin/sleep 7103 & (sleep 7104; :)\n',
      );
      await eventually('four more', async () => {
        const commands = await commandsIn(docker, name);
        return commands.filter((command) => /^(?:\/bin\/)?sleep 710/.test(command)).length === 4;
      });
      const session = { containerId, sessionId: request.sessionId, user: user ?? '' };
      assert.equal(await endProcesses(new ProcessesInContainer(engine, session)), true);
      await running.exit;
      // What it detached on purpose has no parent here that takes note of its end.
      const left = (await commandsIn(docker, name)).filter((command) => !/defunct/.test(command));
      assert.deepEqual(left, before);
      await docker.removeContainer(name);
    });
  }

  await t.test('a shell leaves nothing behind that waits for its parent', async () => {
    const containerId = await docker.runContainer({ image: 'with-sh', name: 'tidy' });
    const before = await commandsIn(docker, 'tidy');
    const request = openRequest('tidy', { command: ['sh', '-c', 'sh -c "sleep 7105; :"; :'] });
    const running = new RunningTerminal(await target.open(request));
    await eventually('its grandchild', async () =>
      (await commandsIn(docker, 'tidy')).includes('sleep 7105'),
    );
    const session = { containerId, sessionId: request.sessionId, user: '' };
    assert.equal(await endProcesses(new ProcessesInContainer(engine, session)), true);
    await running.exit;
    assert.deepEqual(await commandsIn(docker, 'tidy'), before);
  });

  await t.test('an image without a shell cannot be looked into, and that is said', async () => {
    const containerId = await docker.runContainer({ image: 'bare', name: 'bare' });
    const session = { containerId, sessionId: 'nobody', user: '' };
    assert.equal(await endProcesses(new ProcessesInContainer(engine, session)), false);
  });

  await t.test('a container that is stopped or gone has nothing left', async () => {
    const containerId = await docker.runContainer({ image: 'with-sh', name: 'stopped' });
    await docker.stopContainer('stopped');
    const session = { containerId, sessionId: 'nobody', user: '' };
    assert.equal(await endProcesses(new ProcessesInContainer(engine, session)), true);
    await docker.removeContainer('stopped');
    assert.equal(await endProcesses(new ProcessesInContainer(engine, session)), true);
  });
});
