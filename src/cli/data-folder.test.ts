import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { defaultDataFolder, instanceIdOf, openDataFolder } from './data-folder.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'hatchway-data-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

test('the default is in the XDG data folder, which counts only when it is absolute', () => {
  const home = join(homedir(), '.local/share/hatchway');
  assert.equal(defaultDataFolder({ XDG_DATA_HOME: '/x' }), '/x/hatchway');
  assert.equal(defaultDataFolder({ XDG_DATA_HOME: 'x' }), home);
  assert.equal(defaultDataFolder({}), home);
});

test('a new folder is for this user alone, whatever the umask', () => {
  const before = process.umask(0);
  try {
    assert.equal(modeOf(openDataFolder(join(parent, 'a/b'))), '700');
  } finally {
    process.umask(before);
  }
});

test('an open folder that is empty or has been ours is closed', () => {
  const folder = join(parent, 'data');
  mkdirSync(folder, { mode: 0o755 });
  assert.equal(modeOf(openDataFolder(folder)), '700');
  instanceIdOf(folder);
  chmodSync(folder, 0o755);
  assert.equal(modeOf(openDataFolder(folder)), '700');
});

test("an open folder with other people's files is refused and stays as it is", () => {
  const folder = join(parent, 'shared');
  mkdirSync(folder);
  chmodSync(folder, 0o1777);
  writeFileSync(join(folder, 'theirs'), '');
  assert.throws(() => openDataFolder(folder), {
    code: 'HW_DATA_FOLDER',
    message: `the data folder ${folder} is open to others (mode 1777) and has files that are not Hatchway's`,
  });
  assert.equal(modeOf(folder), '1777');
});

test('a file in its place is an error with a sentence', () => {
  writeFileSync(join(parent, 'file'), '');
  assert.throws(() => openDataFolder(join(parent, 'file')), { code: 'HW_DATA_FOLDER' });
});

test('the instance id is made once, for this user alone', () => {
  const id = instanceIdOf(parent);
  assert.match(id, /^[0-9a-f]{10}$/);
  assert.equal(instanceIdOf(parent), id);
  assert.equal(modeOf(join(parent, 'instance')), '600');
});
