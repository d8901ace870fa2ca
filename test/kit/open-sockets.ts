/** Sockets that a process has open, whatever for: what a leak shows in. */
import { readdirSync, readlinkSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** Of process `pid` at this moment; 0 when it has ended. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  let count = 0;
  for (const descriptor of entriesOf(folder)) {
    try {
      if (readlinkSync(`${folder}/${descriptor}`).startsWith('socket:')) count++;
    } catch {
      // Closed since the folder was read.
    }
  }
  return count;
}

/** Waits until a process has no more sockets than it had before. */
export async function socketsAreBackTo(count: number, pid: number): Promise<void> {
  await eventually(`process ${pid} has ${count} sockets again`, () => {
    const open = openSockets(pid);
    if (open > count) throw new Error(`${open} are open`);
    return true;
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
