/** What every target does, whatever it is: a suite that each one's test file runs against the real thing. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from '../../../test/kit/eventually.ts';
import type { OpenTerminal, Target, Terminal, TerminalExit } from './target.ts';

export type TargetUnderTest = {
  readonly target: Target;
  /** Something to open that has sh, stty, cat, head, md5sum and sleep. */
  readonly workload: string;
  /** Somebody else who may be opened as. */
  readonly otherUser: string;
  /** How many processes whose command line holds `text` run there. */
  countOf(text: string): Promise<number>;
};

/** A terminal with what came out of it. */
export class RunningTerminal {
  readonly terminal: Terminal;
  readonly exit: Promise<TerminalExit>;
  #output = Buffer.alloc(0);

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.exit = new Promise((resolve) => {
      terminal.start({
        onOutput: (bytes) => {
          this.#output = Buffer.concat([this.#output, bytes]);
        },
        onExit: resolve,
      });
    });
  }

  get output(): Buffer {
    return this.#output;
  }

  prints(pattern: RegExp): Promise<true> {
    return eventually(`output that matches ${pattern}`, () => {
      if (pattern.test(this.#output.toString('latin1'))) return true;
      throw new Error(JSON.stringify(this.#output.subarray(-500).toString('latin1')));
    });
  }

  types(text: string): Promise<void> {
    return this.terminal.write(Buffer.from(text));
  }
}

let sessions = 0;

export function openRequest(workload: string, more: Partial<OpenTerminal> = {}): OpenTerminal {
  return {
    workload,
    cols: 91,
    rows: 33,
    sessionId: `test.${process.pid}-${sessions++}`,
    onStep: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

/** Runs the suite; `make` is called once, within a test. */
export function targetContract(
  name: string,
  make: (t: { after(undo: () => unknown): void }) => Promise<TargetUnderTest>,
): void {
  test(`${name} keeps the contract of targets`, async (t) => {
    const { target, workload, otherUser, countOf } = await make(t);
    const open = async (more: Partial<OpenTerminal> = {}) =>
      new RunningTerminal(await target.open(openRequest(workload, more)));
    const sh = (script: string) => open({ command: ['sh', '-c', script] });

    await t.test('lists what can be opened', async () => {
      const workloads = await target.list(AbortSignal.timeout(5_000));
      assert.equal(workloads.find(({ id }) => id === workload)?.openable, true);
    });

    await t.test('opens a shell of its own choice, and says each step', async () => {
      const steps: string[] = [];
      const shell = await open({ onStep: (step) => steps.push(step) });
      await shell.types('echo $((40+2)); exit 3\n');
      assert.equal((await shell.exit).exitCode, 3);
      assert.match(shell.output.toString(), /[\r\n]42\r\n/);
      assert.ok(
        steps.some((step) => step.startsWith('Starting ')),
        steps.join('; '),
      );
      assert.equal(shell.terminal.command.length, 1);
    });

    await t.test('has the size that was asked for, and then the newest', async () => {
      // An engine before API 1.42 can be told the size only when the process runs.
      const shell = await sh(
        'until stty size | grep "33 91"; do sleep 0.01; done; while read -r line; do stty size; done',
      );
      await shell.prints(/33 91\r\n/);
      for (let rows = 10; rows < 40; rows++) shell.terminal.resize(100, rows);
      await eventually('the newest size', async () => {
        await shell.types('\n');
        return /39 100\r\n$/.test(shell.output.toString());
      });
      await shell.terminal.end();
    });

    await t.test('passes arguments as they are', async () => {
      const shell = await open({
        command: ['sh', '-c', 'printf "%s|" "$@"', 'sh', 'a b', '"', '$HOME', ''],
      });
      await shell.exit;
      assert.equal(shell.output.toString(), 'a b|"|$HOME||');
    });

    await t.test('runs as somebody else, and says who is unknown', async () => {
      const shell = await open({ command: ['sh', '-c', 'id -un'], user: otherUser });
      await shell.exit;
      assert.equal(shell.output.toString(), `${otherUser}\r\n`);
      await assert.rejects(target.open(openRequest(workload, { user: 'nobody-such' })), {
        code: 'HW_USER_UNKNOWN',
        message: /nobody-such/,
      });
    });

    await t.test('says what cannot be started', async () => {
      const cases = [
        [{ command: ['no-such-program'] }, 'HW_COMMAND_NOT_FOUND', /no-such-program/],
        [{ command: ['/etc/passwd'] }, 'HW_COMMAND_NOT_FOUND', /passwd/],
        [{ workload: 'no-such-workload' }, 'HW_WORKLOAD_UNKNOWN', /no-such-workload/],
      ] as const;
      for (const [more, code, message] of cases) {
        await assert.rejects(target.open(openRequest(workload, more)), { code, message });
      }
    });

    await t.test('a program that says what a failed start would say still runs', async () => {
      const text = 'OCI runtime exec failed: not really';
      const shell = await sh(`echo "${text}"; read -r go; exit 4`);
      await shell.prints(/not really/);
      await shell.types('\n');
      assert.equal((await shell.exit).exitCode, 4);
    });

    await t.test('takes every byte as it is, a megabyte of them', async () => {
      const bytes = randomBytes(1024 * 1024);
      const shell = await sh(`stty raw -echo; echo ready; head -c ${bytes.length} | md5sum`);
      await shell.prints(/ready/);
      await shell.terminal.write(bytes);
      await shell.exit;
      assert.match(
        shell.output.toString(),
        new RegExp(createHash('md5').update(bytes).digest('hex')),
      );
    });

    await t.test('gives every byte as it is, split anywhere', async () => {
      const shell = await sh('stty raw -echo; echo ready; exec cat');
      await shell.prints(/ready\n$/);
      const sample = Buffer.concat([
        Uint8Array.from({ length: 256 }, (_, i) => i),
        Buffer.from('😀'),
      ]);
      for (const byte of sample) await shell.terminal.write(Uint8Array.of(byte));
      await eventually('all of them', () => shell.output.length === 6 + sample.length);
      assert.deepEqual(shell.output.subarray(6), sample);
      await shell.terminal.end();
    });

    await t.test('a paused process waits, and loses nothing of its last words', async () => {
      const lines = 100_000;
      const shell = await sh(`stty -echo; echo ready; read -r go; seq ${lines}; exit 5`);
      await shell.prints(/ready\r\n$/);
      const start = shell.output.length;
      await shell.types('\n');
      for (let paused = 0; paused < 5; paused++) {
        shell.terminal.pause();
        shell.terminal.pause();
        await new Promise((resolve) => setTimeout(resolve, 20));
        shell.terminal.resume();
        await eventually('some more', () => shell.output.length > start + paused * 10_000);
      }
      assert.equal((await shell.exit).exitCode, 5);
      const expected = Array.from({ length: lines }, (_, i) => `${i + 1}\r\n`).join('');
      assert.ok(shell.output.subarray(start).equals(Buffer.from(expected)));
    });

    await t.test(
      'ends with everything it started, deaf, detached or in the background',
      async () => {
        // Seconds, which busybox counts in 32 bits.
        const mark = `9${Date.now() % 10_000_000}`;
        const shell = await open();
        await shell.types(
          `${[
            `sleep ${mark}1 &`,
            `(trap '' HUP; exec sleep ${mark}2) &`,
            `setsid sleep ${mark}3 &`,
            `env -i sleep ${mark}4 &`,
            `trap '' HUP TERM INT; sleep ${mark}5`,
          ].join(' ')}\n`,
        );
        await eventually('five processes', async () => {
          const count = await countOf(`sleep ${mark}`);
          if (count >= 5) return true;
          throw new Error(
            `${count}, and the terminal says ${JSON.stringify(shell.output.toString())}`,
          );
        });
        assert.equal(await shell.terminal.end(), true);
        await shell.exit;
        await eventually('none', async () => (await countOf(`sleep ${mark}`)) === 0);
      },
    );

    await t.test('ending what has ended is no error', async () => {
      const shell = await sh('exit 0');
      assert.equal((await shell.exit).exitCode, 0);
      assert.equal(await shell.terminal.end(), true);
      await assert.rejects(shell.terminal.write(Buffer.from('x')));
      shell.terminal.resize(10, 10);
      shell.terminal.pause();
      shell.terminal.resume();
    });
  });
}
