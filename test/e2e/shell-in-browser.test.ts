/** A person, a browser, a container: the shell works, whatever stands between. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { sessionPath } from '../../src/wire/api.ts';
import { type Certificate, selfSignedCertificate } from '../kit/certificate.ts';
import { openPage, screenshot, startBrowser } from '../kit/chromium.ts';
import { ConsolePage } from '../kit/console-page.ts';
import { startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { startNginx } from '../kit/nginx.ts';
import { stockProxy, upgradeLines } from '../kit/stock-proxy.ts';

leaveNothingBehind();

type Place = { browser: Browser; hatchway: Hatchway };

/** Signs in by the link that Hatchway printed, at whatever origin a person would see, and opens a shell in `box`. */
async function openShell(
  t: TestContext,
  { browser, hatchway }: Place,
  origin = hatchway.origin,
): Promise<ConsolePage> {
  const shell = new ConsolePage(await openPage(t, browser));
  await shell.page.goto(hatchway.urlThrough(origin, '/x/docker/box'));
  await shell.shows(/#$/);
  return shell;
}

/** What has to work whatever stands between: the shell computes, and knows the size of the terminal on the page. */
async function assertWorks(shell: ConsolePage): Promise<void> {
  await shell.enters('echo $((40+2))');
  await shell.shows(/^42$/m);
  const sizes = new Set<string>();
  for (const [width, height] of [
    [1000, 700],
    [640, 420],
    [1280, 900],
  ] as const) {
    await shell.page.setViewportSize({ width, height });
    await eventually(`stty agrees at ${width} × ${height}`, async () => {
      const expected = await sizeOnPage(shell);
      await shell.enters('clear; stty size');
      const [size] = await shell.shows(/^\d+ \d+$/m);
      assert.equal(size, expected);
      sizes.add(size);
      return true;
    });
  }
  assert.equal(sizes.size, 3);
}

/** What the terminal on the page measures: its rows, and how much of a long line fits into one. */
async function sizeOnPage(shell: ConsolePage): Promise<string> {
  const rows = await shell.page.locator('.xterm-rows > div').count();
  await shell.enters('clear; printf %0500d 0; echo');
  const [line] = await shell.shows(/^0{20,}$/m);
  return `${rows} ${line.length}`;
}

async function assertExits(shell: ConsolePage): Promise<void> {
  await shell.enters('exit 3');
  const { text, ways } = await shell.outcome();
  assert.match(text, /bash exited with 3/);
  assert.match(ways.join(), /Open a new one.*All workloads/s);
}

async function opensDirectly(t: TestContext, { browser, hatchway }: Place): Promise<void> {
  const page = await openPage(t, browser);
  await page.goto(hatchway.url);
  await page.getByRole('row', { name: /box/ }).waitFor();
  assert.doesNotMatch(page.url(), /token/);
  await screenshot(page, 'list');
  await page.getByRole('row', { name: /box/ }).click();
  await page.waitForURL(`${hatchway.origin}/x/docker/box`);

  const shell = new ConsolePage(page);
  await shell.shows(/#$/);
  await shell.isConnectedBy('WebSocket');
  await assertWorks(shell);
  assert.equal(await shell.notice(), '');
  await screenshot(page, 'shell');
  await assertExits(shell);
  await screenshot(page, 'exited');
}

async function movesToTheWebSocket(
  t: TestContext,
  place: Place,
  certificate: Certificate,
): Promise<void> {
  const { hatchway } = place;
  const proxy = (upgrades: boolean) => stockProxy(hatchway.origin, { upgrades, certificate });
  const nginx = await startNginx(t, proxy(false));
  const origin = `https://127.0.0.1:${nginx.port}`;
  const shell = await openShell(t, place, origin);
  await shell.isConnectedBy('Streaming HTTP');
  await assertWorks(shell);
  const notice = await eventually('a notice', async () => (await shell.notice()) || undefined);
  assert.match(notice, /nginx/);
  for (const line of upgradeLines) assert.ok(notice.includes(line), `no '${line}' in: ${notice}`);
  await screenshot(shell.page, 'notice');
  const session = await shell.sessionId();
  await shell.enters('kept=here');

  const other = await openShell(t, place, origin);
  await eventually('a notice', async () => (await other.notice()) !== '');
  await other.dismissNotice();
  assert.equal(await other.notice(), '');
  await other.isConnectedBy('Streaming HTTP');
  await assertExits(other);
  assert.equal(await other.notice(), '', 'the notice came back');

  await nginx.reload(proxy(true));
  await shell.isConnectedBy('WebSocket');
  await eventually('the notice goes', async () => (await shell.notice()) === '');
  assert.equal(await shell.sessionId(), session);
  await shell.enters('echo it is $kept');
  await shell.shows(/^it is here$/m);
}

async function passesWithoutAWord(
  t: TestContext,
  place: Place,
  certificate: Certificate,
): Promise<void> {
  const proxy = stockProxy(place.hatchway.origin, { upgrades: true, certificate });
  const nginx = await startNginx(t, proxy);
  const shell = await openShell(t, place, `https://127.0.0.1:${nginx.port}`);
  await shell.isConnectedBy('WebSocket');
  await assertWorks(shell);
  await assertExits(shell);
  assert.equal(await shell.notice(), '');
}

/** 1 MiB, characters of one to four bytes, through the clipboard's own event. */
async function takesPaste(t: TestContext, place: Place): Promise<void> {
  const shell = await openShell(t, place);
  const bytes = 1024 * 1024;
  const unit = 'a0~é€😀';
  const unitBytes = Buffer.byteLength(unit);
  const text = unit.repeat(Math.floor(bytes / unitBytes)) + 'x'.repeat(bytes % unitBytes);
  await shell.enters(`stty raw -echo; echo ready; head -c ${bytes} | md5sum; stty sane`);
  await shell.shows(/^ready$/m);
  await shell.pastes(text);
  await shell.shows(new RegExp(createHash('md5').update(text).digest('hex')));
}

test('a shell in a container, in a browser', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['bash', 'sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const hatchway = await startHatchway(t, { dockerHost: docker.host });
  const place: Place = { browser: await startBrowser(t), hatchway };
  const certificate = selfSignedCertificate(t, ['IP:127.0.0.1']);

  await t.test('is one click from the printed link, works, and says how it exited', (inner) =>
    opensDirectly(inner, place),
  );
  await t.test('works through an nginx that drops upgrades, and moves once it does not', (inner) =>
    movesToTheWebSocket(inner, place, certificate),
  );
  await t.test('works through an nginx that passes upgrades, without a word', (inner) =>
    passesWithoutAWord(inner, place, certificate),
  );
  await t.test('takes a paste of 1 MiB', (inner) => takesPaste(inner, place));

  await t.test('shows a character whose bytes come one by one', async (inner) => {
    const shell = await openShell(inner, place);
    await shell.enters(
      'for b in f0 9f 98 80 c3 a9; do printf "\\x$b"; sleep 0.1; done; echo \' done\'',
    );
    await shell.shows(/^😀é done$/m);
  });

  await t.test('is still there after a reload, and its screen is there as text', async (inner) => {
    const shell = await openShell(inner, place);
    await shell.enters('kept=here');
    const session = await shell.sessionId();
    await shell.page.reload();
    await shell.shows(/kept=here\n.*#$/);
    await shell.enters('echo it is $kept');
    await shell.shows(/^it is here$/m);
    assert.equal(await shell.sessionId(), session);

    const screen = await hatchway.api(sessionPath(session, 'screen'));
    assert.match(String(screen.headers['content-type']), /^text\/plain/);
    assert.match(screen.text, /echo it is \$kept\s*\nit is here\n/);
  });
});
