import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTerminalReport } from './terminal-reports.ts';

test('answers to queries are reports', () => {
  for (const data of [
    '\x1b[?1;2c',
    '\x1b[>0;276;0c',
    '\x1b[0n',
    '\x1b[24;80R',
    '\x1b[?24;80R',
    '\x1b[?2026;2$y',
    '\x1b[4;1$y',
    '\x1b[I',
    '\x1b[O',
    '\x1b]11;rgb:1010/1313/1212\x1b\\',
    '\x1b]4;1;rgb:ff/00/00\x07',
    '\x1bP1$r0m\x1b\\',
    '\x1bP>|xterm.js(6.0.0)\x1b\\',
    '\x1b[?1;2c\x1b[24;80R',
  ]) {
    assert.ok(isTerminalReport(data), JSON.stringify(data));
  }
});

test('what a person types or points at is not', () => {
  for (const data of [
    'a',
    '\x1b',
    '\x1b[A',
    '\x1bOP',
    '\x1b[15~',
    '\x1b[1;5C',
    '\x1b[<0;10;5M',
    '\x1b[200~\x1b[0n\x1b[201~',
    '\x1b[0n and more',
    'ls\r',
    '',
  ]) {
    assert.ok(!isTerminalReport(data), JSON.stringify(data));
  }
});
