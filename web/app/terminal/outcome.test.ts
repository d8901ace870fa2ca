import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byeCodes } from '../../../src/wire/frames.ts';
import type { ConsoleSnapshot } from './console-session.ts';
import { outcomeOf } from './outcome.ts';

const blank: ConsoleSnapshot = {
  session: null,
  state: null,
  command: null,
  connection: null,
  refusal: null,
  hasOutput: false,
};

const connectionEnded = (code: number): ConsoleSnapshot => ({
  ...blank,
  connection: {
    state: { phase: 'ended', code, reason: 'because' },
    roundTripMs: null,
    report: null,
  },
});

const exited = (exitCode: number | null): ConsoleSnapshot => ({
  ...blank,
  command: ['sh', '-c', 'exit 3'],
  state: { phase: 'ended', exitCode, reason: 'the engine is gone' },
});

test('while a session is opening or running there is no outcome', () => {
  assert.equal(outcomeOf(blank), undefined);
  assert.equal(outcomeOf({ ...blank, state: { phase: 'opening', step: 'x' } }), undefined);
  assert.equal(outcomeOf({ ...blank, state: { phase: 'running', command: ['sh'] } }), undefined);
});

test('exit 0 is calm, any other code is marked and explained', () => {
  assert.equal(outcomeOf(exited(0))?.tone, 'calm');
  const three = outcomeOf(exited(3));
  assert.equal(three?.tone, 'marked');
  assert.equal(three?.title, "sh -c 'exit 3' exited with 3");
  assert.match(outcomeOf(exited(130))?.text ?? '', /Ctrl-C/);
  assert.equal(outcomeOf(exited(null))?.text, 'The engine is gone.');
});

test('of what was killed or asked to end, the reason that the server knows is said', () => {
  assert.equal(outcomeOf(exited(137))?.text, 'The engine is gone.');
  assert.equal(outcomeOf(exited(143))?.text, 'The engine is gone.');
});

test('a failure says what was tried and what to do', () => {
  const problem = {
    code: 'HW_NO_SHELL',
    message: 'web-1 has no shell.',
    remedy: 'Open it with a command that is in it.',
    tried: ['bash', 'sh'],
  };
  const failed = outcomeOf({ ...blank, state: { phase: 'failed', problem } });
  assert.deepEqual(
    [failed?.title, failed?.text, failed?.tried, failed?.way],
    ['web-1 has no shell.', 'Open it with a command that is in it.', ['bash', 'sh'], 'anew'],
  );
  assert.equal(outcomeOf({ ...blank, refusal: problem })?.way, 'retry');
});

test('every bye leads somewhere; only a missing sign-in is said elsewhere', () => {
  assert.equal(outcomeOf(connectionEnded(byeCodes.gone))?.way, 'anew');
  assert.equal(outcomeOf(connectionEnded(byeCodes.ended))?.way, 'anew');
  assert.equal(outcomeOf(connectionEnded(byeCodes.version))?.way, 'reload');
  assert.equal(outcomeOf(connectionEnded(byeCodes.protocol))?.way, 'reload');
  assert.equal(outcomeOf(connectionEnded(byeCodes.denied)), undefined);
});

test('how the process ended counts for more than how the connection did', () => {
  const snapshot = { ...connectionEnded(byeCodes.gone), state: exited(3).state };
  assert.match(outcomeOf(snapshot)?.title ?? '', /exited with 3/);
});
