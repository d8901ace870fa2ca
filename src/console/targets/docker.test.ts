import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startDockerd } from '../../../test/kit/dockerd.ts';
import { eventually } from '../../../test/kit/eventually.ts';
import { leaveNothingBehind } from '../../../test/kit/leftovers.ts';
import { isRunning } from '../../../test/kit/processes.ts';
import { tempFolder } from '../../../test/kit/temp.ts';
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

  await t.test('is asked for the shell that its image names, if nothing else does', async () => {
    const folder = tempFolder(t, 'image');
    writeFileSync(join(folder, 'Dockerfile'), 'FROM both\nSHELL ["/bin/sh", "-c"]\n');
    const context = execFileSync('tar', ['-C', folder, '-cf', '-', '.']);
    await docker.request('POST', '/build?t=with-shell', context);
    await docker.runContainer({ image: 'with-shell', name: 'from-image' });
    const running = new RunningTerminal(await target.open(openRequest('from-image')));
    assert.deepEqual(running.terminal.command, ['/bin/sh']);
    await running.terminal.end();
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

test('an engine that goes away under a shell is named, and soon', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const target = new DockerTarget({ host: docker.host });
  t.after(() => target.close());
  const running = new RunningTerminal(await target.open(openRequest('box')));
  const shells = await docker.processesOf('box');
  process.kill(Number(readFileSync(join(dirname(docker.socketPath), 'pid'), 'utf8')), 'SIGKILL');
  const { exitCode, reason } = await running.exit;
  assert.equal(exitCode, null);
  assert.match(reason, /The Docker engine at unix:\/\/\S+ stopped answering/);
  // The container lives on without its engine, but not with what was started from here.
  assert.equal(await running.terminal.end(), true);
  assert.deepEqual(
    shells.map(({ pid }) => isRunning(pid)),
    [true, false],
  );
});

test('a stream that is lost does not leave its process behind', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  // A line between Hatchway and the engine that can be cut.
  const lines = new Set<Socket>();
  const relay = createServer((socket) => {
    const engine = connect(docker.socketPath);
    for (const [one, other] of [
      [socket, engine],
      [engine, socket],
    ] as const) {
      lines.add(one);
      one.on('data', (chunk) => other.write(chunk));
      one.on('close', () => other.destroy());
      one.on('error', () => {});
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  t.after(() => relay.close());
  const { port } = relay.address() as AddressInfo;
  const target = new DockerTarget({ host: `tcp://127.0.0.1:${port}` });
  t.after(() => target.close());
  const running = new RunningTerminal(await target.open(openRequest('box')));
  for (const line of lines) line.destroy();
  const { exitCode, reason } = await running.exit;
  assert.equal(exitCode, null);
  assert.match(reason, /connection to the process in box was lost/);
  await eventually('it is gone', async () => (await docker.processesOf('box')).length === 1);
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
