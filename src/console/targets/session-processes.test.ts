import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { endProcesses, type SessionProcess, type SessionProcesses } from './session-processes.ts';

/** A family of processes that end, or not, as told; a parent that has ended leaves its children to process 1. */
class Family implements SessionProcesses {
  readonly signals: string[] = [];
  /** Those whose parent was gone when they ended: nobody takes note of it. */
  readonly unnoticed: number[] = [];
  #left: Map<number, { parent: number; deaf?: boolean; immortal?: boolean }>;

  constructor(members: Record<number, { parent: number; deaf?: boolean; immortal?: boolean }>) {
    this.#left = new Map(Object.entries(members).map(([pid, member]) => [Number(pid), member]));
  }

  async exchange(signal: 'HUP' | 'KILL', pids: readonly number[]): Promise<SessionProcess[]> {
    for (const pid of pids) {
      const member = this.#left.get(pid);
      this.signals.push(`${signal} ${pid}`);
      if (member === undefined || member.immortal === true) continue;
      if (signal === 'HUP' && member.deaf === true) continue;
      if (member.parent !== 0 && !this.#left.has(member.parent)) this.unnoticed.push(pid);
      this.#left.delete(pid);
    }
    return [...this.#left].map(([pid, { parent }]) => ({ pid, parent, terminalSession: 10 }));
  }
}

/** Runs it on a clock that this test turns. */
async function end(t: TestContext, family: SessionProcesses): Promise<boolean> {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let ended: boolean | undefined;
  const ending = endProcesses(family).then((result) => {
    ended = result;
  });
  while (ended === undefined) {
    await new Promise(setImmediate);
    now += 20;
    t.mock.timers.tick(20);
  }
  await ending;
  return ended;
}

test('children are hung up before their parents, each once', async (t) => {
  const family = new Family({ 10: { parent: 0 }, 11: { parent: 10 }, 12: { parent: 11 } });
  assert.equal(await end(t, family), true);
  assert.deepEqual(family.signals, ['HUP 12', 'HUP 11', 'HUP 10']);
  assert.deepEqual(family.unnoticed, []);
});

test('who does not listen is killed, after a second', async (t) => {
  const family = new Family({ 10: { parent: 0 }, 11: { parent: 10, deaf: true } });
  assert.equal(await end(t, family), true);
  assert.deepEqual(family.signals, ['HUP 11', 'HUP 10', 'KILL 11']);
});

test('who cannot be ended is not said to have ended', async (t) => {
  const family = new Family({ 10: { parent: 0, immortal: true } });
  assert.equal(await end(t, family), false);
  assert.equal(family.signals[0], 'HUP 10');
});

test('a place that cannot be looked at is not said to be empty', async () => {
  const exchange = async () => {
    throw new Error('the engine is gone');
  };
  assert.equal(await endProcesses({ exchange }), false);
});

test('where nothing is left there is nothing to do', async (t) => {
  const family = new Family({});
  assert.equal(await end(t, family), true);
  assert.deepEqual(family.signals, []);
});
