import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../base/log.ts';
import { readableDestination } from './readable-log.ts';

function linesOf(use: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  use(createLog({ destination: readableDestination((line) => lines.push(line)) }));
  return lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, 'TIME '));
}

test('a line has time, message and facts, and a level only when it matters', () => {
  assert.deepEqual(
    linesOf((log) => {
      log.info({}, 'listening');
      log.warn({ client: '192.0.2.1', count: 3, list: ['a'] }, 'too many');
      log.error({}, 'gone');
    }),
    [
      'TIME listening\n',
      'TIME warning: too many (client: 192.0.2.1, count: 3, list: ["a"])\n',
      'TIME error: gone\n',
    ],
  );
});

test('what comes from the network cannot move the cursor or begin a line', () => {
  const [line] = linesOf((log) =>
    log.info({ path: '/\u001b[2J\n\u009b1m\u202e\u2028x' }, 'request'),
  );
  assert.equal(line, 'TIME request (path: "/\\u001b[2J\\n\\u{9b}1m\\u{202e}\\u{2028}x")\n');
});
