/** Folders of a test's own, gone when the test is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, type Scope } from './scope.ts';

/**
 * A new empty folder, mode 0700, directly below the system's temporary one: a Unix socket's path has to fit into 107
 * bytes (`sun_path`, unix(7)).
 */
export function tempFolder(scope: Scope, name = 't'): string {
  const folder = mkdtempSync(join(tmpdir(), `hw-${name}-`));
  atEnd(scope, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
