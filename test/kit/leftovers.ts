/** What a test file leaves behind: nothing. */
import { after } from 'node:test';
import { eventually } from './eventually.ts';
import { allProcesses } from './processes.ts';

/** A socket that was destroyed needs a turn or two of the event loop to be gone. */
const patienceMs = 3_000;

/**
 * Called at the top of a test file: once its tests have run, no process that they started may run and nothing may keep
 * the event loop alive that did not do so at the call.
 */
export function leaveNothingBehind(): void {
  const before = countKinds(process.getActiveResourcesInfo());
  after(async () => {
    await eventually(
      'everything that the tests of this file started has ended',
      () => {
        const left = [...resourcesSince(before), ...childProcesses()];
        if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
        return true;
      },
      { timeoutMs: patienceMs },
    );
  });
}

function countKinds(kinds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function resourcesSince(before: ReadonlyMap<string, number>): string[] {
  const left: string[] = [];
  for (const [kind, count] of countKinds(process.getActiveResourcesInfo())) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0) left.push(`${more} × ${kind}`);
  }
  return left;
}

/** Child processes of this one, zombies included. */
function childProcesses(): string[] {
  return allProcesses()
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid, command }) => `process ${pid} (${command})`);
}
