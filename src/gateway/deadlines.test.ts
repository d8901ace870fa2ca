import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deadlined, Deadlines, never } from './deadlines.ts';

function watch(deadlines: Deadlines, timeoutMs: number): Deadlined & { passed: Promise<void> } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watched = { deadline: never, passed: promise, onDeadline: resolve, onFault: reject };
  deadlines.add(watched);
  watched.deadline = deadlines.after(timeoutMs);
  return watched;
}

test('a deadline that passes is told, one that is moved or cleared is not', async () => {
  const deadlines = new Deadlines(20);
  const told: string[] = [];
  const [due, moved, cleared] = ['due', 'moved', 'cleared'].map((name) => {
    const watched = watch(deadlines, 20);
    void watched.passed.then(() => told.push(name));
    return watched;
  });
  assert.ok(due && moved && cleared);
  moved.deadline = deadlines.after(10_000);
  cleared.deadline = never;
  const last = watch(deadlines, 60);
  await last.passed;
  assert.deepEqual(told, ['due']);
  assert.equal(due.deadline, never);
  for (const watched of [due, moved, cleared, last]) deadlines.remove(watched);
});

test('a deadline is never early, even when the clock was last looked at long ago', async () => {
  const deadlines = new Deadlines(40);
  const first = watch(deadlines, 10_000);
  // Somewhere between two looks.
  await new Promise((resolve) => setTimeout(resolve, 15));
  const begin = performance.now();
  const second = watch(deadlines, 40);
  await second.passed;
  assert.ok(performance.now() - begin >= 40);
  for (const watched of [first, second]) deadlines.remove(watched);
});

test('a mistake when one deadline passes keeps no other one from being told', async () => {
  const deadlines = new Deadlines(20);
  const faults: unknown[] = [];
  const mistake = new TypeError('a mistake');
  const broken: Deadlined = {
    deadline: never,
    onDeadline: () => {
      throw mistake;
    },
    onFault: (error) => faults.push(error),
  };
  deadlines.add(broken);
  broken.deadline = deadlines.after(20);
  const last = watch(deadlines, 20);
  await last.passed;
  assert.deepEqual(faults, [mistake]);
  for (const watched of [broken, last]) deadlines.remove(watched);
});
