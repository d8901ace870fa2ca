import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalTarget } from './local.ts';
import { openRequest, RunningTerminal, targetContract } from './target-contract.ts';

targetContract('this machine', async () => ({
  target: new LocalTarget(),
  workload: 'shell',
  otherUser: process.getuid?.() === 0 ? 'nobody' : (process.env.USER ?? ''),
  countOf: async (text) => commandLines().filter((line) => line.startsWith(text)).length,
}));

test('what a process printed before it ended is not lost while nobody reads', async () => {
  const open = (script: string) =>
    new LocalTarget().open(openRequest('shell', { command: ['sh', '-c', script] }));
  // As much as the kernel keeps, and an end that nobody waits for.
  const terminal = await open('echo begin; seq 500; exit 3');
  const exited = new Promise<void>((resolve) => {
    const look = () => {
      if (commandLines().some((line) => line.startsWith('sh -c echo begin'))) setTimeout(look, 10);
      else resolve();
    };
    look();
  });
  await exited;
  // Longer than node-pty would have kept it.
  await delay(400);
  const running = new RunningTerminal(terminal);
  assert.equal((await running.exit).exitCode, 3);
  const lines = Array.from({ length: 500 }, (_, i) => `${i + 1}\r\n`).join('');
  assert.equal(running.output.toString(), `begin\r\n${lines}`);
});

test('a paste that nobody reads waits without keeping the process busy', async () => {
  const terminal = await new LocalTarget().open(
    openRequest('shell', { command: ['sh', '-c', 'stty raw -echo; echo ready; sleep 1000'] }),
  );
  const running = new RunningTerminal(terminal);
  await running.prints(/ready/);
  let taken = false;
  const writing = terminal.write(Buffer.alloc(1024 * 1024, 'x')).then(
    () => {
      taken = true;
    },
    () => {},
  );
  const before = process.cpuUsage();
  await delay(300);
  const { user, system } = process.cpuUsage(before);
  assert.equal(taken, false);
  assert.ok(user + system < 200_000, `${(user + system) / 1000} ms of processor time`);
  assert.equal(await terminal.end(), true);
  await running.exit;
  await writing;
  assert.equal(taken, false);
});

test('an end by a signal is named', async () => {
  const command = ['sh', '-c', 'kill -TERM $$'];
  const terminal = await new LocalTarget().open(openRequest('shell', { command }));
  assert.deepEqual(await new RunningTerminal(terminal).exit, {
    exitCode: 143,
    reason: 'sh was ended by SIGTERM.',
  });
});

test('somebody else gets none of the groups of root', async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('not root: nobody else can be become');
  const open = async (user: string) => {
    const request = openRequest('shell', { command: ['id', '-G'], user });
    const running = new RunningTerminal(await new LocalTarget().open(request));
    await running.exit;
    return running.output.toString().trim();
  };
  const [, , , nobodyGroup = ''] = (/^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [
    '',
  ])[0].split(':');
  assert.equal(await open('nobody'), nobodyGroup);
  assert.equal(await open('nobody:daemon'), '1');
  await assert.rejects(open('nobody:no-such-group'), { code: 'HW_USER_UNKNOWN' });
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended meanwhile.
        return '';
      }
    });
}
