import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { leaveNothingBehind } from './leftovers.ts';
import { isRunning } from './processes.ts';

leaveNothingBehind();

test('waits for what a program says, then ends it', async (t) => {
  const child = startChild(t, 'sh', ['-c', 'echo ready at 4711; exec sleep 1000']);
  const [, port] = await child.said(/ready at (\d+)/);
  assert.equal(port, '4711');
  assert.equal(child.running, true);
  await child.stop();
  assert.equal(await child.exited, 'SIGTERM');
});

test('a program that ends instead is told with its own words', async (t) => {
  const child = startChild(t, 'sh', ['-c', 'echo no such option >&2; exit 2']);
  await assert.rejects(child.said(/ready/), /ended with 2, .*no such option/s);
});

test('a program that fell over is told from one that was stopped', async (t) => {
  const fell = startChild(t, 'sh', ['-c', 'echo out of breath; exit 3']);
  await fell.exited;
  await fell.said(/breath/);
  assert.throws(() => fell.assertRunning(), /ended by itself with 3.*out of breath/s);
  const stopped = startChild(t, 'sleep', ['1000']);
  stopped.assertRunning();
  await stopped.stop();
  stopped.assertRunning();
});

test('a program that is not there is an error and not a wait', async (t) => {
  const child = startChild(t, '/no/such/program', []);
  await assert.rejects(child.said(/ready/), /No such file/);
});

test('a program ends when the test that started it is killed', async (t) => {
  const script = `
    import { startChild } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)};
    const child = startChild({ after() {} }, 'sleep', ['1000']);
    console.log('sleeps as ' + child.pid + ';');
  `;
  const parent = startChild(t, process.execPath, ['--input-type=module', '--eval', script]);
  const [, pid] = await parent.said(/sleeps as (\d+);/);
  assert.ok(isRunning(Number(pid)));
  parent.signal('SIGKILL');
  await eventually('the sleep has ended', () => !isRunning(Number(pid)));
});
