/** A browser that never comes back: its shell waits for the grace time, and then nothing of it is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, startBrowser } from '../kit/chromium.ts';
import { ConsolePage } from '../kit/console-page.ts';
import { startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';

leaveNothingBehind();

test('after the grace time no process of a shell is left in its container', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['bash', 'sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const hatchway = await startHatchway(t, {
    dockerHost: docker.host,
    config: 'console: { grace: 2s }\n',
  });
  const browser = await startBrowser(t);
  const page = await openPage(t, browser);
  await page.goto(hatchway.urlThrough(hatchway.origin, '/x/docker/box'));
  const shell = new ConsolePage(page);
  await shell.shows(/#$/);

  // Each in its own way holds on to life: in the background, deaf to a hang-up, in a session of its own.
  await shell.enters("sleep 1001 & (trap '' HUP TERM; exec sleep 1002) & setsid sleep 1003 &");
  await shell.enters("trap '' HUP TERM; echo armed$((40+2)); sleep 1004");
  await shell.shows(/armed42/);
  const commands = async () => (await docker.processesOf('box')).map(({ command }) => command);
  const running = await eventually('everything runs that was started', async () => {
    const found = await commands();
    for (const seconds of [1001, 1002, 1003, 1004]) {
      assert.ok(found.includes(`sleep ${seconds}`), found.join('; '));
    }
    return found;
  });

  await page.context().close();
  await eventually('Hatchway has noticed that nobody looks', async () =>
    (await hatchway.sessions()).every(({ viewers }) => viewers === 0),
  );
  assert.equal((await commands()).length, running.length, 'the shell did not wait');

  await eventually('nothing is left but the process of the container', async () => {
    assert.deepEqual(await commands(), ['sleep 1000000']);
    return true;
  });
  await eventually('the session says that it has ended', async () => {
    const [session] = await hatchway.sessions();
    return session === undefined || session.state.phase === 'ended';
  });
});
