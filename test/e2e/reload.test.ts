/** A configuration that changes while it is served, and what the admin listener says of it. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Child, startChild } from '../kit/child.ts';
import { hatchwayPath } from '../kit/hatchway.ts';
import { httpRequest } from '../kit/http-client.ts';
import { freePort } from '../kit/ports.ts';
import { tempFolder } from '../kit/temp.ts';

type Running = {
  readonly child: Child;
  readonly port: number;
  readonly adminPort: number;
  readonly file: string;
  /** Where the next words of the log begin. */
  readonly configure: (text: string) => void;
};

async function start(t: TestContext): Promise<Running> {
  const folder = tempFolder(t, 'reload');
  const file = join(folder, 'hatchway.yaml');
  const [port, adminPort] = [await freePort(), await freePort()];
  const configure = (text: string) =>
    writeFileSync(
      file,
      `listen: 127.0.0.1:${port}\nadmin: 127.0.0.1:${adminPort}\nconsole: { enabled: false }\n` +
        `sites:\n  - host: a.test\n    routes: [{ path: /, ${text} }]\n`,
    );
  configure('answer: { status: 200, body: one }');
  const child = startChild(t, hatchwayPath, [
    ...['up', '-c', file, '--data-dir', join(folder, 'data')],
  ]);
  await child.said(/Hatchway is ready/);
  return { child, port, adminPort, file, configure };
}

async function answer({ port }: Running): Promise<string> {
  return (await httpRequest(`http://a.test:${port}/`, { port })).text;
}

async function status({ adminPort }: Running): Promise<{ lastReload?: { succeeded: boolean } }> {
  const response = await httpRequest(`http://127.0.0.1:${adminPort}/status`);
  return JSON.parse(response.text) as { lastReload?: { succeeded: boolean } };
}

test('a changed file is served, a bad one is not and says why, and SIGHUP looks again', async (t) => {
  const running = await start(t);
  const { child, configure } = running;
  assert.equal(await answer(running), 'one');
  configure('answer: { status: 200, body: two }');
  await child.said(/the new configuration is served/);
  assert.equal(await answer(running), 'two');

  configure('answr: { status: 200, body: three }');
  await child.said(/the old configuration goes on/);
  assert.match(child.output, /hatchway\.yaml:6:\d+: unknown key `answr`; did you mean `answer`\?/);
  assert.equal(await answer(running), 'two');
  assert.equal((await status(running)).lastReload?.succeeded, false);

  const from = child.output.length;
  configure('answer: { status: 200, body: four }');
  child.signal('SIGHUP');
  await child.said(/the new configuration is served/, from);
  assert.equal(await answer(running), 'four');
  assert.equal((await status(running)).lastReload?.succeeded, true);
});

test('what is wrong is told once, although both SIGHUP and the file ask to look', async (t) => {
  const { child, configure } = await start(t);
  const from = child.output.length;
  configure('answr: { status: 200, body: two }');
  child.signal('SIGHUP');
  await child.said(/the old configuration goes on/, from);
  // That nothing comes is seen by waiting only: twice as long as a change of the file is waited for.
  await setTimeout(600);
  assert.equal(child.output.slice(from).match(/the old configuration goes on/g)?.length, 1);
});

test('a change is noticed although other files of its folder come, go and are written to all the time', async (t) => {
  const running = await start(t);
  const [log, passing] = [`${running.file}.log`, `${running.file}.tmp`];
  const busy = setInterval(() => {
    appendFileSync(log, 'GET / 200\n');
    writeFileSync(passing, '');
    rmSync(passing);
  }, 20);
  t.after(() => clearInterval(busy));
  running.configure('answer: { status: 200, body: two }');
  await running.child.said(/the new configuration is served/);
  assert.equal(await answer(running), 'two');
});

test('a secret that is in a file of its own is read again when that changes', async (t) => {
  const running = await start(t);
  const { child, file, configure } = running;
  const token = `${file}.token`;
  writeFileSync(token, 'first\n');
  configure(
    `answer: { status: 204 }, headers: { response: { set: { X-Token: "file:${token}" } } }`,
  );
  await child.said(/the new configuration is served/);
  const from = child.output.length;
  writeFileSync(token, 'second\n');
  await child.said(/the new configuration is served/, from);
  const { headers } = await httpRequest(`http://a.test:${running.port}/`, { port: running.port });
  assert.equal(headers['x-token'], 'second');
});

test('what is dangerous in a new configuration is said once, and what needs a restart is not served', async (t) => {
  const { child, file, configure } = await start(t);
  const unverified = 'to: "https://127.0.0.1:1", upstreamTls: { verify: false }';
  configure(unverified);
  await child.said(/the new configuration is served/);
  configure(`${unverified}, maxBody: 1KiB`);
  await child.said(/the new configuration is served.*the new configuration is served/s);
  assert.equal(child.output.match(/verify: false/g)?.length, 1);

  writeFileSync(file, readFileSync(file, 'utf8').replace('enabled: false', 'enabled: true'));
  await child.said(/the console was off at the start.*the old configuration goes on/);
});

test('a file that is gone leaves the old configuration', async (t) => {
  const running = await start(t);
  rmSync(running.file);
  await running.child.said(/the old configuration goes on/);
  assert.equal(await answer(running), 'one');
});

test('the admin listener tells health, readiness and metrics, to nobody under a foreign name', async (t) => {
  const running = await start(t);
  await answer(running);
  const { adminPort } = running;
  const at = (path: string, host?: string) =>
    httpRequest(
      `http://127.0.0.1:${adminPort}${path}`,
      host === undefined ? {} : { headers: { host } },
    );
  assert.equal((await at('/healthz')).status, 200);
  assert.equal((await at('/readyz')).text, 'ready\n');
  assert.match((await at('/metrics')).text, /^hatchway_\w+\{.*site="a\.test".*\} 1$/m);
  assert.equal((await at('/status', 'rebound.example')).status, 403);
});
