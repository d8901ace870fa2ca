import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deadlined, Deadlines, never } from './deadlines.ts';

test('a deadline that passes is told once, one that is moved or cleared is not', async () => {
  const deadlines = new Deadlines(20);
  const told: string[] = [];
  const watch = (name: string, dueInMs: number): Deadlined => {
    const watched = {
      deadline: deadlines.now() + dueInMs,
      onDeadline() {
        told.push(name);
      },
    };
    deadlines.add(watched);
    return watched;
  };
  const due = watch('due', 20);
  const moved = watch('moved', 20);
  const cleared = watch('cleared', 20);
  moved.deadline = deadlines.now() + 10_000;
  cleared.deadline = never;
  await new Promise<void>((resolve) => {
    const last: Deadlined = {
      deadline: deadlines.now() + 60,
      onDeadline: () => {
        deadlines.remove(last);
        resolve();
      },
    };
    deadlines.add(last);
  });
  assert.deepEqual(told, ['due']);
  assert.equal(due.deadline, never);
  for (const watched of [due, moved, cleared]) deadlines.remove(watched);
});
