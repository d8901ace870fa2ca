/** Who listens on a port, as Linux tells in /proc. Only processes of this user can be seen, all of them as root. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `0A` in the `st` column of /proc/net/tcp (the kernel's include/net/tcp_states.h). */
const listenState = '0A';

/** `nginx (process 812)`; undefined when it cannot be known. */
export function ownerOfPort(port: number): string | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of readFolder('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of readFolder(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        return `${read(`/proc/${pid}/comm`).trim()} (process ${pid})`;
      }
    }
  }
  return undefined;
}

/** The inodes of sockets that listen on the port. */
function listeners(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[1]?.endsWith(suffix) && cells[3] === listenState)
    .map((cells) => cells[9] ?? '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
