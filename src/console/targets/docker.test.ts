import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDockerd } from '../../../test/kit/dockerd.ts';
import { leaveNothingBehind } from '../../../test/kit/leftovers.ts';
import { DockerTarget } from './docker.ts';
import { openRequest, RunningTerminal, targetContract } from './target-contract.ts';

leaveNothingBehind();

targetContract('the Docker engine', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['bash', 'sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const target = new DockerTarget({ host: docker.host });
  t.after(() => target.close());
  return {
    target,
    workload: 'box',
    otherUser: 'worker',
    countOf: async (text) =>
      (await docker.processesOf('box')).filter(({ command }) => command.startsWith(text)).length,
  };
});

test('a container', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('both', { shells: ['bash', 'sh'] });
  await docker.importImage('only-sh', { shells: ['sh'] });
  await docker.importImage('bare', { shells: [] });
  const target = new DockerTarget({ host: docker.host });
  t.after(() => target.close());

  await t.test('is asked for the shell that its label, then its environment names', async () => {
    await docker.runContainer({
      image: 'both',
      name: 'labelled',
      labels: { 'hatchway.shell': 'sh' },
    });
    await docker.runContainer({ image: 'both', name: 'with-env', env: { SHELL: '/bin/sh' } });
    for (const [name, shell] of [
      ['labelled', 'sh'],
      ['with-env', '/bin/sh'],
    ] as const) {
      const running = new RunningTerminal(await target.open(openRequest(name)));
      assert.deepEqual(running.terminal.command, [shell]);
      assert.equal(running.terminal.notice, undefined);
      await running.terminal.end();
    }
  });

  await t.test('without bash gets sh, and a word about it', async () => {
    await docker.runContainer({ image: 'only-sh', name: 'small' });
    const running = new RunningTerminal(await target.open(openRequest('small')));
    assert.deepEqual(running.terminal.command, ['sh']);
    assert.match(running.terminal.notice ?? '', /no bash.*sh/);
    await running.terminal.end();
  });

  await t.test('without any shell: what was tried, and nothing left running', async () => {
    await docker.runContainer({ image: 'bare', name: 'bare' });
    await assert.rejects(target.open(openRequest('bare')), {
      code: 'HW_NO_SHELL',
      tried: ['bash', 'sh'],
    });
    assert.equal((await docker.processesOf('bare')).length, 1);
  });

  await t.test('that is paused or stopped is not opened, and says how to go on', async () => {
    await docker.runContainer({ image: 'both', name: 'sleepy' });
    await docker.request('POST', '/containers/sleepy/pause');
    await assert.rejects(target.open(openRequest('sleepy')), {
      code: 'HW_WORKLOAD_NOT_RUNNING',
      remedy: /unpause/,
    });
    await docker.request('POST', '/containers/sleepy/unpause');
    await docker.stopContainer('sleepy');
    await assert.rejects(target.open(openRequest('sleepy')), {
      code: 'HW_WORKLOAD_NOT_RUNNING',
      remedy: /docker start sleepy/,
    });
    const listed = await target.list(AbortSignal.timeout(5_000));
    assert.equal(listed.find(({ id }) => id === 'sleepy')?.openable, false);
    assert.equal(listed.at(-1)?.id, 'sleepy', 'what cannot be opened comes last');
  });

  await t.test('that stops under a shell says so', async () => {
    await docker.runContainer({ image: 'both', name: 'stopping' });
    const running = new RunningTerminal(await target.open(openRequest('stopping')));
    await docker.stopContainer('stopping');
    assert.match((await running.exit).reason, /container stopping stopped/);
    assert.equal(await running.terminal.end(), true);
  });

  await t.test('in which a shell is killed says so', async () => {
    await docker.runContainer({ image: 'both', name: 'killing' });
    for (const [signal, exitCode, reason] of [
      ['KILL', 137, /in killing was killed \(SIGKILL\)/],
      ['TERM', 143, /in killing was asked to end \(SIGTERM\)/],
    ] as const) {
      const command = ['sh', '-c', `kill -${signal} $$`];
      const running = new RunningTerminal(await target.open(openRequest('killing', { command })));
      const exit = await running.exit;
      assert.equal(exit.exitCode, exitCode);
      assert.match(exit.reason, reason);
    }
  });

  await t.test(
    'with a background child that holds the terminal: the shell’s exit counts',
    async () => {
      await docker.runContainer({ image: 'both', name: 'holding' });
      const command = ['sh', '-c', 'sleep 1000 & exit 6'];
      const running = new RunningTerminal(await target.open(openRequest('holding', { command })));
      assert.equal((await running.exit).exitCode, 6);
      assert.equal(await running.terminal.end(), true);
      assert.equal((await docker.processesOf('holding')).length, 1);
    },
  );
});

test('an engine that is not there is named, with what to do', async () => {
  const target = new DockerTarget({ host: 'unix:///nowhere/docker.sock' });
  for (const attempt of [
    target.list(AbortSignal.timeout(1_000)),
    target.open(openRequest('any')),
  ]) {
    await assert.rejects(attempt, {
      code: 'HW_TARGET_UNREACHABLE',
      message: /unix:\/\/\/nowhere\/docker\.sock.*no such socket/,
    });
  }
  target.close();
});
