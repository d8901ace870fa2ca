import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../../../test/kit/eventually.ts';
import { type SessionProcess, sessionVariable } from '../session-processes.ts';
import { processesScript, readProcesses } from './processes-script.ts';

const shells = [
  ['/bin/dash'],
  ['/bin/busybox', 'sh'],
  ['/bin/bash', '--posix'],
  ['/bin/bash'],
].filter(([shell = '']) => existsSync(shell));

type Tools = 'with grep' | 'with nothing';

let sessions = 0;

/** A terminal session of this machine, whose leader it is, as an exec would be. */
function startSession(t: TestContext, script: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn('setsid', ['sh', '-c', script], { env, stdio: 'ignore' });
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null)
      process.kill(-(child.pid ?? 0), 'SIGKILL');
  });
  return child;
}

function run(
  shell: readonly string[],
  tools: Tools,
  id: string,
  signal = 'HUP',
  pids: readonly number[] = [],
  known: readonly number[] = [],
): SessionProcess[] {
  const [program = '', ...args] = shell;
  const parameters = [id, signal, pids.join(' '), known.join(' ')];
  const printed = execFileSync(
    program,
    [...args, '-c', processesScript, 'hatchway', ...parameters],
    {
      // Without a PATH there is no grep, as in the smallest of images.
      env: tools === 'with grep' ? { PATH: '/usr/bin:/bin' } : { PATH: '/nonexistent' },
      // Node's pipes are sockets, and bash takes a socket for the call of a remote shell.
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const processes = readProcesses(printed.toString());
  assert.ok(processes !== undefined, printed.toString());
  return processes;
}

for (const shell of shells) {
  for (const tools of ['with grep', 'with nothing'] as const) {
    const list = run.bind(undefined, shell, tools);

    test(`in ${shell.join(' ')} ${tools}: processes are found by tag and terminal session`, async (t) => {
      const id = `script-test.${process.pid}-${sessions++}`;
      const child = startSession(t, 'env -i /bin/sleep 7001 & /bin/sleep 7002; :', {
        PATH: process.env.PATH ?? '',
        // Values before the tag, of all kinds: what is read may not stop at them.
        ODD: 'line\nbreak \\ "quote" é',
        [sessionVariable]: id,
      });
      await eventually('three processes', () => list(id).length === 3);
      const found = list(id);
      const children = found.filter(({ parent }) => parent === child.pid);
      assert.equal(children.length, 2, JSON.stringify(found));
      assert.ok(found.every(({ terminalSession }) => terminalSession === child.pid));

      // Its children end, and the shell with them; whoever is not of the session is left alone.
      list(id, 'HUP', [...children.map(({ pid }) => pid), process.pid]);
      await once(child, 'exit');
      assert.deepEqual(list(id), []);
    });
  }

  test(`in ${shell.join(' ')}: a terminal session that is known needs no tag`, async (t) => {
    const id = `script-test.${process.pid}-${sessions++}`;
    const list = run.bind(undefined, shell, 'with grep');
    const child = startSession(t, 'exec env -i /bin/sleep 7003', { PATH: process.env.PATH ?? '' });
    const session = child.pid ?? 0;
    await eventually('the session', () => list(id, 'HUP', [], [session]).length === 1);
    assert.deepEqual(list(id), []);
    const exited = once(child, 'exit');
    list(id, 'KILL', [session], [session]);
    await exited;
    assert.deepEqual(list(id, 'HUP', [], [session]), []);
  });
}

test('what did not get to its end is no list', () => {
  assert.equal(readProcesses('12 1 12\r\n'), undefined);
  assert.equal(readProcesses(''), undefined);
  assert.deepEqual(readProcesses('12 1 12\r\nend\r\n'), [
    { pid: 12, parent: 1, terminalSession: 12 },
  ]);
  assert.deepEqual(readProcesses('end\n'), []);
});
