import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLog } from '../base/log.ts';
import { Sessions } from './sessions.ts';
import type { OpenTerminal, Target } from './targets/target.ts';
import { FakeTerminal } from './testing/fake-terminal.ts';

const request = { target: 'fake', workload: 'w', cols: 80, rows: 24 };

function startSessions(t: TestContext) {
  const opened: OpenTerminal[] = [];
  const terminals: FakeTerminal[] = [];
  const target: Target = {
    id: 'fake',
    title: 'Fake',
    address: 'nowhere',
    list: async () => [],
    open: async (open) => {
      opened.push(open);
      const terminal = new FakeTerminal();
      terminals.push(terminal);
      return terminal;
    },
  };
  const sessions = new Sessions({
    targets: [target],
    instance: 'i1',
    graceMs: 60_000,
    log: silentLog,
  });
  t.after(() => sessions.close());
  return { sessions, opened, terminals };
}

test('an id says whose session it is and cannot be guessed; the process is told it', async (t) => {
  const { sessions, opened } = startSessions(t);
  const [one, two] = [sessions.open(request), sessions.open(request)];
  await nextTurn();
  assert.match(one.id, /^i1\.[\w-]{22}$/);
  assert.notEqual(one.id, two.id);
  assert.deepEqual(
    opened.map(({ sessionId }) => sessionId),
    [one.id, two.id],
  );
  assert.equal(sessions.find(one.id), one);
  assert.throws(() => sessions.find('i1.other'), { code: 'HW_SESSION_UNKNOWN' });
  assert.throws(() => sessions.open({ ...request, target: 'other' }), {
    code: 'HW_TARGET_UNKNOWN',
  });
});

test('a session that is over can be asked about for ten minutes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { sessions, terminals } = startSessions(t);
  const session = sessions.open(request);
  await nextTurn();
  terminals[0]?.exit({ exitCode: 3, reason: 'done' });
  await session.closed;
  await nextTurn();
  t.mock.timers.tick(10 * 60_000 - 1);
  assert.equal(sessions.find(session.id).info.state.phase, 'ended');
  assert.equal(sessions.openCount, 0);
  t.mock.timers.tick(1);
  assert.throws(() => sessions.find(session.id), { code: 'HW_SESSION_UNKNOWN' });
});

test('of many that are over only the last are kept, and none that is open is forgotten', async (t) => {
  const { sessions, terminals } = startSessions(t);
  const open = sessions.open(request);
  for (let i = 1; i <= 60; i++) {
    const session = sessions.open(request);
    await nextTurn();
    terminals[i]?.exit({ exitCode: 0, reason: 'done' });
    await session.closed;
    await nextTurn();
  }
  assert.equal(sessions.list().length, 51);
  assert.equal(sessions.find(open.id), open);
});

test('closing ends every process', async (t) => {
  const { sessions, terminals } = startSessions(t);
  for (let i = 0; i < 3; i++) sessions.open(request);
  await nextTurn();
  await sessions.close();
  assert.deepEqual(
    terminals.map(({ ended }) => ended),
    [1, 1, 1],
  );
  assert.deepEqual(sessions.list(), []);
});
