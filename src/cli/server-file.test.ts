import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type ServerFacts, ServerFile } from './server-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hatchway-server-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const facts = { instance: 'i', origin: 'http://127.0.0.1:1', token: 'secret' };

function factsIn(file: ServerFile): ServerFacts {
  return JSON.parse(readFileSync(file.path, 'utf8')) as ServerFacts;
}

test('is written for this user alone, and nothing else is left', () => {
  const file = new ServerFile(folder);
  file.write(facts);
  const written = factsIn(file);
  assert.equal(written.pid, process.pid);
  assert.equal(written.token, 'secret');
  assert.equal(statSync(file.path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['server.json']);
});

test('the undo removes it, once and not that of another server', () => {
  const file = new ServerFile(folder);
  const undo = file.write(facts);
  undo();
  assert.equal(existsSync(file.path), false);
  writeFileSync(file.path, JSON.stringify({ ...facts, pid: process.ppid }));
  undo();
  assert.equal(existsSync(file.path), true);
});

test('a server that runs is named with its origin and process, not with its token', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  try {
    await once(other, 'spawn');
    const file = new ServerFile(folder);
    file.write(facts)();
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const processStart = `${boot}/${stat?.[19]}`;
    writeFileSync(file.path, JSON.stringify({ ...facts, pid: other.pid, processStart }));
    const refused = (error: Error) =>
      error.message ===
        `Hatchway runs already at http://127.0.0.1:1 (process ${other.pid}) with the data folder ${folder}` &&
      !JSON.stringify(error).includes('secret');
    assert.throws(() => file.refuseSecond(), refused);
    assert.throws(() => file.write(facts), refused);

    // The same pid, but a process that began at another time.
    writeFileSync(file.path, JSON.stringify({ ...facts, pid: other.pid, processStart: 'x' }));
    file.refuseSecond();
    assert.equal(existsSync(file.path), false);
  } finally {
    other.kill();
    await once(other, 'exit');
  }
});

test('what a dead server or a broken disk left is replaced', async () => {
  const dead = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(dead, 'exit');
  for (const left of [
    JSON.stringify({ ...facts, pid: dead.pid, processStart: '' }),
    '{"pid":',
    '',
  ]) {
    const file = new ServerFile(folder);
    writeFileSync(file.path, left);
    const undo = file.write(facts);
    assert.equal(factsIn(file).pid, process.pid);
    undo();
  }
});
