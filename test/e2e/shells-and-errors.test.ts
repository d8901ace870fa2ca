/** What can be wrong with a container, its shells or the engine: the page says it in a sentence and has a way on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openPage, screenshot, startBrowser } from '../kit/chromium.ts';
import { ConsolePage } from '../kit/console-page.ts';
import { startDockerd } from '../kit/dockerd.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';

leaveNothingBehind();

/** Follows a deep link as somebody who was given it. */
async function follow(
  t: TestContext,
  browser: Browser,
  hatchway: Hatchway,
  path: string,
): Promise<ConsolePage> {
  const console = new ConsolePage(await openPage(t, browser));
  await console.page.goto(hatchway.urlThrough(hatchway.origin, path));
  return console;
}

test('a container', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('both', { shells: ['bash', 'sh'] });
  await docker.importImage('plain', { shells: ['sh'] });
  await docker.importImage('bare', { shells: [] });
  await docker.runContainer({ image: 'both', name: 'web-1' });
  await docker.runContainer({ image: 'plain', name: 'plain-1' });
  await docker.runContainer({ image: 'bare', name: 'bare-1' });
  const hatchway = await startHatchway(t, { dockerHost: docker.host });
  const browser = await startBrowser(t);

  await t.test('without bash opens sh, and the page says so', async (inner) => {
    const shell = await follow(inner, browser, hatchway, '/x/docker/plain-1');
    await shell.shows(/#$/);
    await shell.page.locator('.quiet-line', { hasText: /no bash.*\bsh\b/ }).waitFor();
    await screenshot(shell.page, 'no-bash');
    await shell.enters('echo $((40+2))');
    await shell.shows(/^42$/m);
    await shell.enters('exit 3');
    assert.match((await shell.outcome()).text, /sh exited with 3/);
  });

  await t.test('without any shell: said, with what was tried', async (inner) => {
    const shell = await follow(inner, browser, hatchway, '/x/docker/bare-1');
    const { text, ways } = await shell.outcome();
    await screenshot(shell.page, 'no-shell');
    assert.match(text, /bare-1.*no shell|no shell.*bare-1/i);
    assert.match(text, /Tried:.*bash.*sh/s);
    assert.match(ways.join(), /Try again.*Open with….*All workloads/s);
    assert.equal((await docker.processesOf('bare-1')).length, 1);
  });

  await t.test('asked for a user it does not know', async (inner) => {
    const shell = await follow(inner, browser, hatchway, '/x/docker/web-1?user=nobody-such');
    const { text, ways } = await shell.outcome();
    assert.match(text, /nobody-such/);
    assert.match(ways.join(), /Open with…/);
    await shell.page.getByRole('button', { name: 'Open with…' }).click();
    await shell.page.getByLabel('User').fill('worker');
    await shell.page.getByRole('button', { name: 'Open', exact: true }).click();
    await shell.shows(/\$$/);
    await shell.enters('id -un');
    await shell.shows(/^worker$/m);
  });

  await t.test('asked for a command it does not have', async (inner) => {
    const before = (await docker.processesOf('web-1')).length;
    const shell = await follow(inner, browser, hatchway, '/x/docker/web-1?cmd=no-such-program');
    // A link must not run a command unasked.
    await shell.page.getByRole('button', { name: 'Run it' }).click();
    const { text } = await shell.outcome();
    assert.match(text, /no-such-program/);
    assert.doesNotMatch(text, /OCI runtime/);
    assert.equal((await docker.processesOf('web-1')).length, before);
  });

  await t.test('that is not there', async (inner) => {
    const shell = await follow(inner, browser, hatchway, '/x/docker/web-2');
    const { text, ways } = await shell.outcome();
    assert.match(text, /web-2/);
    assert.match(ways.join(), /All workloads/);
  });

  await t.test('that stops takes its shell along, and opens again once it runs', async (inner) => {
    const shell = await follow(inner, browser, hatchway, '/x/docker/web-1');
    await shell.shows(/#$/);
    await docker.stopContainer('web-1');
    assert.match((await shell.outcome()).text, /The container web-1 stopped/);
    await screenshot(shell.page, 'container-stopped');

    await shell.page.keyboard.press('Enter');
    await shell.page.getByText(/web-1 is not running|not running/).waitFor();
    await screenshot(shell.page, 'container-not-running');

    await docker.startContainer('web-1');
    await shell.page.getByRole('button', { name: /Try again/ }).click();
    await shell.shows(/#$/);
    await shell.enters('echo $((40+2))');
    await shell.shows(/^42$/m);
  });
});

test('the Docker engine is gone', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('both', { shells: ['bash', 'sh'] });
  await docker.runContainer({ image: 'both', name: 'web-1' });
  const hatchway = await startHatchway(t, { dockerHost: docker.host });
  const browser = await startBrowser(t);

  const shell = await follow(t, browser, hatchway, '/x/docker/web-1');
  await shell.shows(/#$/);
  const engine = Number(readFileSync(join(dirname(docker.socketPath), 'pid'), 'utf8'));
  process.kill(engine, 'SIGKILL');

  await t.test('a shell that was open ends with a sentence', async () => {
    const { text, ways } = await shell.outcome();
    assert.match(text, /Docker/);
    assert.match(ways.join(), /Open a new one/);
    await screenshot(shell.page, 'docker-gone');
  });

  await t.test('a new one is refused with a sentence', async () => {
    await shell.page.keyboard.press('Enter');
    await shell.page.getByRole('heading', { name: /Docker/ }).waitFor();
    const { text, ways } = await shell.outcome();
    assert.ok(text.includes(docker.socketPath), text);
    assert.match(ways.join(), /Try again/);
  });

  await t.test('the list says so, and this machine is still there', async (inner) => {
    const page = await openPage(inner, browser);
    await page.goto(hatchway.url);
    await page.getByText(docker.socketPath).first().waitFor();
    await page.getByRole('row', { name: /shell/ }).click();
    const local = new ConsolePage(page);
    await local.shows(/[#$]$/);
    await screenshot(page, 'local');
  });
});
