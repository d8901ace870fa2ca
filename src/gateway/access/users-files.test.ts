import assert from 'node:assert/strict';
import { renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../../../test/kit/temp.ts';
import { Users, UsersFiles } from './users-files.ts';

test('lines are read as nginx reads them', () => {
  const users = new Users(
    '# bob:x\n\r\n\nann:one:Ann Smith\r\nann:two\nbob:three\rx\n:nobody\nnocolon\n carl: four\r\ndora:\nlast:five',
  );
  const expected: [user: string, hash: string | undefined][] = [
    ['ann', 'one'],
    ['bob', 'three'],
    [' carl', ' four'],
    ['carl', undefined],
    ['# bob', undefined],
    ['', undefined],
    ['nocolon', undefined],
    ['dora', ''],
    ['last', 'five'],
    ['__proto__', undefined],
  ];
  for (const [user, hash] of expected) assert.equal(users.hashOf(user), hash, user);
});

test('a user who is not there always has the same decoy', () => {
  const users = new Users(Array.from({ length: 50 }, (_, n) => `u${n}:hash${n}`).join('\n'));
  const decoys = new Set<string>();
  for (let n = 0; n < 200; n++) {
    const decoy = users.decoyFor(`nobody${n}`) ?? '';
    assert.match(decoy, /^hash\d+$/);
    assert.equal(users.decoyFor(`nobody${n}`), decoy);
    decoys.add(decoy);
  }
  assert.ok(decoys.size > 20, `${decoys.size} of 50`);
  assert.equal(new Users('').decoyFor('nobody'), undefined);
});

test('a file is read again when it has changed, and looked at once a second at most', (t) => {
  const path = join(tempFolder(t), 'users');
  let now = 0;
  const files = new UsersFiles(() => now);
  writeFileSync(path, 'ann:one');
  const first = files.users(path);
  assert.equal(first.hashOf('ann'), 'one');
  writeFileSync(`${path}.new`, 'ann:two');
  renameSync(`${path}.new`, path);
  now = 999;
  assert.equal(files.users(path), first);
  now = 1000;
  const second = files.users(path);
  assert.equal(second.hashOf('ann'), 'two');
  now = 5000;
  assert.equal(files.users(path), second, 'not read again');
});

test('a file that is missing, unreadable or too large is an error that names it', (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'üsers');
  const asBytes = Buffer.from(path).toString('latin1');
  let now = 0;
  const files = new UsersFiles(() => now);
  assert.throws(() => files.users(asBytes), {
    code: 'HW_USERS_FILE_MISSING',
    status: 403,
    message: /üsers/,
  });
  assert.throws(() => files.users(folder), { code: 'HW_USERS_FILE', status: 500 });
  assert.throws(() => files.users('a\0b'), { code: 'HW_USERS_FILE' });
  writeFileSync(path, 'ann:one');
  assert.equal(files.users(asBytes).hashOf('ann'), 'one');
  unlinkSync(path);
  now = 1000;
  assert.throws(() => files.users(asBytes), { code: 'HW_USERS_FILE_MISSING' });
  writeFileSync(path, '');
  truncateSync(path, 16 * 1024 * 1024 + 1);
  assert.throws(() => files.users(asBytes), { code: 'HW_USERS_FILE', message: /larger/ });
});

test('of files that clients choose, only so many are kept', (t) => {
  const folder = tempFolder(t);
  const files = new UsersFiles(() => 0);
  const paths = Array.from({ length: 101 }, (_, n) => join(folder, String(n)));
  for (const path of paths) writeFileSync(path, 'ann:one');
  const known = paths.map((path) => files.users(path));
  assert.equal(files.users(paths[100] as string), known[100]);
  assert.equal(files.users(paths[1] as string), known[1]);
  assert.notEqual(files.users(paths[0] as string), known[0]);
});
